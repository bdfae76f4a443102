/** PREPARE and EXECUTE IMMEDIATE: a statement whose text another statement gives, with the facts of both. */
import type { OpaqueConstruct, StatementFacts, UnknownName } from "../../facts.ts";
import type { Expression, Literal } from "../tree/expressions.ts";
import type { Statement } from "../tree/statements.ts";
import type { Execute, Prepare } from "../tree/utility.ts";
import type { FactContext } from "./context.ts";
import { walkerOf } from "./queries.ts";
import type { ResolvedMysql } from "./resolve.ts";
import { newScope } from "./scope.ts";

/** A text that a statement gives, read as the server will. */
export interface InnerStatement {
  readonly text: string;
  /** In which its names are looked for; `undefined` where none was chosen. */
  readonly database: string | undefined;
  readonly statement: ResolvedMysql;
}

type TextGiver = Prepare | Execute;

export function givesText(statement: Statement): statement is TextGiver {
  return statement.kind === "prepare" || statement.kind === "execute";
}

/** Where the text that a statement gives comes from; `undefined` for statements that give none, and EXECUTE of a name. */
export function sourceOf(statement: Statement): Expression | undefined {
  return givesText(statement) ? statement.source : undefined;
}

/** The text itself, where the statement has it as a string. What is computed, and of another character set, only the server knows. */
export function givenText(statement: Statement): Literal | undefined {
  const source = sourceOf(statement);
  const isPlain = source?.kind === "literal" && source.type === "string" && source.introducer === undefined;
  return isPlain ? source : undefined;
}

/** What the statement does itself: EXECUTE computes the values that it gives. */
export function walkTextGiver(context: FactContext, statement: TextGiver, isRead: boolean): void {
  if (statement.kind === "execute") {
    const scope = newScope(undefined, undefined);
    for (const value of statement.using) walkerOf(context).used(value, scope, "argument");
    // The server takes none, and what it reads would not be the inner statement's.
    if (context.tables.size > 0) context.addOpaque("a subquery in USING", statement.start);
  }
  // EXECUTE of a name runs what its PREPARE was decided for.
  if (isRead || statement.source === undefined) return;
  const what = statement.kind === "prepare" ? "PREPARE" : "EXECUTE IMMEDIATE";
  context.addOpaque(`${what} of a computed text`, statement.start);
}

/** The facts of the statement inside, as those of the one that gives its text. Positions inside are those of the text. */
export function withInner(own: StatementFacts, { statement: { facts: inner, node } }: InnerStatement): StatementFacts {
  const at = <Placed extends OpaqueConstruct | UnknownName>(placed: Placed): Placed => ({
    ...placed,
    position: own.start,
  });
  const nested = namesStatements(node) ? [{ construct: `${inner.kind} as a given text`, position: own.start }] : [];
  return {
    ...inner,
    start: own.start,
    end: own.end,
    kind: own.kind,
    category: own.category,
    functions: [...inner.functions, ...own.functions],
    tables: [...inner.tables, ...own.tables],
    columns: [...inner.columns, ...own.columns],
    opaque: [...own.opaque, ...nested, ...inner.opaque.map(at)],
    unknown: [...own.unknown, ...inner.unknown.map(at)],
    inner: inner.kind,
    session: own.session,
    outputs: own.kind === "execute" ? inner.outputs : [],
  };
}

/** Statements about prepared ones, which the server does not prepare. */
function namesStatements(statement: Statement): boolean {
  return (
    givesText(statement) ||
    statement.kind === "deallocate" ||
    (statement.kind === "drop_object" && statement.object === "prepare")
  );
}
