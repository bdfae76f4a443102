import { describe, expect, test } from "vitest";
import { parsePostgres } from "../parse.ts";
import { isSameTree } from "./same-tree.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { listOf } from "./tree.ts";

function select(text: string): TreeObject {
  const parsed = parsePostgres(text);
  const node: unknown = parsed.kind === "statements" ? parsed.statements[0]?.node : undefined;
  if (!isObject(node) || !isObject(node["SelectStmt"])) throw new Error(text);
  return node["SelectStmt"];
}

const fromOf = (text: string) => listOf(select(text)["fromClause"]);
const original = "select a from t where b = 1";

/** Whether the proof accepts a rewritten text for the original, when `t` was to become `(select 1 as a) as t`. */
function accepts(rewritten: string): boolean {
  const tree = select(original);
  const [item] = listOf(tree["fromClause"]);
  if (item === undefined) throw new Error("no item");
  return isSameTree(tree, select(rewritten), new Map([[item, fromOf("select from (select 1 as a) as t")]]));
}

describe("the proof accepts exactly the intended replacement", () => {
  test("wherever it stands in the text", () => {
    expect(accepts("select   a from /* c */ (select 1 as a) as t where b = 1")).toBe(true);
  });

  test.each([
    original,
    "select a from (select 2 as a) as t where b = 1",
    "select a from (select 1 as a) as u where b = 1",
    "select a from (select 1 as a) as t where b = 2",
    "select a from (select 1 as a) as t",
    "select a, a from (select 1 as a) as t where b = 1",
    "select distinct a from (select 1 as a) as t where b = 1",
    "select a from (select 1 as a) as t, t as s where b = 1",
    "select a from (select 1 as a) as t where b = 1 limit 1",
  ])("and nothing else: %s", (text) => {
    expect(accepts(text)).toBe(false);
  });
});
