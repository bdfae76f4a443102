import { existsSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { generateKeyPair } from "../bundle/signature.ts";
import { UsageError } from "./exit-codes.ts";

/** `policy keygen`: a pair of keys for bundles. */
export function registerKeygen(program: Command): void {
  program
    .command("keygen")
    .description("Make a pair of Ed25519 keys to sign bundles with: NAME.key to keep secret, NAME.pub for the proxy.")
    .requiredOption("-o, --output <name>", "path of the files, without ending")
    .action((options: { output: string }) => {
      const files = { privateKey: `${options.output}.key`, publicKey: `${options.output}.pub` };
      for (const file of Object.values(files)) {
        if (existsSync(file)) throw new UsageError(`\`${file}\` exists already: a key is never overwritten`);
      }
      const pair = generateKeyPair();
      writeFileSync(files.privateKey, pair.privateKey, { mode: 0o600, flag: "wx" });
      writeFileSync(files.publicKey, pair.publicKey, { mode: 0o644, flag: "wx" });
      console.log(`wrote ${files.privateKey} (keep it secret) and ${files.publicKey}`);
    });
}
