import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { jsonOnLine } from "../../audit/escape.ts";

/** Appends a line to the record of minted tokens, and waits until it is on disk: a token that is not recorded must not be given out. Throws. */
export function recordMinted(file: string, fields: Readonly<Record<string, unknown>>): void {
  const line = `${jsonOnLine({ event: "token_minted", time: new Date().toISOString(), ...fields })}\n`;
  const descriptor = openSync(file, "a", 0o600);
  try {
    writeSync(descriptor, line);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
