import { type Command, Option } from "commander";
import type { TailOptions } from "./audit-tail.ts";
import type { VerifyOptions } from "./audit-verify.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

/** `policy-proxy audit`. */
export function registerAudit(program: Command): void {
  const audit = program.command("audit").description("look at the audit log");
  audit
    .command("tail <file>")
    .description("print the newest records, one line each")
    .option("--session <id>", "only this session; the first characters of its id are enough")
    .option("--denied", "only what was denied or refused, and alerts")
    .addOption(new Option("--format <format>", "how to print").choices(["pretty", "json"]).default("pretty"))
    .addOption(new Option("-n, --lines <n>", "how many records").default(20).argParser(wholeNumber))
    .option("-f, --follow", "go on with what is written from now on, also after rotation")
    .option("--full", "print long statements whole")
    .action(async (file: string, options: TailOptions) => {
      const { tail } = await import("./audit-tail.ts");
      await tail(file, options);
    });
  audit
    .command("verify <file...>")
    .description(
      "check that nothing was changed, cut, moved or put in; of one file, those before it are checked with it",
    )
    .addOption(new Option("--key <file...>", "public keys, PEM: each seal must be signed with one of them"))
    .addOption(new Option("--kept <file>", "lines of seals that were kept elsewhere: each must be in the log"))
    .action(async (files: string[], options: VerifyOptions) => {
      const { verify } = await import("./audit-verify.ts");
      verify(files, options);
    });
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new CommandError("--lines must be a whole number", exitCodes.misuse);
}
