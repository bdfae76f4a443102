/** Passwords that may change while the proxy runs. */
import { readFile } from "node:fs/promises";
import { cannotRead, errorCode } from "../config/system-error.ts";

export interface PasswordSource {
  /** The one of now; `undefined` for none. Rejects with a PasswordError. */
  current(): Promise<string | undefined>;
  /**
   * A server has not taken it.
   * @returns whether there may be another one by now
   */
  refused(password: string | undefined): boolean;
}

/** Why there is no password, in words that show none. */
export class PasswordError extends Error {}

export function fixedPassword(password: string | undefined): PasswordSource {
  return { current: () => Promise.resolve(password), refused: () => false };
}

/** What a file holds when it is asked for; a line break at its end does not count. */
export function passwordInFile(path: string): PasswordSource {
  return {
    current: async () => {
      let text: string;
      try {
        text = await readFile(path, "utf8");
      } catch (error) {
        throw new PasswordError(`the password file ${path} ${cannotRead(error)}`);
      }
      const password = text.replace(/\r?\n$/, "");
      if (password === "") throw new PasswordError(`the password file ${path} is empty`);
      return password;
    },
    refused: () => true,
  };
}

/** PostgreSQL: invalid_password, invalid_authorization_specification; MySQL: 1045. */
const refusals: ReadonlySet<string> = new Set(["28P01", "28000", "ER_ACCESS_DENIED_ERROR"]);

/** Logs in, and once more where the password was changed just now. */
export async function withPassword<T>(
  source: PasswordSource,
  login: (password: string | undefined) => Promise<T>,
): Promise<T> {
  const password = await source.current();
  try {
    return await login(password);
  } catch (error) {
    if (!refusals.has(errorCode(error) ?? "") || !source.refused(password)) throw error;
    const next = await source.current();
    if (next === password) throw error;
    return login(next);
  }
}
