/** Relations that DROP, COMMENT and SECURITY LABEL name by lists of names, of which the tree gives no positions. */
import { Denial } from "../../denial.ts";
import { unclear } from "../../rewriting.ts";
import { endOfName, isToken, type SourceText } from "./source-text.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { listOf, stringOf } from "./tree.ts";

export interface ListedName {
  /** What holds the list in the tree. */
  readonly holder: TreeObject;
  /** The relation's name with what qualifies it, and behind it the name of what belongs to the relation. */
  readonly parts: readonly TreeObject[];
  /** How many of the parts name the relation. */
  readonly relationParts: number;
  /** Index of the token with which the relation's name begins. */
  readonly token: number;
}

/** How many words name the type; what belongs to a relation stands before or behind its name. */
const objectTypes: ReadonlyMap<unknown, { readonly words: number; readonly child?: "before" | "behind" }> = new Map([
  ["OBJECT_TABLE", { words: 1 }],
  ["OBJECT_FOREIGN_TABLE", { words: 2 }],
  ["OBJECT_VIEW", { words: 1 }],
  ["OBJECT_MATVIEW", { words: 2 }],
  ["OBJECT_SEQUENCE", { words: 1 }],
  ["OBJECT_INDEX", { words: 1 }],
  ["OBJECT_TRIGGER", { words: 1, child: "before" }],
  ["OBJECT_RULE", { words: 1, child: "before" }],
  ["OBJECT_POLICY", { words: 1, child: "before" }],
  ["OBJECT_TABCONSTRAINT", { words: 1, child: "before" }],
  ["OBJECT_COLUMN", { words: 1, child: "behind" }],
]);

/** @param start byte at which the statement's text begins, blanks included. */
export function listedNames(source: SourceText, node: TreeObject, start: number): readonly ListedName[] {
  const { DropStmt: drop, CommentStmt: comment, SecLabelStmt: label } = node;
  const first = source.tokens.findIndex((token) => token.start >= start);
  if (isObject(drop)) {
    const options = (drop["concurrent"] === true ? 1 : 0) + (drop["missing_ok"] === true ? 2 : 0);
    return namesAt(source, drop["removeType"], listOf(drop["objects"]), first + 1, options);
  }
  if (isObject(comment)) return namesAt(source, comment["objtype"], listOf([comment["object"]]), first + 2, 0);
  if (isObject(label)) {
    const provider = label["provider"] === undefined ? 0 : 2;
    return namesAt(source, label["objtype"], listOf([label["object"]]), first + 3 + provider, 0);
  }
  return [];
}

/**
 * @param typeAt index of the token with which the type's words begin.
 * @param options how many words stand behind those.
 */
function namesAt(
  source: SourceText,
  objectType: unknown,
  objects: readonly TreeObject[],
  typeAt: number,
  options: number,
): ListedName[] {
  const type = objectTypes.get(objectType);
  if (type === undefined) return [];
  let token = typeAt + type.words + options;
  if (type.child === "before") {
    token = endOfName(source, token) ?? token;
    if (!isToken(source, token, "on")) throw new Denial(unclear);
    token++;
  }
  return objects.flatMap((holder) => {
    const list = holder["List"];
    const parts = isObject(list) ? listOf(list["items"]) : [];
    if (parts.some((part) => stringOf(part) === undefined)) throw new Denial(unclear);
    const found: ListedName = {
      holder,
      parts,
      relationParts: parts.length - (type.child === undefined ? 0 : 1),
      token,
    };
    const end = endOfName(source, token);
    if (end === undefined) throw new Denial(unclear);
    token = end + (isToken(source, end, ",") ? 1 : 0);
    return parts.length === 0 ? [] : [found];
  });
}
