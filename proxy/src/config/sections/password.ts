/** Where a password comes from: the keys that say so, wherever one is needed. */
import { z } from "zod";
import { filledText } from "../fields.ts";
import type { SectionReader } from "../section-reader.ts";
import type { YamlPath } from "../yaml-document.ts";

/** Where a password comes from; exactly one of the three. */
export const passwordKeys = {
  password: filledText
    .optional()
    .describe(
      "The password, or `${NAME}` for the environment variable NAME. For trying things out; prefer the next two.",
    ),
  password_env: filledText.optional().describe("Name of an environment variable that holds the password."),
  password_file: filledText
    .optional()
    .describe("File that holds the password and nothing else; a line break at its end does not count."),
};

interface PasswordKeys {
  readonly password?: string | undefined;
  readonly password_env?: string | undefined;
  readonly password_file?: string | undefined;
}

/** For `superRefine`: that no two of the keys are given. */
export function refinePassword(value: PasswordKeys, context: z.core.$RefinementCtx): void {
  const given = Object.keys(passwordKeys).filter((key) => key in value);
  if (given.length > 1) {
    context.addIssue({
      code: "custom",
      path: [given[1]!],
      message: `stands beside \`${given[0]!}\`: give one of them only`,
    });
  }
}

export function readPassword(raw: PasswordKeys, path: YamlPath, reader: SectionReader): string | undefined {
  if (raw.password_env !== undefined) return reader.variable([...path, "password_env"], raw.password_env);
  if (raw.password_file !== undefined) {
    reader.warnIfExposed(raw.password_file, "the password file");
    const text = reader.readFile([...path, "password_file"], raw.password_file)?.replace(/\r?\n$/, "");
    if (text === "") reader.fail([...path, "password_file"], `the password file \`${raw.password_file}\` is empty`);
    return text;
  }
  if (raw.password === undefined) return undefined;
  const variable = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(raw.password);
  if (variable !== null) return reader.variable([...path, "password"], variable[1]!);
  reader.warnIfExposed(reader.file, "the configuration, which holds a password,");
  return raw.password;
}
