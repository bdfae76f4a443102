import { BoundedCache } from "../bounded-cache.ts";
import type { ForwardVerdict, StatementVerdict, Verdict } from "../enforcer.ts";
import { engineLimits } from "../limits.ts";
import type { StatementFacts } from "../sql/facts.ts";
import type { LiteralReader, LiteralShape } from "../sql/sql-dialect.ts";
import { redactedField } from "./redaction.ts";
import type { PreparedText } from "./prepared-text.ts";

/** A verdict that holds for every text of the same shape and the same literals in the places that are not free. */
interface Template {
  readonly verdict: ForwardVerdict;
  readonly statement: StatementVerdict;
  /** `auditFields` after the text; `undefined` where they hold nothing of its literals. */
  readonly auditRest: string | undefined;
  /** Characters before and after the statement. */
  readonly before: number;
  readonly after: number;
}

interface ShapeEntry {
  /** For each literal, whether it is free. */
  readonly isFree: readonly boolean[];
  /** By the literals that are not. */
  readonly templates: BoundedCache<Template>;
}

/**
 * Verdicts of one session and search_path for texts that differ in their literals only, as a client sends them that does not prepare:
 * parsing and deciding again costs hundreds of microseconds, reading the characters one or two.
 *
 * Serves single statements that are forwarded as they are, from policies that do not read `query.text`. That it answers as a fresh
 * decision would is a property in `verdict-templates.test.ts`.
 */
export class VerdictTemplates {
  readonly #shapes = new BoundedCache<ShapeEntry>(
    engineLimits.verdictsPerSession,
    engineLimits.verdictTextChars,
    engineLimits.verdictOneTextChars,
  );
  readonly #literals: LiteralReader | undefined;
  #asked: { readonly text: string; readonly shape: LiteralShape } | undefined;

  /** @param literals of the dialect; without them no text is like another */
  constructor(literals: LiteralReader | undefined) {
    this.#literals = literals;
  }

  /** @param stand a text of which the same is known, up to what stands between its beginning and its end: see `withFewRows` */
  find(text: string, stand = text): Verdict | undefined {
    const shape = this.#literals?.shape(stand);
    this.#asked = undefined;
    if (shape === undefined) return undefined;
    const entry = this.#shapes.get(shape.shape);
    const template = entry?.templates.get(fixedLiterals(stand, shape.bounds, entry.isFree));
    if (template !== undefined) return instantiate(template, text);
    this.#asked = { text: stand, shape };
    return undefined;
  }

  /** Keeps what was decided for the text that `find` was asked for last. */
  learn(stand: string, text: string, verdict: Verdict, prepared: PreparedText): void {
    if (this.#asked?.text !== stand || this.#literals === undefined) return;
    const { shape, bounds } = this.#asked.shape;
    this.#asked = undefined;
    const template = templateOf(text, verdict, stand === text);
    if (template === undefined) return;
    let entry = this.#shapes.get(shape);
    if (entry === undefined) {
      const isFree = freeLiteralsOf(stand, bounds, prepared.read.freeLiterals(), this.#literals.value);
      // A free literal that the scanner did not take out (1.5, a string of two parts) is a part of the shape, and so no harm.
      if (isFree === undefined || !isFree.includes(true)) return;
      entry = { isFree, templates: new BoundedCache(engineLimits.templatesPerShape, engineLimits.verdictTextChars) };
      this.#shapes.set(shape, entry);
    }
    entry.templates.set(fixedLiterals(stand, bounds, entry.isFree), template);
  }
}

/** Which of the literals the parser found free. `undefined` where it read the text in another way than the scanner. */
export function freeLiteralsOf(
  text: string,
  bounds: readonly number[],
  free: ReadonlyMap<number, string>,
  valueOf: LiteralReader["value"],
): boolean[] | undefined {
  const isFree: boolean[] = [];
  for (let index = 0; index < bounds.length; index += 2) {
    const start = bounds[index] ?? 0;
    const value = free.get(start);
    if (value !== undefined && value !== valueOf(text.slice(start, bounds[index + 1]))) return undefined;
    isFree.push(value !== undefined);
  }
  return isFree;
}

function fixedLiterals(text: string, bounds: readonly number[], isFree: readonly boolean[]): string {
  let key = "";
  for (let index = 0; index < isFree.length; index++) {
    if (isFree[index] !== true) key += `${text.slice(bounds[2 * index], bounds[2 * index + 1])}\u0001`;
  }
  return key;
}

/** @param isWhole whether it is known by its own text, and not by few of its rows */
function templateOf(text: string, verdict: Verdict, isWhole: boolean): Template | undefined {
  if (verdict.action !== "forward" || verdict.rewritten || verdict.statements.length !== 1) return undefined;
  const [statement] = verdict.statements;
  if (statement === undefined) return undefined;
  const { facts, auditFields } = statement;
  // What is before and behind is ASCII, or it would have no shape; rows that another text stands for may be anything.
  const after = Buffer.byteLength(text) - facts.end;
  const ofText = `"text":${JSON.stringify(text.slice(facts.start, text.length - after))}`;
  if (!isPlain(facts)) return undefined;
  const isShown = auditFields.startsWith(ofText);
  // Texts of one shape are the same without their literals, but not those with more rows.
  if (!isShown && !(isWhole && auditFields.includes(redactedField))) return undefined;
  return {
    verdict,
    statement,
    auditRest: isShown ? auditFields.slice(ofText.length) : undefined,
    before: facts.start,
    after,
  };
}

/** Reads or changes rows, and is understood. */
export function isPlain({ category, session, inner, opaque, unknown }: StatementFacts): boolean {
  return (
    (category === "read" || category === "write") &&
    session === undefined &&
    inner === undefined &&
    opaque.length === 0 &&
    unknown.length === 0
  );
}

function instantiate({ verdict, statement, auditRest, before, after }: Template, text: string): ForwardVerdict {
  const end = text.length - after;
  const endByte = Buffer.byteLength(text) - after;
  return {
    ...verdict,
    text,
    template: verdict,
    statements: [
      {
        ...statement,
        facts: { ...statement.facts, end: endByte },
        auditFields:
          auditRest === undefined
            ? statement.auditFields
            : `"text":${JSON.stringify(text.slice(before, end))}${auditRest}`,
      },
    ],
  };
}
