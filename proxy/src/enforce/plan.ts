import {
  type Approval,
  guardedChange,
  type Notification,
  type StatementFacts,
  type StatementLimits,
  type StatementVerdict,
  type TokenResult,
} from "@penstock/engine";
import { escapeJsonLine } from "../audit/escape.ts";
import { firedRules } from "../metrics/fired-rules.ts";

/** What a statement may change that later decisions depend on. A set of bits. */
export const effect = {
  none: 0,
  /** search_path may differ afterwards. */
  path: 1,
  /** Relations may differ afterwards. */
  schema: 2,
  /** SQL-level prepared statements or cursors differ afterwards. */
  names: 4,
  /** Runs code that nobody has read: it may have made temporary tables. */
  hiddenCode: 8,
  /** Takes back what the transaction, or a part of it, has changed. */
  revert: 16,
  /** What `schema` says is not this session's alone: others see it when it is committed. */
  shared: 32,
  /** Ends the transaction for good: what it has changed is there for all, whatever the text does next. */
  commit: 64,
  /** The database may take the session for another role afterwards. */
  role: 128,
  /** A setting changes that nobody may change from whom something is hidden. */
  guarded: 256,
} as const;

/** What the proxy does while one statement runs. Made once a verdict, shared by all its executions. */
export interface StatementPlan {
  readonly facts: StatementFacts;
  /** Those of its verdict, safe as a part of a line. */
  readonly auditFields: string;
  readonly limits: StatementLimits;
  /** Who has to say yes before it runs, or before what it prepares does. */
  readonly approvals: readonly Approval[];
  /** Alerts that go out when it is sent. */
  readonly notifications: readonly Notification[];
  /** Rules that fired, for `Meters`. */
  readonly fired: readonly string[];
  /** `undefined` where nothing is masked. */
  readonly forbidden: ReadonlySet<number> | undefined;
  /** Columns of its result that are shown as tokens, in place of the values that the server sends. */
  readonly tokens: TokenResult | undefined;
  /** Rows of what it reads or writes are hidden from the principal. */
  readonly isFiltered: boolean;
  /** Bits of `effect`. */
  readonly effects: number;
  readonly isCopyFrom: boolean;
  /** A query that changes nothing, so that no trigger fires. */
  readonly onlyReads: boolean;
}

const plans = new WeakMap<StatementVerdict, StatementPlan>();

export function planOf(statement: StatementVerdict): StatementPlan {
  let plan = plans.get(statement);
  if (plan === undefined) {
    plan = {
      facts: statement.facts,
      auditFields: escapeJsonLine(statement.auditFields),
      limits: statement.limits,
      approvals: statement.decision.approvals,
      notifications: statement.decision.notifications,
      fired: firedRules([statement.decision]),
      forbidden:
        statement.forbiddenOrigins.size === 0 && statement.tokens === undefined
          ? undefined
          : statement.forbiddenOrigins,
      tokens: statement.tokens,
      isFiltered: statement.decision.filters.size > 0,
      effects: effectsOf(statement.facts),
      isCopyFrom: statement.facts.kind === "copy_from",
      onlyReads: onlyReads(statement.facts),
    };
    plans.set(statement, plan);
  }
  return plan;
}

const reading: ReadonlySet<string> = new Set(["read", "lock"]);

function onlyReads({ category, tables }: StatementFacts): boolean {
  return category === "read" && tables.every(({ access }) => access.isSubsetOf(reading));
}

/** The plan of a statement whose verdict is that of another one, but for its text. */
export function planLike(plan: StatementPlan, { facts, auditFields }: StatementVerdict): StatementPlan {
  return { ...plan, facts, auditFields: escapeJsonLine(auditFields) };
}

/** What has to be approved before it runs: PREPARE runs nothing, so EXECUTE asks for what it has prepared. */
export function approvalsToRun({ facts, approvals }: StatementPlan): readonly Approval[] {
  return facts.session?.kind === "prepare" ? noApprovals : approvals;
}

const noApprovals: readonly Approval[] = [];

/** The smaller of each. */
export function strictest(one: StatementLimits, other: StatementLimits): StatementLimits {
  const smaller = (a: number | undefined, b: number | undefined): number | undefined =>
    a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
  return {
    rows: smaller(one.rows, other.rows),
    durationMs: smaller(one.durationMs, other.durationMs),
    bytes: smaller(one.bytes, other.bytes),
  };
}

/** Too many bits cost a question to the server; too few would let a later statement be read wrongly. */
function effectsOf(facts: StatementFacts): number {
  let effects: number = effect.none;
  const ddl = changesTemporary(facts) ? effect.schema : effect.schema | effect.shared;
  if (facts.category === "ddl") effects |= ddl;
  if (facts.category === "opaque") effects |= effect.path | effect.schema | effect.shared | effect.hiddenCode;
  for (const { category } of facts.functions) {
    if (category === "user_defined" || category === "dynamic_sql") effects |= effect.path | effect.hiddenCode;
  }
  const { session } = facts;
  if (session === undefined) return effects;
  switch (session.kind) {
    case "set":
      if (guardedChange(facts) !== undefined) effects |= effect.guarded;
      if (roleSettings.has(session.variable)) return effects | effect.role;
      return session.variable === "search_path" ? effects | effect.path : effects;
    case "set_any":
      return effects | effect.path | effect.role | effect.guarded;
    case "reset_all":
      return effects | effect.path;
    case "discard_all":
      return effects | effect.path | effect.role | effect.schema | effect.names;
    case "discard_temp":
      return effects | effect.schema;
    case "schema_change":
      return effects | ddl;
    case "prepare":
    case "deallocate":
    case "declare":
    case "close":
      return effects | effect.names;
    case "commit":
      return effects | effect.revert | effect.commit;
    case "rollback":
    case "rollback_to":
      return effects | effect.revert;
    case "begin":
    case "savepoint":
    case "release":
    case "execute":
    case "fetch":
    case "discard_plans":
      return effects;
    default:
      return session satisfies never;
  }
}

/** Kinds of statements that change the relations which their facts name, and nothing else. */
const changesOfRelations: ReadonlySet<string> = new Set([
  "create_table",
  "create_table_as",
  "select_into",
  "create_view",
  "create_index",
  "create_sequence",
  "alter_table",
  "drop_table",
  "drop_view",
  "drop_index",
  "drop_sequence",
]);

/** Temporary tables come and go by the thousand, and no other session has to know of them. */
function changesTemporary({ kind, tables }: StatementFacts): boolean {
  const changed = tables.filter(({ access }) => access.has("ddl"));
  return changesOfRelations.has(kind) && changed.length > 0 && changed.every(({ relation }) => relation.isTemporary);
}

const roleSettings: ReadonlySet<string> = new Set(["role", "session_authorization"]);
