/** `audit search` and `audit report` over the records of all proxies, by the HTTP API of one of them. */
import { z } from "zod";
import { apiPath } from "../admin/paths.ts";
import { escapeForTerminal, jsonOnLine } from "../audit/escape.ts";
import { printReport } from "../audit/search/print-report.ts";
import { type FilterOptions, printFound, type ReportOptions, reportTitle, type SearchOptions } from "./audit-search.ts";
import { type ApiOptions, callApi } from "./api-client.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

export interface AllProxiesOptions extends ApiOptions {
  readonly proxy?: string;
}

const found = z.object({
  records: z.array(
    z.object({
      proxy: z.string(),
      record: z.looseObject({}),
      result: z.object({ rows: z.number(), duration_us: z.number(), sqlstate: z.string() }).optional(),
    }),
  ),
});

const summed = z.object({
  rows: z.array(
    z.object({
      principal: z.string(),
      on_behalf_of: z.string(),
      target: z.string(),
      what: z.string(),
      statements: z.number(),
      denied: z.number(),
      rows: z.number(),
      first: z.string(),
      last: z.string(),
      labels: z.array(z.string()),
      rules: z.array(z.string()),
    }),
  ),
  times: z.array(z.object({ start: z.string(), statements: z.number(), denied: z.number() })),
  piece_seconds: z.number(),
});

/** Of one answer of the API. */
const linesMax = 1000;

export async function searchAll(options: SearchOptions & AllProxiesOptions): Promise<void> {
  const { lines, event, format, full } = options;
  if (lines < 1 || lines > linesMax)
    throw new CommandError(`--lines must be 1 to ${linesMax} with --all-proxies`, exitCodes.misuse);
  const query = queryOf(options, { limit: String(lines), event });
  const { records } = found.parse(await callApi(options, "GET", `${apiPath}/audit/records?${query}`));
  for (const { proxy, record, result } of records) {
    if (format === "json") {
      process.stdout.write(`${jsonOnLine({ ...record, proxy })}\n`);
      continue;
    }
    const line = JSON.stringify(record);
    const outcome = result === undefined ? undefined : { ...result, durationUs: result.duration_us };
    process.stdout.write(`${printFound({ line, result: outcome }, full === true)} | at ${escapeForTerminal(proxy)}\n`);
  }
}

export async function reportAll(options: ReportOptions & AllProxiesOptions): Promise<void> {
  const { by, format } = options;
  const answer = summed.parse(await callApi(options, "GET", `${apiPath}/audit/report?${queryOf(options, { by })}`));
  const report = {
    by,
    rows: answer.rows.map(({ on_behalf_of: behalf, first, last, ...row }) => ({
      ...row,
      behalf,
      firstMs: Date.parse(first),
      lastMs: Date.parse(last),
    })),
    times: answer.times.map(({ start, ...time }) => ({ ...time, startMs: Date.parse(start) })),
    pieceMs: answer.piece_seconds * 1000,
  };
  process.stdout.write(printReport(report, format, reportTitle(by)));
}

function queryOf(
  { principalKind, since, until, denied, ...options }: FilterOptions & AllProxiesOptions,
  further: Readonly<Record<string, string | undefined>>,
): string {
  const { principal, target, label, table, rule, kind, session, proxy } = options;
  const time = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  const given = {
    scope: "all",
    principal,
    target,
    label,
    table,
    rule,
    kind,
    session,
    proxy,
    principal_kind: principalKind,
    denied: denied === true ? "true" : undefined,
    since: time(since),
    until: time(until),
    ...further,
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) if (value !== undefined) query.set(name, value);
  return query.toString();
}
