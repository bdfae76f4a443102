import type { DdlStatement } from "./ddl.ts";
import type { DmlStatement } from "./dml.ts";
import type { Name, Node } from "./node.ts";
import type { StoredStatement } from "./programs.ts";
import type { QueryExpression } from "./queries.ts";
import type { UtilityStatement } from "./utility.ts";

/** A statement as a client may send it. */
export type Statement = QueryExpression | DmlStatement | DdlStatement | UtilityStatement | Compound;

/** A compound statement outside of any routine: MariaDB's `BEGIN NOT ATOMIC … END`, IF, loops. */
export interface Compound extends Node {
  readonly kind: "compound";
  readonly label: Name | undefined;
  readonly body: StoredStatement;
}
