import { BoundedCache } from "../bounded-cache.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { engineLimits } from "../limits.ts";
import type { NameContext } from "../enforcer.ts";
import { dialectOf } from "../sql/dialects.ts";
import type { StatementFacts } from "../sql/facts.ts";
import type { RewriteResult } from "../sql/rewriting.ts";
import type { FewRows, ReadText, RefusedText } from "../sql/sql-dialect.ts";
import { withCalled } from "./called-functions.ts";
import { type PreparedStatement, prepareStatement } from "./decide-statement.ts";
import { queryValue, usedColumns } from "./query-value.ts";
import type { World } from "./world.ts";

/** A text with what the schema says of it, whatever the policies are. */
interface KnownText {
  readonly kind: "statements";
  readonly statements: readonly StatementFacts[];
  readonly read: Pick<ReadText, "rewrite" | "freeLiterals">;
  /** By which they were resolved. */
  readonly names: NameContext;
  readonly slices: readonly string[];
  readonly fingerprints: readonly string[];
  /** By masks and limits, printed. */
  readonly rewrites: BoundedCache<RewriteResult>;
}

/** A text with everything that does not depend on who asks. */
export interface PreparedText extends Omit<KnownText, "kind"> {
  readonly prepared: readonly PreparedStatement[];
  /** Where it is a large INSERT that was read by few of its rows: then positions in `statements` are those of few rows. */
  readonly rows: ManyRows | undefined;
}

export interface ManyRows {
  readonly few: FewRows;
  readonly prepared: PreparedText;
  /** Prepares another text by the same names. */
  readonly prepare: (text: string) => Preparation;
}

export type Preparation = PreparedText | RefusedText;

/** @param texts where several programs decide the same texts: what was read for one serves the others. */
export function prepareText(world: World, text: string, names: NameContext, texts?: SharedTexts): Preparation {
  const read = texts?.read(text, world.catalog, names) ?? readText(text, world.catalog, names);
  return read.kind === "statements" ? prepareRead(world, read) : read;
}

/** Prepares a large INSERT of plain rows by few of them. */
export function prepareManyRows(
  world: World,
  text: string,
  few: FewRows,
  names: NameContext,
  prepare: (text: string) => Preparation,
): Preparation {
  const stand = prepare(few.text);
  if ("kind" in stand) return prepare(text);
  const [statement, second] = stand.statements;
  // What an unknown name is reported with is a position.
  if (statement === undefined || second !== undefined || statement.unknown.length > 0) return prepare(text);
  const end = Buffer.byteLength(text) - (Buffer.byteLength(few.text) - statement.end);
  const facts = { ...statement, end };
  const known: KnownText = {
    kind: "statements",
    statements: [facts],
    read: stand.read,
    names,
    slices: [sliceBytes(text, facts)],
    fingerprints: stand.fingerprints,
    rewrites: noRewrites(),
  };
  return prepareRead(world, known, { few, prepared: stand, prepare });
}

function prepareRead(world: World, known: KnownText, rows?: ManyRows): PreparedText {
  const { statements, read, names, slices, fingerprints, rewrites } = known;
  return {
    statements,
    read,
    names,
    slices,
    fingerprints,
    rows,
    prepared: statements.map((statement, index) => {
      const before = statements.slice(0, index);
      const { facts, called } = withCalled(world.catalog, statement, names.searchPath, before);
      const query = queryValue(world, facts, slices[index] ?? "", fingerprints[index] ?? "", undefined);
      return prepareStatement(world, facts, called, query, usedColumns(world, facts));
    }),
    rewrites,
  };
}

function readText(text: string, catalog: Catalog, names: NameContext): KnownText | RefusedText {
  const dialect = dialectOf(catalog);
  const read = dialect.read(text, catalog, names);
  if (read.kind !== "statements") return read;
  const { statements } = read;
  const slices = statements.map((facts) => sliceBytes(text, facts));
  return {
    kind: "statements",
    statements,
    read,
    names,
    slices,
    fingerprints: slices.map((slice) => dialect.fingerprint(slice, catalog, names)),
    rewrites: noRewrites(),
  };
}

function noRewrites(): KnownText["rewrites"] {
  return new BoundedCache(engineLimits.rewritesPerText, Number.POSITIVE_INFINITY);
}

/** Texts that several enforcers decide one after the other, read once. */
export class SharedTexts {
  readonly #catalogs = new WeakMap<Catalog, BoundedCache<KnownText | RefusedText>>();

  read(text: string, catalog: Catalog, names: NameContext): KnownText | RefusedText {
    let texts = this.#catalogs.get(catalog);
    if (texts === undefined) {
      texts = new BoundedCache(engineLimits.sharedTexts, engineLimits.textChars);
      this.#catalogs.set(catalog, texts);
    }
    const key = `${JSON.stringify(names)}${text}`;
    let read = texts.get(key);
    if (read === undefined) {
      read = readText(text, catalog, names);
      texts.set(key, read);
    }
    return read;
  }
}

/** The characters of a UTF-8 byte range of a text. */
function sliceBytes(text: string, range: { readonly start: number; readonly end: number }): string {
  const bytes = Buffer.from(text, "utf8");
  return bytes.length === text.length
    ? text.slice(range.start, range.end)
    : bytes.toString("utf8", range.start, range.end);
}
