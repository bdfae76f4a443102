import { type AccessKind, statementKinds, type StatementKind } from "@penstock/language";
import { formerNamesMax } from "../catalog/former-names.ts";
import { readBelow } from "../catalog/labels.ts";
import type { StatementFacts, TableFact } from "../sql/facts.ts";
import type { CalledFunctions, CalledRead, UnreadCode } from "./called-functions.ts";
import type { Reason } from "./decision.ts";
import { guardedChange } from "./guarded-settings.ts";
import type { World } from "./world.ts";

/** What the engine refuses whatever the policies say, since no policy could see it: the same for everybody, so found once a statement. */
export interface EngineRefusals {
  /** Constructs that the engine does not know. */
  readonly always: readonly Reason[];
  /** Ways around masks and filters: for a principal from whom something is hidden. */
  readonly ifHidden: readonly Reason[];
  /** Ways to tell how many rows there are beside those that filters leave: for a principal for whom some relation is filtered. */
  readonly ifFiltered: readonly Reason[];
}

/** @param facts with what the functions do that the statement calls. */
export function engineRefusals(world: World, facts: StatementFacts, called: CalledFunctions): EngineRefusals {
  const always: Reason[] = [];
  const opaque = facts.opaque.find(({ construct }) => !opaqueByNature.has(construct));
  if (opaque !== undefined) {
    always.push(
      refusal(
        "opaque",
        `the statement uses \`${opaque.construct}\`, which cannot be checked`,
        "write it without that construct",
      ),
    );
  }
  if (facts.serverCopy === "program") always.push(serverCopy(facts.serverCopy));
  if (facts.tables.some((table) => changesSettings(world, table))) {
    always.push(
      refusal(
        "session_setting",
        "a change of pg_settings changes settings of the session, and which cannot be told from the statement",
        "use SET",
      ),
    );
  }
  for (const { relation } of facts.tables) {
    // Fills `labelErrors`.
    world.columnsOf(relation);
    const failed = world.labelErrors.get(relation.path);
    if (failed !== undefined) {
      const message = `the labels of ${relation.path} could not be computed`;
      const hint = "a `label` rule failed: tell its owner";
      always.push(
        failed.bound === undefined
          ? refusal("rule_error", message, hint)
          : refusal("rule_cost", `${message}: a label rule costs too much: ${failed.bound}`, hint),
      );
    }
  }
  return {
    always,
    ifHidden: [...waysAround(world, facts), ...called.unread.map(unreadFunction)],
    ifFiltered: waysToCount(world, facts),
  };
}

/** The view of settings, or one over it, may be updated: it has a rule that calls set_config. */
function changesSettings({ catalog }: World, { relation, access }: TableFact): boolean {
  if (access.isSubsetOf(readingOnly)) return false;
  return [relation, ...readBelow(catalog, relation).tables].some(
    ({ isSystem, name }) => isSystem && name === "pg_settings",
  );
}

const readingOnly: ReadonlySet<AccessKind> = new Set(["read", "lock"]);

function waysAround(world: World, facts: StatementFacts): Reason[] {
  const ways: Reason[] = [];
  const kind = facts.inner ?? facts.kind;
  if (changesSchema.has(statementKinds[kind]) && !harmlessChanges.has(kind)) {
    ways.push(
      refusal(
        "schema_change",
        `\`${kind}\` could change what is hidden from you, or run code that cannot be checked`,
        askForRole,
      ),
    );
  }
  // What a procedure does is known from its body; MySQL prepares calls too.
  const calls = facts.inner === "call" && facts.kind !== "prepare" && facts.kind !== "execute";
  if ((facts.category === "opaque" && facts.kind !== "call") || facts.inner === "do" || calls) {
    ways.push(
      refusal(
        "opaque_code",
        `\`${facts.kind}\` runs code that cannot be checked while data is hidden from you`,
        askForRole,
      ),
    );
  }
  if (facts.serverCopy === "file") ways.push(serverCopy(facts.serverCopy));
  const setting = guardedChange(facts);
  if (setting !== undefined) {
    const { variable, reason, hint } = setting;
    ways.push(
      refusal("session_setting", `setting ${variable} is not permitted: ${reason}, and data is hidden from you`, hint),
    );
  }
  for (const { what, by } of facts.reveals) {
    if (what === "counts" || what === "sizes") continue;
    const shown = what === "credentials" ? "hashes of passwords" : "statements as they really run, or values in them,";
    ways.push(refusal(what, `\`${by}\` shows ${shown} and data is hidden from you`, askForRole));
  }
  for (const called of facts.functions) {
    if (called.category === "dynamic_sql") {
      ways.push(
        refusal(
          "dynamic_sql",
          `\`${called.name}\` runs SQL given as text, which cannot be checked while data is hidden from you`,
          askForRole,
        ),
      );
    } else if (called.category === "file" || called.category === "network" || readsChanges.test(called.name)) {
      ways.push(
        refusal(
          "raw_data",
          `\`${called.name}\` reaches data past its tables, and some of it is hidden from you`,
          askForRole,
        ),
      );
    } else if (called.builtin && showsStatements.has(called.name)) {
      ways.push(
        refusal(
          "statements",
          `\`${called.name}\` shows statements as they really run, and data is hidden from you`,
          "read pg_stat_activity, pg_prepared_statements or pg_cursors, whose texts are NULL for you",
        ),
      );
    }
  }
  const { system } = world.dialect;
  for (const { relation, access } of facts.tables) {
    const rule = relation.tellingRules?.find(({ event }) => access.has(event));
    if (rule !== undefined) {
      ways.push(
        refusal(
          "opaque_code",
          `rule ${rule.name} on ${relation.path} gives rows of its own, which cannot be checked while data is hidden from you`,
          askForRole,
        ),
      );
    }
    if (!access.has("read")) continue;
    if (relation.isSystem && system.holdsStatistics(relation) && relation.columns.length === 0) {
      // Columns that the catalog does not have cannot be masked.
      ways.push(
        refusal("statistics", `${relation.path} shows samples of values, and data is hidden from you`, askForRole),
      );
    } else if ((relation.former?.length ?? 0) >= formerNamesMax) {
      ways.push(
        refusal(
          "former_names",
          `${relation.path} was called otherwise ${formerNamesMax} times, more than are remembered, and data is hidden from you`,
          "whoever operates the proxy can let it forget those names",
        ),
      );
    } else if (!relation.isSystem && world.origins.of(relation).unknown) {
      ways.push(
        refusal(
          "opaque_view",
          `the definition of ${relation.path} could not be analysed, and data is hidden from you`,
          "read its tables instead",
        ),
      );
    }
  }
  return ways;
}

function serverCopy(what: "file" | "program"): Reason {
  return refusal(
    "server_copy",
    `COPY from or to a ${what} runs on the database server's own machine, past every policy`,
    "use FROM STDIN or TO STDOUT, in psql \\copy",
  );
}

function unreadFunction({ code, problem }: UnreadCode): Reason {
  return refusal(
    "opaque_function",
    `${code} ${problem}, and data is hidden from you`,
    "select what the function would from its tables, or ask for a role from which nothing is hidden",
  );
}

/** For a principal from whom something of the relation is hidden. */
export function hiddenInCode({ code, relation, isOwnRow }: CalledRead): Reason {
  if (isOwnRow) {
    const message = `${code} looks at columns of ${relation.path} that are hidden from you`;
    return refusal("hidden_in_function", message, askForRole);
  }
  return refusal(
    "hidden_in_function",
    `${code} reads ${relation.path}, of which something is hidden from you`,
    "select what the function would from its tables",
  );
}

/** Masked values must not stand among real ones. */
export function storesMasked(code: string): Reason {
  return refusal(
    "masked_in_function",
    `${code} could store a value that is masked for you`,
    "call it with values that are not, or ask for a role from which nothing is hidden",
  );
}

function waysToCount(world: World, facts: StatementFacts): Reason[] {
  const ways: Reason[] = [];
  const { system } = world.dialect;
  const refuse = (what: string): void => {
    ways.push(
      refusal("statistics", `${what} tells how many rows there are, and rows are filtered for you`, askForRole),
    );
  };
  for (const { what, by } of facts.reveals) if (what === "counts") refuse(`\`${by}\``);
  for (const { schema, name, category } of facts.functions) {
    // The rewriter makes sizes NULL.
    const tells = category === "statistics" && !harmlessStatistics.has(name) && !system.tellsSize(name);
    if (tells || countsPages.has(name)) refuse(`\`${schema}.${name}\``);
  }
  for (const { relation, access } of facts.tables) {
    if (!access.has("read")) continue;
    const { tables, functions } = readBelow(world.catalog, relation);
    for (const read of [relation, ...tables]) {
      if (read.isSystem && (system.holdsStatistics(read) || read.name.startsWith("pg_stat_progress_")))
        refuse(read.path);
    }
    for (const { schema, name, category } of functions) {
      if (category === "statistics" && !harmlessStatistics.has(name))
        refuse(`\`${schema}.${name}\` in view ${relation.path}`);
    }
  }
  return ways;
}

/** Functions behind views whose texts are masked. */
const showsStatements: ReadonlySet<string> = new Set([
  "pg_stat_get_activity",
  "pg_stat_get_backend_activity",
  "pg_prepared_statement",
  "pg_cursor",
]);

/** Sizes of single values, and what is about no relation. */
const harmlessStatistics: ReadonlySet<string> = new Set([
  "pg_column_size",
  "pg_tablespace_location",
  "pg_lock_status",
  "pg_blocking_pids",
  "pg_safe_snapshot_blocking_pids",
  "pg_isolation_test_session_is_blocked",
  "pg_stat_get_activity",
  "pg_xact_commit_timestamp",
  "pg_last_committed_xact",
]);

/** Maintenance that returns how much there was to do. */
const countsPages: ReadonlySet<string> = new Set([
  "brin_summarize_new_values",
  "brin_summarize_range",
  "gin_clean_pending_list",
  "pg_prewarm",
]);

/** Code by nature, not constructs that nobody has thought about: rules see their kind, and `waysAround` knows them. */
const opaqueByNature: ReadonlySet<string> = new Set([
  "DoStmt",
  "CallStmt",
  "CALL",
  "compound statement",
  "body of a trigger",
  "body of a stored program",
]);

const changesSchema: ReadonlySet<string> = new Set(["ddl", "privilege", "admin"]);

/**
 * Changes that neither run code of the principal's own later (functions, triggers, rules, operators, extensions) nor take a masked
 * column out of its mask, as COMMENT can where labels go by comments. What some of them do to a protected relation, the rewriter refuses.
 */
const harmlessChanges: ReadonlySet<StatementKind> = new Set<StatementKind>([
  "select_into",
  "create_table",
  "create_table_as",
  "create_view",
  "create_materialized_view",
  "refresh_materialized_view",
  "create_index",
  "create_sequence",
  "create_schema",
  "create_type",
  "create_domain",
  "create_statistics",
  "alter_table",
  "alter_view",
  "alter_index",
  "alter_sequence",
  "rename",
  "drop_table",
  "drop_view",
  "drop_materialized_view",
  "drop_index",
  "drop_sequence",
  "drop_schema",
  "drop_function",
  "drop_trigger",
  "drop_type",
  "drop_other",
  "grant",
  "revoke",
  "vacuum",
  "analyze",
  "cluster",
  "reindex",
  "checkpoint",
  "flush",
]);

/** Rows as they were changed, decoded from the write-ahead log. */
const readsChanges = /^pg_logical_slot_(?:get|peek)_/;

const askForRole = "ask for a role from which nothing is hidden";

function refusal(code: string, message: string, hint: string): Reason {
  return { message, rule: undefined, code, hint };
}
