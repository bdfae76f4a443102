import type { RawStmt } from "@pgsql/types";
import { adviceOn, type GrammarAdvice, sqlstateOf } from "./grammar-errors.ts";
import { createParserInstance, type ParserInstance } from "./instance.ts";
import { defaultParseLimits, parserMemoryBytesMax, type ParseLimits } from "./limits.ts";
import { type LimitName, prescan, refuse } from "./prescan.ts";

export type ParsedText =
  | { readonly kind: "statements"; readonly statements: readonly ParsedStatement[] }
  | SyntaxErrorResult
  | RefusedResult;

export interface ParsedStatement {
  readonly node: NonNullable<RawStmt["stmt"]>;
  /** UTF-8 byte range in the text, without the semicolon. */
  readonly start: number;
  readonly end: number;
}

export interface SyntaxErrorResult {
  readonly kind: "syntax_error";
  /** As PostgreSQL prints it. */
  readonly message: string;
  readonly sqlstate: string;
  /** In characters from 1; `undefined` where the server would give none. */
  readonly position: number | undefined;
  readonly advice: GrammarAdvice;
}

export interface RefusedResult {
  readonly kind: "refused";
  readonly limit: LimitName;
  readonly message: string;
}

let current: ParserInstance | undefined = await createParserInstance();
let spare: ParserInstance | undefined = await createParserInstance();

/** Puts the spare in the place of an instance that failed, and starts to make the next spare. */
function replaceInstance(): void {
  current = spare;
  spare = undefined;
  createParserInstance().then(
    (fresh) => {
      if (current === undefined) current = fresh;
      else spare = fresh;
    },
    () => {
      // Without memory for another instance `current` runs out: texts are refused, nothing is forwarded unread.
    },
  );
}

/** Parses a text with PostgreSQL's own grammar. Never throws; what cannot be read safely is refused with the limit's name. */
export function parsePostgres(text: string, limits: ParseLimits = defaultParseLimits): ParsedText {
  const refusal = prescan(text, limits);
  if (refusal !== undefined) return { kind: "refused", ...refusal };
  const instance = current;
  if (instance === undefined) {
    return { kind: "refused", ...refuse("parser_fault", "the SQL parser is restarting; send the statement again") };
  }
  try {
    const outcome = instance.parse(text);
    if (instance.memoryBytes > parserMemoryBytesMax) replaceInstance();
    if ("error" in outcome) {
      const { message, position, functionName } = outcome.error;
      return {
        kind: "syntax_error",
        message,
        sqlstate: sqlstateOf(message, functionName),
        position: position > 0 ? position : undefined,
        advice: adviceOn(message, functionName),
      };
    }
    const tree = JSON.parse(outcome.json) as { readonly stmts?: readonly RawStmt[] };
    return statementsOf(text, tree.stmts ?? [], limits);
  } catch {
    replaceInstance();
    return {
      kind: "refused",
      ...refuse("parser_fault", "the statement is too complex for the SQL parser; make it simpler or split it"),
    };
  }
}

function statementsOf(text: string, raw: readonly RawStmt[], limits: ParseLimits): ParsedText {
  if (raw.length > limits.statementsMax) {
    const message = `text of ${raw.length} statements is over the limit of ${limits.statementsMax}`;
    return { kind: "refused", ...refuse("statements", message) };
  }
  const statements: ParsedStatement[] = [];
  let bytes = -1;
  for (const { stmt, stmt_location: start = 0, stmt_len: length = 0 } of raw) {
    if (stmt === undefined) throw new Error("the parser gave a statement without a tree");
    if (length === 0 && bytes < 0) bytes = Buffer.byteLength(text, "utf8");
    statements.push({ node: stmt, start, end: length === 0 ? bytes : start + length });
  }
  return { kind: "statements", statements };
}

/**
 * Digest of a text without its literals, for the audit log only: texts with the same digest may mean different things
 * (`select a, b` and `select b, a` share one). A text that does not parse has the digest of nothing, the empty string.
 */
export function fingerprintPostgres(text: string, limits: ParseLimits = defaultParseLimits): string {
  if (current === undefined || prescan(text, limits) !== undefined) return "";
  try {
    return current.fingerprint(text) ?? "";
  } catch {
    replaceInstance();
    return "";
  }
}

/** The tree of a CREATE FUNCTION in PL/pgSQL as libpg_query prints it, which leaves out some fields. `undefined`: it cannot be read. */
export function parsePlpgsql(definition: string, limits: ParseLimits = defaultParseLimits): unknown {
  if (current === undefined || prescan(definition, limits) !== undefined) return undefined;
  try {
    const json = current.parsePlpgsql(definition);
    return json === undefined ? undefined : (JSON.parse(json) as unknown);
  } catch {
    replaceInstance();
    return undefined;
  }
}
