import { quoteName } from "../../../masks/quote.ts";
import { Denial } from "../../denial.ts";
import { type Edits, replaceTokens, tokenAt } from "./edits.ts";
import { unclear } from "../../rewriting.ts";
import { query } from "./fragments.ts";
import { protectedSource, wholeRelation } from "./protected-source.ts";
import { because, type Protection } from "../../protection.ts";
import { endOfName, endOfParentheses, isToken, type SourceText } from "./source-text.ts";
import { refuseTokens } from "../../token-outputs.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { listOf, locationOf, stringOf } from "./tree.ts";

/**
 * `COPY table [(columns)] TO` becomes `COPY (select …) TO` with the same options. COPY of a table gives its own rows without those of
 * children, and without generated columns unless they are named.
 */
export function rewriteCopyTo(source: SourceText, copy: TreeObject, protection: Protection, edits: Edits): void {
  const { relation } = protection;
  const rangeVar = copy["relation"];
  if (!isObject(rangeVar)) throw new Denial(unclear);
  if (relation.kind !== "table" && relation.kind !== "materialized_view") {
    // The server refuses it as well, but it may know better than the catalog what the relation is by now.
    throw new Denial(`${relation.path} is not a table, so COPY cannot read it directly`, "use COPY (SELECT ...) TO");
  }
  const listed = listOf(copy["attlist"]).map((name) => stringOf(name) ?? "");
  const columns =
    listed.length === 0
      ? relation.columns.filter(({ generated }) => generated === undefined)
      : listed.map((name) => {
          const column = relation.columns.find((one) => one.name === name);
          if (column === undefined) throw new Denial(`column ${quoteName(name)} of ${relation.path} does not exist`);
          return column;
        });
  refuseTokens(protection, columns);
  const made = protectedSource(protection, { ...wholeRelation, only: true, columns });
  if (made.kind === "refused") throw new Denial(made.reason);
  const name = tokenAt(source, locationOf(rangeVar));
  if (isToken(source, name - 1, "binary")) {
    throw new Denial(`COPY BINARY cannot be rewritten, and ${because(protection)}`, "use COPY … WITH (FORMAT binary)");
  }
  let end = endOfName(source, name);
  if (end !== undefined && isToken(source, end, "(")) end = endOfParentheses(source, end);
  if (end === undefined) throw new Denial(unclear);
  replaceTokens(edits, source, name, end, made.text);
  const { relation: _relation, attlist: _attlist, ...rest } = copy;
  edits.expected.set(copy, [{ ...rest, query: query(made.text.slice(1, -1)) }]);
}
