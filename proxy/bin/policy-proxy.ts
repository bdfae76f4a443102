#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

// As of `policy`: stripped types and compiled code are kept between starts, in the user's own folder.
enableCompileCache(join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "penstock"));
const { main } = await import("../src/cli/main.ts");
await main(process.argv.slice(2));
