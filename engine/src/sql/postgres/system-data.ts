/** What PostgreSQL's own catalogs and views tell of data. */

export function systemColumnTells(relation: string, column: string): "values" | "counts" | undefined {
  if (showsValues(relation, column)) return "values";
  return showsCounts(relation, column) ? "counts" : undefined;
}

/**
 * Samples of values (documentation, chapter "System Catalogs": pg_statistic and what shows it), values of columns, and texts of statements:
 * those that really run, with masks and filters in them.
 */
function showsValues(relation: string, column: string): boolean {
  const named = namesOfStatistics.get(relation);
  return named === undefined ? columnsWithValues.get(relation) === column : !named.has(column);
}

/** By relation: the columns that say what statistics are about. All others are statistics. */
const namesOfStatistics: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    pg_statistic: ["starelid", "staattnum", "stainherit"],
    pg_statistic_ext_data: ["stxoid", "stxdinherit"],
    pg_stats: ["schemaname", "tablename", "attname", "inherited"],
    pg_stats_ext: [
      "schemaname",
      "tablename",
      "statistics_schemaname",
      "statistics_name",
      "statistics_owner",
      "attnames",
      "exprs",
      "kinds",
      "inherited",
    ],
    pg_stats_ext_exprs: [
      "schemaname",
      "tablename",
      "statistics_schemaname",
      "statistics_name",
      "statistics_owner",
      "expr",
      "inherited",
    ],
  }).map(([relation, columns]) => [relation, new Set(columns)]),
);

/** Relations that hold such samples: that there is a row at all tells that the table had rows. */
export function holdsStatistics(relation: string): boolean {
  return namesOfStatistics.has(relation);
}

const columnsWithValues: ReadonlyMap<string, string> = new Map([
  // What all rows hold that were there before the column was added, whatever has become of its default.
  ["pg_attribute", "attmissingval"],
  ["pg_stat_activity", "query"],
  ["pg_prepared_statements", "statement"],
  ["pg_cursors", "statement"],
]);

/** How many rows and pages there are, or were read and written. */
function showsCounts(relation: string, column: string): boolean {
  if (relation === "pg_class") return sizes.has(column);
  return activity.test(relation) && !namesOfActivity.has(column);
}

const sizes: ReadonlySet<string> = new Set(["reltuples", "relpages", "relallvisible", "relallfrozen"]);

/** Views of the cumulative statistics system. */
const activity =
  /^pg_stat(?:io)?_(?:xact_)?(?:all|sys|user)_(?:tables|indexes|sequences)$|^pg_stat_(?:database|io|wal|bgwriter|checkpointer)$/;

const namesOfActivity: ReadonlySet<string> = new Set([
  "relid",
  "indexrelid",
  "schemaname",
  "relname",
  "indexrelname",
  "datid",
  "datname",
  "backend_type",
  "object",
  "context",
]);
