import { Option } from "commander";

/** `--format` with the formats that a command has; the first is the default, and any other word is misuse. */
export function formatOption(formats: readonly [string, ...string[]]): Option {
  return new Option("--format <format>", "how to report").choices(formats).default(formats[0]);
}
