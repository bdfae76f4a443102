import { sameTree } from "../../same-tree.ts";

const positions: ReadonlySet<string> = new Set([
  "location",
  "stmt_location",
  "stmt_len",
  "list_start",
  "list_end",
  "rexpr_list_start",
  "rexpr_list_end",
  "arg_location",
  "name_location",
]);

/** Byte offsets into the text are no difference. CreateTableSpaceStmt has a `location` of another kind, a string. */
export const isSameTree = sameTree(
  (field, value) => (typeof value === "number" || value === undefined) && positions.has(field),
);
