import type { ColumnFact, FunctionFact, StatementFacts, TableFact } from "../sql/facts.ts";
import type { FunctionName, Relation } from "./catalog.ts";
import type { RowCopy } from "./row-copies.ts";
import { noRow, type TriggerRow } from "./trigger-row.ts";

/** What a function does by itself; what those that it calls do is theirs. */
export interface BodyFacts {
  readonly tables: readonly TableFact[];
  /** Those that it names without a schema, while the session's search_path says which is meant. */
  readonly namedByPath: ReadonlySet<Relation>;
  readonly columns: readonly ColumnFact[];
  readonly functions: readonly FunctionFact[];
  /** What of NEW and OLD it looks at, where it is a trigger's. */
  readonly row: TriggerRow;
  /** Where it puts values of NEW and OLD and does nothing else with them; they are not in `row`. Absent: nowhere. */
  readonly copies?: readonly RowCopy[];
  /** What of NEW and OLD its errors say. */
  readonly rowInErrors: TriggerRow;
  /** It may read what an error says, of other code too. */
  readonly seesErrors: boolean;
  /** Whether more comes of it than a value: it writes, or may raise an error or a notice of its own. */
  readonly acts: boolean;
  /** Of its UPDATE and DELETE, as in `StatementFacts`; absent where it has none. */
  readonly where?: Pick<StatementFacts, "hasWhere" | "whereIsConstant">;
  /** It looks at details of errors (PG_EXCEPTION_DETAIL), which show whole rows. */
  readonly seesDetails: boolean;
  /** A name without a schema that means something else to somebody who may not use all schemas of the search_path. */
  readonly ambiguous?: string;
  /** Why there may be more to it, as what the function does: "is written in c". Absent: it reads these tables and nothing else. */
  readonly problem?: string;
}

/** Every change has to have a WHERE that looks at columns for all to have one. */
export function unitedWhere(
  changes: readonly Pick<StatementFacts, "hasWhere" | "whereIsConstant">[],
): Pick<StatementFacts, "hasWhere" | "whereIsConstant"> {
  return {
    hasWhere: changes.every(({ hasWhere }) => hasWhere),
    whereIsConstant: changes.some(({ whereIsConstant }) => whereIsConstant),
  };
}

/** Of code that does nothing by itself but, perhaps, act. */
export const nothing: BodyFacts = {
  tables: [],
  namedByPath: new Set(),
  columns: [],
  functions: [],
  row: noRow,
  rowInErrors: noRow,
  seesErrors: false,
  acts: true,
  seesDetails: false,
};

export function userFunction({ schema, name }: FunctionName): FunctionFact {
  return { schema, name, builtin: false, category: "user_defined" };
}
