/**
 * Columns that are shown as tokens. Tokens are made from the rows of the result, since their key must not enter SQL; so their values go
 * through the statement as they are, and nothing but that may happen to them: projected as columns, through any number of subqueries, CTEs
 * and branches of UNION ALL, up to the result.
 *
 * Shown twice, by ways that have nothing in common: by what name resolution found every column to be used for, and from the tree alone by
 * names (`token-names.ts` of each dialect). A column that the statement does not touch stays NULL in it, so what neither saw cannot be reached
 * either. A third look is taken at the result: its description says of which column each output is.
 */
import type { Column, Relation } from "../catalog/catalog.ts";
import { canHoldToken } from "../masks/token.ts";
import { writerOf } from "../writers/writer-of.ts";
import { Denial } from "./denial.ts";
import type { StatementFacts } from "./facts.ts";
import type { Protection } from "./protection.ts";
import type { TokenOutputs } from "./rewriting.ts";

/** A column that is shown as tokens in this statement, because it touches it. */
export interface ShownColumn {
  readonly relation: Relation;
  readonly column: Column;
}

/** What a look at the bare tree has to say of a statement that touches such columns. */
export interface TokenTree {
  /** It is a query that keeps its rows nowhere. */
  readonly onlyShows: boolean;
  /** The server does not say of an output of a set operation which column it is. */
  readonly hasUnion: boolean;
  /** The first place where a name stands that must not; not asked where the statement does more than to show. */
  readonly misusedName: () => NameMisuse | undefined;
}

export interface NameMisuse {
  /** The name that stands where it must not. */
  readonly column: string;
  readonly how: string;
}

/** The columns that have to be read as they are; none where the statement shows no tokens. What it writes to has rules of its own. */
export function tokenColumns(
  facts: StatementFacts,
  reads: readonly { readonly relation: Relation }[],
  protections: ReadonlyMap<string, Protection>,
): readonly ShownColumn[] {
  return facts.columns.filter(({ relation, column }) => {
    if (!reads.some((read) => read.relation === relation)) return false;
    const mask = protections.get(relation.path)?.columns.get(column.attnum)?.mask;
    return mask?.name === "token" && canHoldToken(column);
  });
}

/** Where in the result the tokens are. Throws a Denial for every other use. */
export function tokenOutputs(facts: StatementFacts, tree: TokenTree, shown: readonly ShownColumn[]): TokenOutputs {
  if (!tree.onlyShows) throw misuse(shown[0], onlySelect);
  for (const { relation, column } of shown) {
    const fact = facts.columns.find((one) => one.relation === relation && one.column === column);
    for (const use of fact?.uses ?? []) if (use !== "output") throw misuse({ relation, column }, uses[use] ?? use);
  }
  const name = tree.misusedName();
  if (name !== undefined) {
    const mentioned = shown.find(({ column }) => column.name === name.column) ?? shown[0];
    throw misuse(mentioned, name.how);
  }
  const isShown = (one: ShownColumn) =>
    shown.some(({ relation, column }) => relation === one.relation && column === one.column);
  const outputs: TokenOutputs["outputs"][number][] = [];
  for (const { position, sources, direct, name: output } of facts.outputs) {
    const [source, second] = sources.filter(isShown);
    if (source === undefined) continue;
    // `*` stands for columns that are not known.
    if (!direct || second !== undefined || sources.length !== 1 || output === "*") {
      throw misuse(source, `an expression (output ${position})`);
    }
    outputs.push({ position, relation: source.relation, column: source.column });
  }
  return { outputs, width: facts.outputs.length, hasUnion: tree.hasUnion };
}

/** Columns of which the result is to hold tokens are read as they are. */
export function readAsTheyAre(
  protections: ReadonlyMap<string, Protection>,
  shown: readonly ShownColumn[],
): ReadonlyMap<string, Protection> {
  if (shown.length === 0) return protections;
  return new Map(
    [...protections].map(([path, protection]) => {
      const raw = shown.filter(({ relation }) => relation.path === path).map(({ column }) => column.attnum);
      return [path, raw.length === 0 ? protection : { ...protection, raw: new Set(raw) }];
    }),
  );
}

/** COPY of a table shows columns, and is no SELECT whose rows the proxy reads. */
export function refuseTokens({ relation, columns }: Protection, copied: readonly Column[]): void {
  for (const column of copied) {
    if (columns.get(column.attnum)?.mask.name === "token" && canHoldToken(column))
      throw misuse({ relation, column }, onlySelect);
  }
}

/** A statement that changes a relation has no rows but those that it changes. @throws Denial for a column that is shown as tokens */
export function refuseTokenOfTarget({ relation, columns }: Protection, column: Column): void {
  if (columns.get(column.attnum)?.mask.name !== "token") return;
  throw new Denial(
    `${named({ relation, column })} is shown to you as tokens, and a statement that changes ${relation.path} cannot read it`,
    "name only other columns in WHERE, SET and RETURNING",
  );
}

const onlySelect = "what SELECT itself shows";

const uses: Readonly<Record<string, string>> = {
  filter: "a condition",
  join: "a join",
  group: "GROUP BY or DISTINCT",
  order: "ORDER BY",
  write: "a write",
  argument: "a function",
  condition: "CASE",
};

function misuse(shown: ShownColumn | undefined, how: string): Denial {
  const column = shown === undefined ? "a column" : named(shown);
  return new Denial(
    how === onlySelect
      ? `${column} is shown to you as tokens, which are made outside of the database: only a SELECT can show it`
      : `${column} is shown to you as tokens, which are made outside of the database: it may not be used in ${how}`,
    "select it as a column of its own, and do the rest with the result",
  );
}

function named({ relation, column }: ShownColumn): string {
  return `column ${writerOf(column).name(column.name)} of ${relation.path}`;
}
