import { createRoute, z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import type { RecordQuery } from "../../audit/search/condition.ts";
import { type Report, type ReportSubject, reportSubjects } from "../../audit/search/report.ts";
import type { SharedRecord } from "../../audit/shared/shared-index.ts";
import type { AdminHost, Permissions } from "../admin-host.ts";
import { type Api, demand } from "../routing.ts";
import { apiPath } from "../paths.ts";

const word = z.string().min(1).max(1000).optional();
const time = z.iso.datetime({ offset: true }).optional();
const filters = z.object({
  principal: word.openapi({ description: "Who sent it, or for whom an agent did: a principal's id." }),
  principal_kind: z.enum(["human", "service", "agent"]).optional(),
  target: word,
  label: word,
  table: word.openapi({ description: "With its schema." }),
  rule: word.openapi({ description: "`package:line`, or a package." }),
  kind: word.openapi({ description: "Of the statement: `select`, `insert`, …" }),
  session: word.openapi({ description: "The first characters of its id are enough." }),
  denied: z.enum(["true"]).optional(),
  since: time,
  until: time,
  scope: z.enum(["all", "own"]).optional().openapi({
    description:
      "Records of all proxies on the store (`store.audit_index`), or this proxy's own. Left out, of all where the store has such an index.",
  }),
  proxy: word.openapi({ description: "Of the proxy with this name." }),
});
const record = z.looseObject({ event: z.string(), time: z.string() }).openapi("AuditRecord");
const result = z.object({ rows: z.int(), duration_us: z.int(), sqlstate: z.string() });
const found = z.object({
  proxy: z.string().openapi({ description: "The name of the proxy that has recorded it." }),
  record,
  result: result.optional(),
});
const reportRow = z.object({
  principal: z.string(),
  on_behalf_of: z.string(),
  target: z.string(),
  what: z.string(),
  statements: z.int(),
  denied: z.int(),
  rows: z.int(),
  first: z.iso.datetime(),
  last: z.iso.datetime(),
  labels: z.array(z.string()),
  rules: z.array(z.string()),
});
const reportTime = z.object({ start: z.iso.datetime(), statements: z.int(), denied: z.int() });
const searchedScope = z.enum(["all", "own"]).openapi({ description: "What was searched." });
const recordsMax = 1000;

export function addAuditRoutes(api: Api, host: AdminHost, permissions: Permissions): void {
  api.openapi(
    createRoute({
      method: "get",
      path: `${apiPath}/audit/records`,
      summary: "Records of the audit log, the newest first.",
      request: {
        query: filters.extend({
          event: word,
          limit: z.coerce.number().int().min(1).max(recordsMax).default(100),
        }),
      },
      responses: {
        200: {
          description: "They, and what became of the statements.",
          content: { "application/json": { schema: z.object({ scope: searchedScope, records: z.array(found) }) } },
        },
      },
    }),
    async (c) => {
      demand("audit", permissions, c.var.person);
      const { limit, event, ...query } = c.req.valid("query");
      const searched = searchedOf(host, query);
      const records = await answered(searched.search({ ...queryOf(query), event }, limit), searched.scope);
      const shown = records.map(({ proxy, record: own, result: outcome }) => ({
        proxy,
        // Whatever stands in the log is shown: its own lines have both.
        record: { event: "", time: "", ...own },
        ...(outcome === undefined
          ? {}
          : { result: { rows: outcome.rows, duration_us: outcome.durationUs, sqlstate: outcome.sqlstate } }),
      }));
      return c.json({ scope: searched.scope, records: shown }, 200);
    },
  );
  api.openapi(
    createRoute({
      method: "get",
      path: `${apiPath}/audit/report`,
      summary: "What was read and written, by whom, allowed by which rules.",
      request: { query: filters.extend({ by: z.enum(reportSubjects).default("principal") }) },
      responses: {
        200: {
          description: "A row for each.",
          content: {
            "application/json": {
              schema: z.object({
                scope: searchedScope,
                rows: z.array(reportRow),
                times: z.array(reportTime).openapi({ description: "Statements, by pieces of time." }),
                piece_seconds: z.int().openapi({ description: "How long each of these pieces is." }),
              }),
            },
          },
        },
      },
    }),
    async (c) => {
      demand("audit", permissions, c.var.person);
      const { by, ...query } = c.req.valid("query");
      const searched = searchedOf(host, query);
      const { rows, times, pieceMs } = await answered(searched.report(queryOf(query), by), searched.scope);
      const shown = rows.map(({ behalf, firstMs, lastMs, labels, rules, ...rest }) => ({
        ...rest,
        on_behalf_of: behalf,
        first: new Date(firstMs).toISOString(),
        last: new Date(lastMs).toISOString(),
        labels: [...labels],
        rules: [...rules],
      }));
      const shownTimes = times.map(({ startMs, statements, denied }) => ({
        start: new Date(startMs).toISOString(),
        statements,
        denied,
      }));
      return c.json({ scope: searched.scope, rows: shown, times: shownTimes, piece_seconds: pieceMs / 1000 }, 200);
    },
  );
}

interface Searched {
  readonly scope: "all" | "own";
  search(query: RecordQuery, limit: number): Promise<readonly SharedRecord[]>;
  report(query: RecordQuery, by: ReportSubject): Promise<Report>;
}

function searchedOf(host: AdminHost, given: Pick<z.output<typeof filters>, "scope" | "proxy">): Searched {
  const { auditSearch, sharedIndex, proxyName } = host;
  const asked = given.scope ?? (sharedIndex === undefined ? "own" : "all");
  if (asked === "all") {
    if (sharedIndex !== undefined)
      return {
        scope: "all",
        search: (query, limit) => sharedIndex.search(query, limit),
        report: (query, by) => sharedIndex.report(query, by),
      };
    const message = "there is no index of all proxies: it needs `store.url` and `store.audit_index: true`";
    throw new HTTPException(409, { message });
  }
  const own = (query: RecordQuery): RecordQuery => (query.proxy === proxyName ? { ...query, proxy: undefined } : query);
  return {
    scope: "own",
    search: async (query, limit) =>
      (await auditSearch.search(own(query), limit)).map((each) => ({ proxy: proxyName, ...each })),
    report: (query, by) => auditSearch.report(own(query), by),
  };
}

async function answered<T>(answer: Promise<T>, scope: Searched["scope"]): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message =
      scope === "own"
        ? `the audit log cannot be searched: ${why}`
        : `the records of all proxies cannot be searched: ${why}. With scope=own, this proxy's own can`;
    throw new HTTPException(503, { message });
  }
}

function queryOf(given: z.output<typeof filters>): RecordQuery {
  const { principal_kind: principalKind, denied, since, until, scope: _, ...query } = given;
  return { ...query, principalKind, denied: denied !== undefined, sinceMs: msOf(since), untilMs: msOf(until) };
}

function msOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}
