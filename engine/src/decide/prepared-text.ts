import { BoundedCache } from "../bounded-cache.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { engineLimits } from "../limits.ts";
import type { NameContext } from "../enforcer.ts";
import { type AnalyzedText, analyzePostgres } from "../sql/postgres/analyze.ts";
import { fingerprintPostgres } from "../sql/postgres/parse.ts";
import type { FewRows } from "../sql/postgres/few-rows.ts";
import type { ResolvedStatement } from "../sql/postgres/resolution.ts";
import type { RewriteResult } from "../sql/postgres/rewrite/rewrite.ts";
import { withCalled } from "./called-functions.ts";
import { type PreparedStatement, prepareStatement } from "./decide-statement.ts";
import { queryValue, usedColumns } from "./query-value.ts";
import type { World } from "./world.ts";

/** A text with what the schema says of it, whatever the policies are. */
interface ReadText {
  readonly kind: "statements";
  readonly statements: readonly ResolvedStatement[];
  /** By which they were resolved. */
  readonly names: NameContext;
  readonly slices: readonly string[];
  readonly fingerprints: readonly string[];
  /** By masks and limits, printed. */
  readonly rewrites: BoundedCache<RewriteResult>;
}

type RefusedText = Exclude<AnalyzedText, { kind: "statements" }>;

/** A text with everything that does not depend on who asks. */
export interface PreparedText extends Omit<ReadText, "kind"> {
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
  if (statement === undefined || second !== undefined || statement.facts.unknown.length > 0) return prepare(text);
  const end = Buffer.byteLength(text) - (Buffer.byteLength(few.text) - statement.facts.end);
  const facts = { ...statement.facts, end };
  const read: ReadText = {
    kind: "statements",
    statements: [{ ...statement, facts }],
    names,
    slices: [sliceBytes(text, facts)],
    fingerprints: stand.fingerprints,
    rewrites: noRewrites(),
  };
  return prepareRead(world, read, { few, prepared: stand, prepare });
}

function prepareRead(world: World, read: ReadText, rows?: ManyRows): PreparedText {
  const { statements, names, slices, fingerprints, rewrites } = read;
  return {
    statements,
    names,
    slices,
    fingerprints,
    rows,
    prepared: statements.map((statement, index) => {
      const before = statements.slice(0, index).map((each) => each.facts);
      const { facts, called } = withCalled(world.catalog, statement.facts, names.searchPath, before);
      const query = queryValue(world, facts, slices[index] ?? "", fingerprints[index] ?? "", undefined);
      return prepareStatement(world, facts, called, query, usedColumns(world, facts));
    }),
    rewrites,
  };
}

function readText(text: string, catalog: Catalog, names: NameContext): ReadText | RefusedText {
  const analyzed = analyzePostgres(text, catalog, names);
  if (analyzed.kind !== "statements") return analyzed;
  const slices = analyzed.statements.map((statement) => sliceBytes(text, statement.facts));
  return {
    kind: "statements",
    statements: analyzed.statements,
    names,
    slices,
    fingerprints: slices.map((slice) => fingerprintPostgres(slice)),
    rewrites: noRewrites(),
  };
}

function noRewrites(): ReadText["rewrites"] {
  return new BoundedCache(engineLimits.rewritesPerText, Number.POSITIVE_INFINITY);
}

/** Texts that several enforcers decide one after the other, read once. */
export class SharedTexts {
  readonly #catalogs = new WeakMap<Catalog, BoundedCache<ReadText | RefusedText>>();

  read(text: string, catalog: Catalog, names: NameContext): ReadText | RefusedText {
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
