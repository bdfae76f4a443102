/** Where a password comes from: the keys that say so, wherever one is needed. */
import { z } from "zod";
import { PasswordCommand } from "../../credentials/password-command.ts";
import { fixedPassword, passwordInFile, type PasswordSource } from "../../credentials/password-source.ts";
import { filledText } from "../fields.ts";
import type { SectionReader } from "../section-reader.ts";
import type { YamlPath } from "../yaml-document.ts";

/** Where a password comes from; one of the first four at most. */
export const passwordKeys = {
  password: filledText
    .optional()
    .describe(
      "The password, or `${NAME}` for the environment variable NAME. For trying things out; prefer the next ones.",
    ),
  password_env: filledText.optional().describe("Name of an environment variable that holds the password."),
  password_file: filledText
    .optional()
    .describe(
      "File that holds the password and nothing else; a line break at its end does not count. It is read again for each login.",
    ),
  password_command: z
    .array(filledText)
    .min(1)
    .optional()
    .describe(
      "Program and arguments that print the password, run without a shell. What it prints is never logged; it is run again after `password_keep_seconds`, and when the server does not take the password.",
    ),
  password_keep_seconds: z
    .int()
    .min(0)
    .max(86_400)
    .optional()
    .describe("How long what `password_command` has printed is used again. Left out, 300."),
  password_timeout_seconds: z
    .int()
    .min(1)
    .max(60)
    .optional()
    .describe("How long `password_command` may take. Left out, 10."),
};

const sources = ["password", "password_env", "password_file", "password_command"] as const;
const [keepSeconds, timeoutSeconds] = [300, 10];

interface PasswordKeys {
  readonly password?: string | undefined;
  readonly password_env?: string | undefined;
  readonly password_file?: string | undefined;
  readonly password_command?: readonly string[] | undefined;
  readonly password_keep_seconds?: number | undefined;
  readonly password_timeout_seconds?: number | undefined;
}

/** For `superRefine`: that no two of the keys are given. */
export function refinePassword(value: PasswordKeys, context: z.core.$RefinementCtx): void {
  const given = sources.filter((key) => key in value);
  if (given.length > 1) {
    context.addIssue({
      code: "custom",
      path: [given[1]!],
      message: `stands beside \`${given[0]!}\`: give one of them only`,
    });
  }
  for (const key of ["password_keep_seconds", "password_timeout_seconds"] as const) {
    if (value[key] !== undefined && value.password_command === undefined)
      context.addIssue({ code: "custom", path: [key], message: "belongs to `password_command`" });
  }
}

/** Whether there is one at all is checked here; the command is not run. */
export function readPassword(raw: PasswordKeys, path: YamlPath, reader: SectionReader): PasswordSource {
  if (raw.password_command !== undefined) {
    return new PasswordCommand({
      command: raw.password_command,
      keepMs: (raw.password_keep_seconds ?? keepSeconds) * 1000,
      timeoutMs: (raw.password_timeout_seconds ?? timeoutSeconds) * 1000,
    });
  }
  const password = readFixed(raw, path, reader);
  return raw.password_file === undefined ? fixedPassword(password) : passwordInFile(reader.path(raw.password_file));
}

function readFixed(raw: PasswordKeys, path: YamlPath, reader: SectionReader): string | undefined {
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
