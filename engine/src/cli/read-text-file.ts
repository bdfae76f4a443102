import { readFileSync } from "node:fs";
import { errorMessage } from "../bundle/error-message.ts";
import { UsageError } from "./exit-codes.ts";

/** A file that the user named. @throws UsageError when it cannot be read. */
export function readTextFile(path: string): string {
  return readBytes(path).toString("utf8");
}

export function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`\`${path}\` cannot be read: ${errorMessage(error)}`, { cause: error });
  }
}
