/** Audit lines for people. Everything that a client supplied is escaped: the log is a place where attackers write to terminals. */
import { z } from "zod";
import { escapeForTerminal } from "./escape.ts";

const record = z.looseObject({
  event: z.string(),
  time: z.string(),
  session: z.string().default(""),
  statement: z.number().optional(),
  principal: z
    .looseObject({ id: z.string(), kind: z.string().optional(), on_behalf_of: z.string().optional() })
    .optional(),
  target: z.string().optional(),
  text: z.string().optional(),
  kind: z.string().optional(),
  decision: z.string().optional(),
  refused: z.looseObject({ message: z.string() }).optional(),
  request: z.string().optional(),
  by: z.string().optional(),
  action: z.string().optional(),
  grant: z.string().optional(),
  file: z.string().optional(),
  added: z.array(z.string()).default([]),
  removed: z.array(z.string()).default([]),
  changed: z.record(z.string(), z.unknown()).default({}),
  signal: z.string().optional(),
  sections: z.array(z.string()).optional(),
  changes: z.array(z.looseObject({ kind: z.string(), what: z.string(), rule: z.string().optional() })).default([]),
  answer: z.string().optional(),
  outcome: z.string().optional(),
  needs: z.array(z.looseObject({ groups: z.array(z.string()) })).default([]),
  approved: z.array(z.looseObject({ by: z.string() })).default([]),
  reasons: z.array(z.string()).default([]),
  rules: z.array(z.string()).default([]),
  labels: z.array(z.string()).default([]),
  tables: z.array(z.string()).default([]),
  masked: z.array(z.string()).default([]),
  filtered: z.array(z.string()).default([]),
  rows: z.number().optional(),
  duration_us: z.number().optional(),
  found: z.record(z.string(), z.number()).default({}),
  sqlstate: z.string().optional(),
  user: z.string().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  lines_lost: z.number().optional(),
  lines_late: z.number().optional(),
  was: z.string().optional(),
  now: z.string().optional(),
});
export type AuditRecord = z.output<typeof record>;

/** `undefined` for a line that is no audit record, such as one that a crash has cut. */
export function parseRecord(line: string): AuditRecord | undefined {
  try {
    return record.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

const textCharactersMax = 160;

/** One line of text without line break. @param full shows the whole statement. */
export function printRecord(each: AuditRecord, full: boolean): string {
  const where = `${each.time.slice(0, 23).replace("T", " ")} ${each.session.slice(0, 8)}`;
  const number = each.statement === undefined ? "" : `#${each.statement}`;
  return escapeForTerminal(`${where}${number} ${describe(each, full)}`.replaceAll(/\s+/g, " "));
}

function describe(each: AuditRecord, full: boolean): string {
  switch (each.event) {
    case "statement":
      return describeStatement(each, full);
    case "result":
      return `  ${each.rows ?? 0} rows in ${((each.duration_us ?? 0) / 1000).toFixed(1)} ms${each.sqlstate === "00000" ? "" : `, error ${each.sqlstate ?? "unknown"}`}${redacted(each)}`;
    case "connect":
      return `${who(each)} connected to ${each.target ?? "?"}`;
    case "disconnect":
      return `disconnected (${each.reason ?? "?"})`;
    case "refused":
      return `REFUSED user ${each.user ?? "?"}: ${each.reason ?? "?"}`;
    case "approval_request":
      return `${who(each)} waits for approval of ${each.needs.map(({ groups }) => groups.join(" or ")).join(" and ")} (${each.request ?? "?"})`;
    case "approval_answer":
      return `${each.by ?? each.user ?? "?"} answers ${each.answer ?? "?"} to ${each.request ?? "?"}: ${each.message ?? "?"}`;
    case "approval_end":
      return `${each.request ?? "?"} waits no longer: ${each.outcome ?? "?"}`;
    case "alert":
      return `ALERT ${who(each)}: ${each.message ?? "?"}`;
    case "renamed":
      return `RENAMED in ${each.target ?? "?"}: ${each.was ?? "?"} is now ${each.now ?? "?"}; policies hold it to the old name`;
    case "shadow":
      return `SHADOW ${who(each)}: ${each.changes.map(({ kind, what, rule }) => `${kind}: ${what}${rule === undefined ? "" : ` (${rule})`}`).join("; ")}`;
    case "approval_revoke":
      return `${each.by ?? each.user ?? "?"} takes back approval ${each.grant ?? "?"} (${each.request ?? "?"})`;
    case "change":
      return each.file === undefined
        ? `${each.signal ?? `${each.by ?? "?"} by the HTTP API`}: ${each.action ?? "?"}${each.sections === undefined ? "" : ` (${each.sections.join(", ")})`}`
        : `CHANGED ${each.file}: ${each.added.length} added, ${each.removed.length} removed, ${Object.keys(each.changed).length} changed`;
    case "audit_gap":
      return `GAP: ${each.lines_lost ?? "?"} lines could not be written${each.lines_late === undefined ? "" : `, ${each.lines_late} only now`}`;
    default:
      return each.event;
  }
}

function redacted({ found }: AuditRecord): string {
  const counts = Object.entries(found).map(([kind, count]) => `${count} ${kind}`);
  return counts.length === 0 ? "" : ` | redacted ${counts.join(", ")}`;
}

function describeStatement(each: AuditRecord, full: boolean): string {
  const text = each.text ?? "";
  const shown = full || text.length <= textCharactersMax ? text : `${text.slice(0, textCharactersMax)}…`;
  const notes = [
    ...(each.decision === "deny" ? [each.reasons.join("; ")] : []),
    ...(each.refused === undefined ? [] : [each.refused.message]),
    ...(each.approved.length > 0 ? [`approved by ${each.approved.map(({ by }) => by).join(", ")}`] : []),
    ...(each.masked.length > 0 ? [`masked ${each.masked.join(", ")}`] : []),
    ...(each.filtered.length > 0 ? [`filtered ${each.filtered.join(", ")}`] : []),
    ...(each.rules.length > 0 ? [`rules ${each.rules.join(", ")}`] : []),
  ];
  const decision = isDenied(each) ? "DENIED " : "allowed";
  return `${decision} ${who(each)} ${each.kind ?? "?"}: ${shown}${notes.map((note) => ` | ${note}`).join("")}`;
}

/** By a policy, or by the proxy, which refuses what a policy would allow. */
export function isDenied({ decision, refused }: AuditRecord): boolean {
  return decision === "deny" || refused !== undefined;
}

function who(each: AuditRecord): string {
  const { principal } = each;
  if (principal === undefined) return "?";
  return principal.on_behalf_of === undefined ? principal.id : `${principal.id} for ${principal.on_behalf_of}`;
}
