/** Lines of the audit log as the demo shows them: who, what, the decision, the rules. The log itself holds much more. */
import { createReadStream, existsSync, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { type Cell, type Ink, cut, plain } from "./screen.ts";

/** What the demo reads of a `statement` record (proxy/src/audit/audit-records.ts has them all). */
export interface AuditStatement {
  readonly time: string;
  readonly principal: string;
  readonly target: string;
  readonly onBehalfOf: string | undefined;
  readonly text: string;
  readonly tables: readonly string[];
  readonly kind: string;
  readonly decision: string;
  readonly reasons: readonly string[];
  readonly rules: readonly string[];
  readonly masked: readonly string[];
  readonly line: string;
}

/** The statements of the log from byte `from` on, and where the next reading starts. */
export async function readStatements(file: string, from = 0): Promise<{ statements: AuditStatement[]; next: number }> {
  if (!existsSync(file)) return { statements: [], next: from };
  const next = statSync(file).size;
  if (next <= from) return { statements: [], next: from };
  const statements: AuditStatement[] = [];
  let read = from;
  for await (const line of createInterface({ input: createReadStream(file, { start: from, end: next - 1 }) })) {
    const bytes = Buffer.byteLength(line) + 1;
    // A line without its end is still being written: next time.
    if (read + bytes > next) break;
    read += bytes;
    const statement = parseStatement(line);
    if (statement !== undefined) statements.push(statement);
  }
  return { statements, next: read };
}

function parseStatement(line: string): AuditStatement | undefined {
  const record: unknown = JSON.parse(line);
  if (field(record, "event") !== "statement") return undefined;
  const principal = field(record, "principal");
  const onBehalfOf = field(principal, "on_behalf_of");
  return {
    time: String(field(record, "time")),
    principal: String(field(principal, "id")),
    target: String(field(record, "target")),
    onBehalfOf: typeof onBehalfOf === "string" ? onBehalfOf : undefined,
    text: String(field(record, "text")),
    tables: strings(field(record, "tables")),
    kind: String(field(record, "kind")),
    decision: String(field(record, "decision")),
    reasons: strings(field(record, "reasons")),
    rules: strings(field(record, "rules")),
    masked: strings(field(record, "masked")),
    line,
  };
}

function field(record: unknown, name: string): unknown {
  if (typeof record !== "object" || record === null) return undefined;
  return Object.entries(record).find(([key]) => key === name)?.[1];
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

export function auditCells(statement: AuditStatement, ink: Ink): Cell[] {
  const who =
    statement.onBehalfOf === undefined ? statement.principal : `${statement.principal} for ${statement.onBehalfOf}`;
  const denied = statement.decision === "deny";
  const outcome = denied ? "deny" : statement.masked.length > 0 ? `mask ${statement.masked.length}` : "allow";
  const masked = shortColumns(statement.masked);
  const why = denied ? (statement.reasons[0] ?? "") : masked === "" ? statement.text : masked;
  return [
    { text: statement.time.slice(11, 19), ink: ink.dim },
    { text: who },
    { text: statement.kind.replaceAll("_", " ") },
    { text: outcome, ink: denied ? ink.bad : statement.masked.length > 0 ? ink.accent : ink.good },
    { text: cut(plain(why), 56), ink: ink.dim },
  ];
}

/** What clients ask of the catalog before they show anything: psql sends a dozen of these for one `\d`, and `mariadb` SHOW when it starts. */
export function isHousekeeping({ decision, kind, tables }: AuditStatement): boolean {
  if (decision !== "allow") return false;
  return kind === "show" || (tables.length > 0 && tables.every((table) => systemSchemas.test(table)));
}

const systemSchemas = /^(pg_catalog|information_schema|mysql|performance_schema|sys)\./;

/** `public.customers.email`, … without the schema, a few of them. */
function shortColumns(paths: readonly string[]): string {
  const names = paths.slice(0, 2).map((path) => path.split(".").slice(-2).join("."));
  return paths.length > names.length ? `${names.join(", ")} …` : names.join(", ");
}
