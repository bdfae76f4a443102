import { type Command, Option } from "commander";
import { reportSubjects } from "../audit/search/report.ts";
import { apiOptions } from "./api-client.ts";
import type { ReportOptions, SearchOptions } from "./audit-search.ts";
import type { AllProxiesOptions } from "./audit-search-all.ts";
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
  withFilters(
    audit
      .command("search [file]")
      .description("find records, the newest first: of a log, with an index beside it, or of all proxies on a store"),
  )
    .option("--event <event>", "only such records: statement, connect, refused, alert, …")
    .addOption(new Option("--format <format>", "how to print").choices(["pretty", "json"]).default("pretty"))
    .addOption(new Option("-n, --lines <n>", "at most so many").default(100).argParser(wholeNumber))
    .option("--full", "print long statements whole")
    .action(async (file: string | undefined, options: SearchOptions & ProxyOptions) => {
      const log = logOf(file, options);
      if (log === undefined) await (await import("./audit-search-all.ts")).searchAll(options);
      else await (await import("./audit-search.ts")).search(log, options);
    });
  withFilters(audit.command("report [file]").description("what was read and written, by whom, allowed by which rules"))
    .addOption(new Option("--by <subject>", "what each line is about").choices(reportSubjects).default("principal"))
    .addOption(new Option("--format <format>", "how to print").choices(["text", "csv", "json", "html"]).default("text"))
    .action(async (file: string | undefined, options: ReportOptions & ProxyOptions) => {
      const log = logOf(file, options);
      if (log === undefined) await (await import("./audit-search-all.ts")).reportAll(options);
      else await (await import("./audit-search.ts")).report(log, options);
    });
}

type ProxyOptions = AllProxiesOptions & { readonly allProxies?: true; readonly index?: string };

/** The log to look at; `undefined` where a proxy is asked for the records of all. Throws a CommandError. */
function logOf(file: string | undefined, { allProxies, proxy, index }: ProxyOptions): string | undefined {
  const misuse = (message: string) => new CommandError(message, exitCodes.misuse);
  if (allProxies !== true) {
    if (proxy !== undefined) throw misuse("--proxy belongs to --all-proxies");
    if (file !== undefined) return file;
    throw misuse(
      "whose records?\n  help: give the file of an audit log, or --all-proxies, which asks a proxy whose store has `audit_index: true`",
    );
  }
  if (file !== undefined) throw misuse(`give ${file} or --all-proxies, not both`);
  if (index !== undefined) throw misuse("--index belongs to a file");
  return undefined;
}

/** What `search` and `report` have in common. */
function withFilters(command: Command): Command {
  command
    .option("--principal <id>", "who sent it, or for whom an agent did")
    .option("--principal-kind <kind>", "human, service or agent")
    .option("--target <name>", "of which target")
    .option("--label <label>", "what reads columns with this label")
    .option("--table <table>", "with its schema, such as public.customers")
    .option("--rule <rule>", "because of which rule: `package:line`, or a package")
    .option("--kind <kind>", "of the statement: select, insert, …")
    .option("--session <id>", "only this session; the first characters of its id are enough")
    .option("--denied", "only what was denied or refused")
    .addOption(
      new Option("--since <time>", "from this time on, such as 2026-01-31 or 2026-01-31T08:00Z").argParser(time),
    )
    .addOption(new Option("--until <time>", "before this time").argParser(time))
    .option("--index <file>", "where the index is (default: beside the log)")
    .option("--all-proxies", "of all proxies on a store, by the HTTP API of one of them; in place of a file")
    .option("--proxy <name>", "with --all-proxies: only what this one has recorded");
  for (const option of apiOptions()) command.addOption(option);
  return command;
}

/** RFC 3339, or a part of it, in UTC where it says no zone. @returns ms since 1970 */
function time(text: string): number {
  const isWhole = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text);
  const zoned = /(^.{10}|Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`;
  const ms = isWhole ? Date.parse(zoned.replace(" ", "T")) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new CommandError(`${text} is no time such as 2026-01-31 or 2026-01-31T08:00Z`, exitCodes.misuse);
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new CommandError("--lines must be a whole number", exitCodes.misuse);
}
