import { BoundedCache } from "../bounded-cache.ts";
import { engineLimits } from "../limits.ts";
import type { NameContext } from "../enforcer.ts";
import { type AnalyzedText, analyzePostgres } from "../sql/postgres/analyze.ts";
import { fingerprintPostgres } from "../sql/postgres/parse.ts";
import type { ResolvedStatement } from "../sql/postgres/resolution.ts";
import type { RewriteResult } from "../sql/postgres/rewrite/rewrite.ts";
import { type PreparedStatement, prepareStatement } from "./decide-statement.ts";
import { queryValue, usedColumns } from "./query-value.ts";
import type { World } from "./world.ts";

/** A text with everything that does not depend on who asks. */
export interface PreparedText {
  readonly statements: readonly ResolvedStatement[];
  readonly slices: readonly string[];
  readonly prepared: readonly PreparedStatement[];
  readonly fingerprints: readonly string[];
  /** By masks and limits, printed. */
  readonly rewrites: BoundedCache<RewriteResult>;
}

export type Preparation = PreparedText | Exclude<AnalyzedText, { kind: "statements" }>;

export function prepareText(world: World, text: string, names: NameContext): Preparation {
  const analyzed = analyzePostgres(text, world.catalog, names);
  if (analyzed.kind !== "statements") return analyzed;
  const slices = analyzed.statements.map((statement) => sliceBytes(text, statement.facts));
  const fingerprints = slices.map((slice) => fingerprintPostgres(slice));
  return {
    statements: analyzed.statements,
    slices,
    fingerprints,
    prepared: analyzed.statements.map(({ facts }, index) =>
      prepareStatement(
        world,
        facts,
        queryValue(world, facts, slices[index] ?? "", fingerprints[index] ?? "", undefined),
        usedColumns(world, facts),
      ),
    ),
    rewrites: new BoundedCache(engineLimits.rewritesPerText, Number.POSITIVE_INFINITY),
  };
}

/** The characters of a UTF-8 byte range of a text. */
function sliceBytes(text: string, range: { readonly start: number; readonly end: number }): string {
  const bytes = Buffer.from(text, "utf8");
  return bytes.length === text.length
    ? text.slice(range.start, range.end)
    : bytes.toString("utf8", range.start, range.end);
}
