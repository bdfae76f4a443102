/** The token that `policy-proxy login` has got, readable by its owner alone. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { errorCode } from "../config/system-error.ts";

const schema = z.object({
  issuer: z.string(),
  token: z.string(),
  expires_at: z.number().optional(),
  refresh_token: z.string().optional(),
});

export interface StoredToken {
  readonly issuer: string;
  readonly token: string;
  /** Seconds since 1970; `undefined` where nobody has said. */
  readonly expires_at?: number | undefined;
  readonly refresh_token?: string | undefined;
}

/** `undefined` where nobody has logged in. Throws for a file that others can read, or that is none of ours. */
export function loadToken(file: string): StoredToken | undefined {
  let text: string;
  try {
    if ((statSync(file).mode & 0o077) !== 0)
      throw new Error(`${file} can be read by others: remove it, and log in again`);
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    // What is wrong with it would quote it.
    throw new Error(`${file} holds no token: remove it, and log in again`);
  }
}

/** Replaces the file as a whole. */
export function saveToken(file: string, token: StoredToken): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    writeFileSync(temporary, JSON.stringify(token), { mode: 0o600, flag: "wx", flush: true });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
