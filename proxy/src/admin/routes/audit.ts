import { createRoute, z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import type { RecordQuery } from "../../audit/search/condition.ts";
import { reportSubjects } from "../../audit/search/report.ts";
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
});
const record = z.looseObject({ event: z.string(), time: z.string() }).openapi("AuditRecord");
const result = z.object({ rows: z.int(), duration_us: z.int(), sqlstate: z.string() });
const found = z.object({ record, result: result.optional() });
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
const recordsMax = 1000;

export function addAuditRoutes(api: Api, host: AdminHost, permissions: Permissions): void {
  api.openapi(
    createRoute({
      method: "get",
      path: `${apiPath}/audit/records`,
      summary: "Records of this proxy's audit log, the newest first.",
      request: {
        query: filters.extend({
          event: word,
          limit: z.coerce.number().int().min(1).max(recordsMax).default(100),
        }),
      },
      responses: {
        200: {
          description: "They, and what became of the statements.",
          content: { "application/json": { schema: z.object({ records: z.array(found) }) } },
        },
      },
    }),
    async (c) => {
      demand("audit", permissions, c.var.person);
      const { limit, event, ...query } = c.req.valid("query");
      const records = await searched(host.auditSearch.search({ ...queryOf(query), event }, limit));
      const shown = records.map(({ record: own, result: outcome }) => ({
        // Whatever stands in the log is shown: its own lines have both.
        record: { event: "", time: "", ...own },
        ...(outcome === undefined
          ? {}
          : { result: { rows: outcome.rows, duration_us: outcome.durationUs, sqlstate: outcome.sqlstate } }),
      }));
      return c.json({ records: shown }, 200);
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
          content: { "application/json": { schema: z.object({ rows: z.array(reportRow) }) } },
        },
      },
    }),
    async (c) => {
      demand("audit", permissions, c.var.person);
      const { by, ...query } = c.req.valid("query");
      const { rows } = await searched(host.auditSearch.report(queryOf(query), by));
      const shown = rows.map(({ behalf, firstMs, lastMs, labels, rules, ...rest }) => ({
        ...rest,
        on_behalf_of: behalf,
        first: new Date(firstMs).toISOString(),
        last: new Date(lastMs).toISOString(),
        labels: [...labels],
        rules: [...rules],
      }));
      return c.json({ rows: shown }, 200);
    },
  );
}

async function searched<T>(search: Promise<T>): Promise<T> {
  try {
    return await search;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new HTTPException(503, { message: `the audit log cannot be searched: ${why}` });
  }
}

function queryOf(given: z.output<typeof filters>): RecordQuery {
  const { principal_kind: principalKind, denied, since, until, ...query } = given;
  return { ...query, principalKind, denied: denied !== undefined, sinceMs: msOf(since), untilMs: msOf(until) };
}

function msOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}
