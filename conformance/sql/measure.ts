import type { CorpusLine } from "./corpus.ts";
import type { MeasuredDialect } from "./dialects.ts";

interface SourceCounts {
  lines: number;
  /** The owner of the grammar accepts it. */
  valid: number;
  parsed: number;
  opaque: number;
}

export interface Measured extends Readonly<SourceCounts> {
  readonly sources: ReadonlyMap<string, Readonly<SourceCounts>>;
  readonly constructs: ReadonlyMap<string, number>;
  /** What they do is not in their text. */
  readonly byNature: ReadonlyMap<string, number>;
  /** Valid statements that did not parse, by message. */
  readonly failures: ReadonlyMap<string, number>;
  readonly disagreements: ReadonlyMap<string, number>;
  readonly examples: readonly { readonly construct: string; readonly sql: string }[];
  readonly parseMicros: readonly number[];
  readonly factsMicros: readonly number[];
}

export function measureCorpus(lines: readonly CorpusLine[], dialect: MeasuredDialect): Measured {
  const { opaqueByNature, owner } = dialect;
  const total = emptyCounts();
  const sources = new Map<string, SourceCounts>();
  const constructs = new Map<string, number>();
  const byNature = new Map<string, number>();
  const failures = new Map<string, number>();
  const disagreements = new Map<string, number>();
  const examples: { construct: string; sql: string }[] = [];
  const parseMicros: number[] = [];
  const factsMicros: number[] = [];
  for (const { sql, source, accepted } of lines) {
    const counts = sources.get(source) ?? emptyCounts();
    sources.set(source, counts);
    add(counts, total, "lines");
    const start = performance.now();
    const parsed = dialect.parse(sql);
    const afterParse = performance.now();
    if (accepted === false) {
      if ("opaque" in parsed) increment(disagreements, `accepted here, not by ${owner}`);
      continue;
    }
    add(counts, total, "valid");
    if ("failure" in parsed) {
      increment(failures, parsed.failure);
      continue;
    }
    add(counts, total, "parsed");
    parseMicros.push((afterParse - start) * 1000);
    const opaque = new Set(parsed.opaque());
    factsMicros.push((performance.now() - afterParse) * 1000);
    const unknown = [...opaque].filter((construct) => !opaqueByNature.has(construct));
    for (const construct of opaque) increment(opaqueByNature.has(construct) ? byNature : constructs, construct);
    if (unknown.length === 0) continue;
    add(counts, total, "opaque");
    examples.push({ construct: unknown.join(", "), sql });
  }
  return { ...total, sources, constructs, byNature, failures, disagreements, examples, parseMicros, factsMicros };
}

function emptyCounts(): SourceCounts {
  return { lines: 0, valid: 0, parsed: 0, opaque: 0 };
}

function add(counts: SourceCounts, total: SourceCounts, field: keyof SourceCounts): void {
  counts[field]++;
  total[field]++;
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
