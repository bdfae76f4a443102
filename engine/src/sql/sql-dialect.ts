/**
 * What decisions need of a dialect: everything about a text but whether it may run. `sql/dialects.ts` has one for each engine, and nothing in
 * `decide/` knows which.
 */
import type { Catalog, Column, Relation } from "../catalog/catalog.ts";
import type { NameContext } from "../enforcer.ts";
import type { StatementFacts, UnknownName } from "./facts.ts";
import type { RewriteResult, StatementPlan } from "./rewriting.ts";
import type { Splice, SplicedText } from "./splices.ts";

export interface SqlDialect {
  /**
   * Parses a text and resolves every statement of it against the catalog, in order: each under the names that those before it leave. Pure, and
   * never throws: what cannot be read safely is refused, what is not understood is opaque in the facts. An empty text has no statements.
   */
  readonly read: (text: string, catalog: Catalog, names: NameContext) => ReadText | RefusedText;
  /** A digest of a statement without its literals, for the audit log only: texts that mean different things may share one. */
  readonly fingerprint: (statement: string, catalog: Catalog, names: NameContext) => string;
  /** The text as it may be kept, with `'***'` in place of passwords that it gives to accounts and connections. */
  readonly withoutPasswords: (text: string) => string;
  /** A statement that was read, with `?` in place of each literal and without comments. May throw. */
  readonly withoutLiterals: (statement: string, catalog: Catalog, names: NameContext) => string;
  /** What the server says of a relation or schema that there is not. */
  readonly unknownName: (unknown: UnknownName, names: NameContext) => string;
  /** The search_path of a session that has chosen none. */
  readonly defaultPath: (catalog: Catalog) => readonly string[];
  /** Absent: every text is read whole. */
  readonly manyRows?: ManyRowsReader;
  /** Absent: texts that differ in their literals are decided one by one. */
  readonly literals?: LiteralReader;
  readonly system: SystemData;
}

/** A text that was understood. */
export interface ReadText {
  readonly kind: "statements";
  readonly statements: readonly StatementFacts[];
  /** Puts masks, filters and limits into the text, one plan a statement. */
  readonly rewrite: (plans: readonly StatementPlan[]) => RewriteResult;
  /**
   * Of a text of one statement, where its literals stand that nothing but the server's own computation depends on: by position, each with its
   * value as the parser read it.
   */
  readonly freeLiterals: () => ReadonlyMap<number, string>;
  /** Of a text of one statement, whether each of its parameters stands where such a literal could. */
  readonly bindsFreely: () => boolean;
}

export type RefusedText =
  | {
      readonly kind: "syntax_error";
      readonly message: string;
      readonly sqlstate: string;
      /** In characters from 1; `undefined` where the server would give none. */
      readonly position: number | undefined;
      readonly advice: { readonly detail?: string | undefined; readonly hint?: string | undefined };
    }
  | {
      readonly kind: "refused";
      /** Which limit or rule of reading the text is over. */
      readonly limit: string;
      readonly message: string;
    };

/** Reads a large INSERT of plain rows by few of them. */
interface ManyRowsReader {
  /** @returns `undefined` for any other text */
  readonly few: (text: string) => FewRows | undefined;
  /** The few with another literal in place of each, which nobody guesses. */
  readonly marked: (few: string) => string;
  /**
   * What was done to the few rows, done to all of them.
   * @param decisive indexes of the items of a row on which its check depends
   * @returns `undefined` where it is not certain that the rows may be treated alike
   */
  readonly edit: (
    text: string,
    few: FewRows,
    splices: readonly Splice[],
    marked: { readonly text: string; readonly splices: readonly Splice[] },
    decisive: readonly number[],
  ) => SplicedText | undefined;
}

/** A large INSERT read by few of its rows. */
export interface FewRows {
  readonly text: string;
  /** All rows of the large text for which these stand. */
  readonly standFor: readonly PlainRow[];
}

export interface PlainRow {
  /** The row with a fixed literal in place of each of its own. */
  readonly kinds: string;
  /** Where each of its items begins and ends, in turns. */
  readonly bounds: readonly number[];
  readonly end: number;
}

/** Finds the literals of a text without parsing it. */
export interface LiteralReader {
  /** `undefined` for a text that could be read in another way. */
  readonly shape: (text: string) => LiteralShape | undefined;
  /** The value of a literal, as `ReadText.freeLiterals` has it. */
  readonly value: (literal: string) => string;
}

export interface LiteralShape {
  /** The text with a mark in place of each literal; texts of one shape consist of the same tokens in the same order, literals apart. */
  readonly shape: string;
  /** Start and end of each literal in the text, in turns; strings with their quotes. */
  readonly bounds: readonly number[];
}

/** What the server's own relations and functions tell of data. */
export interface SystemData {
  /** What a column of a system relation tells of data that is hidden elsewhere: values and statements, or how many rows there are. */
  readonly tells: (relation: Relation, column: Column) => "values" | "counts" | undefined;
  /** Relations that hold samples of values: that there is a row at all tells that the table had rows. */
  readonly holdsStatistics: (relation: Relation) => boolean;
  /** Functions that tell how large a relation is, and that the rewriter makes tell nothing. */
  readonly tellsSize: (functionName: string) => boolean;
}
