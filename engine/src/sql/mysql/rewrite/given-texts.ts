/** Texts that PREPARE and EXECUTE IMMEDIATE give, rewritten as statements of their own and put back as strings. */
import { Denial } from "../../denial.ts";
import { isEmpty, type RewriteResult, type StatementPlan, unclear } from "../../rewriting.ts";
import type { TreeObject } from "../../tree-object.ts";
import type { Dialect } from "../dialect.ts";
import { givenText } from "../facts/given-text.ts";
import type { ResolvedMysql } from "../facts/resolve.ts";
import { parseMysql } from "../parse.ts";
import { quoteMysqlText } from "../quote.ts";
import { noEdits, type ReadingContext, spliced } from "./edits.ts";
import { isSameTree } from "./tree.ts";

type RewriteOne = (
  text: string,
  statements: readonly ResolvedMysql[],
  plans: readonly StatementPlan[],
  context: ReadingContext,
) => RewriteResult;

/**
 * @param outer what became of the text without its inner statements.
 * @param rewriteOne rewrites and proves the text of one inner statement.
 */
export function rewriteGivenTexts(
  outer: Extract<RewriteResult, { kind: "rewritten" | "unchanged" }>,
  sent: string,
  statements: readonly ResolvedMysql[],
  plans: readonly StatementPlan[],
  context: ReadingContext,
  dialect: Dialect,
  rewriteOne: RewriteOne,
): RewriteResult {
  const texts = new Map<number, string>();
  for (const [index, { inner }] of statements.entries()) {
    const plan = plans[index];
    if (inner === undefined || plan === undefined || isEmpty(plan)) continue;
    const searchPath = inner.database === undefined ? [] : [inner.database];
    const made = rewriteOne(inner.text, [inner.statement], [plan], { ...context, searchPath });
    if (made.kind === "denied") return { ...made, statement: index };
    if (made.kind === "rewritten") texts.set(index, made.text);
  }
  if (texts.size === 0) return outer;
  const before = outer.kind === "rewritten" ? outer.text : sent;
  const { text, mapPosition } = replaced(before, texts, dialect);
  return {
    kind: "rewritten",
    // Those of what is prepared are told when that is decided by itself.
    tokens: outer.kind === "rewritten" ? outer.tokens : new Map(),
    edits: undefined,
    text,
    mapPosition: (position) => (outer.kind === "rewritten" ? outer.mapPosition : same)(mapPosition(position)),
  };
}

function same(position: number): number {
  return position;
}

/** @throws Denial where anything but these strings would change. */
function replaced(text: string, texts: ReadonlyMap<number, string>, dialect: Dialect): ReturnType<typeof spliced> {
  const edits = noEdits();
  const parsed = parseMysql(text, dialect);
  if (parsed.kind !== "statements") throw new Denial(unclear);
  for (const [index, inner] of texts) {
    const statement = parsed.statements[index];
    const literal = statement && givenText(statement);
    if (literal === undefined) throw new Denial(unclear);
    edits.splices.push({ start: literal.start, end: literal.end, text: quoteMysqlText(inner, dialect.mode) });
    edits.expected.set(literal as unknown as TreeObject, [{ ...literal, text: inner }]);
  }
  const made = spliced(text, edits);
  const again = parseMysql(made.text, dialect);
  if (again.kind !== "statements" || !isSameTree(parsed.statements, again.statements, edits.expected)) {
    throw new Denial(unclear);
  }
  return made;
}
