/**
 * What all parts of the grammar stand on. Each part is a class over the one before it, so that one Chevrotain parser comes of them; a
 * rule that a later part defines is declared here or there as abstract. Rules act as they parse: they return nodes of `tree/`.
 */
import { EmbeddedActionsParser, type IToken, type ParserMethod, type TokenType } from "chevrotain";
import { defaultSqlMode, type Dialect } from "../dialect.ts";
import type { SqlToken } from "../lexer/tokens.ts";
import * as t from "../lexer/tokens.ts";
import type { Name, Node } from "../tree/node.ts";
import { expectations } from "./errors.ts";

/** A rule that returns a node: `Rule<Expression, [minimum?: number]>`. */
export type Rule<Result, Arguments extends unknown[] = []> = ParserMethod<Arguments, Result>;

/** A text that the rules of Chevrotain would take, but not we. */
export class Refused extends Error {
  readonly kind: "syntax_error" | "depth";
  /** UTF-16 offset. */
  readonly offset: number;

  constructor(kind: Refused["kind"], message: string, offset: number) {
    super(message);
    this.kind = kind;
    this.offset = offset;
  }
}

export abstract class BaseGrammar extends EmbeddedActionsParser {
  /** Set for each text: precedences and a few rules depend on it. */
  protected dialect: Dialect = { product: "mariadb", version: 0, mode: defaultSqlMode };
  private nestingMax = 0;
  private chainMax = 0;
  #nesting = 0;
  /** Queries in brackets around the next token. */
  #brackets = 0;

  constructor() {
    super(t.allTokens, { maxLookahead: 1, skipValidations: false, errorMessageProvider: expectations });
  }

  /** Takes the tokens of the next text. */
  protected begin(tokens: readonly SqlToken[], dialect: Dialect, nestingMax: number, chainMax: number): void {
    this.dialect = dialect;
    this.nestingMax = nestingMax;
    this.chainMax = chainMax;
    this.#nesting = 0;
    this.#brackets = 0;
    this.input = tokens as SqlToken[];
  }

  /** Runs what may contain itself, one level deeper. */
  protected nested<Result>(parse: () => Result): Result {
    if (++this.#nesting > this.nestingMax) this.tooDeep();
    const result = parse();
    this.#nesting--;
    return result;
  }

  /** Runs what reads a query in brackets, where only the rows of a query may be asked for. */
  protected bracketed<Result>(parse: () => Result): Result {
    this.#brackets++;
    const result = parse();
    this.#brackets--;
    return result;
  }

  /** INTO and PROCEDURE belong to a whole statement. */
  protected refuseInBrackets(clause: string): void {
    if (this.#brackets > 0) this.refuse(`${clause} may not stand in a subquery`, this.start());
  }

  /** Counts operators of one chain: `a + b + c` is a tree as deep as it has operators. */
  protected checkChain(operators: number): void {
    if (operators > this.chainMax) this.tooDeep();
  }

  private tooDeep(): void {
    if (!this.RECORDING_PHASE)
      throw new Refused("depth", "statement nests or chains too deeply", this.LA(1).startOffset);
  }

  protected refuse(message: string, offset: number): void {
    if (!this.RECORDING_PHASE) throw new Refused("syntax_error", message, offset);
  }

  /** Where the next token starts. */
  protected start(): number {
    return this.LA(1).startOffset;
  }

  /** The range from `start` to the end of the last token. */
  protected range(start: number): Node {
    return { start, end: (this.LA(0).endOffset ?? 0) + 1 };
  }

  /** The range from where a node starts to the end of the last token; there is no node while Chevrotain records the grammar. */
  protected rangeFrom(node: Node | undefined): Node {
    return this.range(node?.start ?? 0);
  }

  /** Adds what a rule returned to a list. */
  protected append<Item>(list: Item[], more: readonly Item[]): void {
    if (!this.RECORDING_PHASE) for (const item of more) list.push(item);
  }

  protected isNext(type: TokenType, ahead = 1): boolean {
    return this.LA(ahead).tokenTypeIdx === type.tokenTypeIdx;
  }

  /** Whether the token is of a category. */
  protected isAny(category: TokenType, ahead = 1): boolean {
    return category.categoryMatchesMap?.[this.LA(ahead).tokenTypeIdx] === true;
  }

  /** The next token is an identifier with that text: a word that is a keyword in one place only. */
  protected isWord(word: string, ahead = 1): boolean {
    const token = this.LA(ahead);
    return token.tokenTypeIdx === t.PlainIdentifier.tokenTypeIdx && token.image.toUpperCase() === word;
  }

  protected name(token: IToken): Name {
    return { text: textOf(token), start: token.startOffset, end: (token.endOffset ?? 0) + 1 };
  }
}

/**
 * What the token says: a keyword that serves as a name has its image only. While Chevrotain records the grammar, choices and rules return
 * a placeholder instead of a token, with neither.
 */
export function textOf(token: IToken | Name): string {
  const { text, image } = token as Partial<SqlToken>;
  return text ?? image ?? "";
}

/** A keyword as the tree names it. */
export function wordOf(token: IToken): string {
  return ((token as Partial<IToken>).image ?? "").toLowerCase();
}
