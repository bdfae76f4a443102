/** Up to where a sink has everything, in a file beside the log: it outlives the proxy. */
import { readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { z } from "zod";
import { errorCode } from "../../config/system-error.ts";
import type { LogPlace } from "./log-place.ts";

const place = z.strictObject({ chain: z.string().optional(), segment: z.int().min(1), offset: z.int().min(0) });

export function cursorFile(log: string, sink: string): string {
  return `${log}.sink-${sink}`;
}

/** `undefined` where there is none. @throws where it cannot be read: to begin anywhere else would leave records out, or send them all again */
export function readCursor(file: string): LogPlace | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  const parsed = place.parse(JSON.parse(text));
  return { ...parsed, chain: parsed.chain };
}

/** Rejects with what the system says; the one before stays then. */
export async function writeCursor(file: string, { chain, segment, offset }: LogPlace): Promise<void> {
  const next = `${file}.next`;
  const handle = await open(next, "w", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify({ chain, segment, offset })}\n`);
    // A name must not be there before what it names.
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(next, file);
}
