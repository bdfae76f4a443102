#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

// Stripped types and compiled code are kept between calls: half of what a short command takes. In the user's own folder, since whoever could
// write there would choose the code that runs; where it cannot be made, nothing is kept.
enableCompileCache(join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "penstock"));
const { main } = await import("../src/cli/main.ts");
await main(process.argv.slice(2));
