/** The compiled functions as a `Program`. */
import type { SourceFile } from "../diagnostics.ts";
import type { Coverage, Program } from "../program.ts";
import { makeTests } from "../tests.ts";
import { toJson, type Value } from "../values.ts";
import type { GroupFunction } from "./bind.ts";
import type { CompiledDecision } from "./candidates.ts";
import { Dispatcher } from "./dispatch.ts";
import type { Explain } from "./explain.ts";
import { namedIn } from "./named.ts";
import { allReads } from "./reads.ts";
import type { Group } from "./rule-tree.ts";

export interface ProgramParts {
  readonly revision: string;
  readonly data: Value;
  readonly decisions: readonly CompiledDecision[];
  readonly groups: readonly Group[];
  readonly functions: readonly GroupFunction[];
  readonly sources: readonly SourceFile[];
  readonly explain: Explain;
  readonly coverage: Coverage | undefined;
}

export function makeProgram(parts: ProgramParts): Program {
  const { decisions } = parts;
  const dispatcher = new Dispatcher(decisions, parts.data, parts.groups.length);
  let named: ReadonlySet<string> | undefined;
  return {
    revision: parts.revision,
    // Labels are computed with the catalog.
    reads: allReads(decisions.filter(({ statement }) => statement !== "label").map(({ reads }) => reads)),
    hasAllow: decisions.some(({ statement }) => statement === "allow"),
    hasMasks: decisions.some(({ statement }) => statement === "mask"),
    hasFilters: decisions.some(({ statement }) => statement === "filter"),
    evaluate: (input, maskCandidates, data) => dispatcher.evaluate(input, maskCandidates, data),
    evaluateStatement: (input, maskCandidates, data) => dispatcher.evaluateStatement(input, maskCandidates, data),
    fixedMasks: (subject, columns, data) => dispatcher.fixedMasks(subject, columns, data),
    filters: (input, relations, data) => dispatcher.filters(input, relations, data),
    fixedFilters: (subject, relations, data) => dispatcher.fixedFilters(subject, relations, data),
    explain: (question) => parts.explain(question, dispatcher.world),
    readsOf: (input, data) => dispatcher.readsOf(input, data),
    labels: (columns) => dispatcher.labels(columns),
    named: () => (named ??= namedIn(parts.sources, toJson(parts.data))),
    tests: makeTests(parts, dispatcher),
    ...(parts.coverage === undefined ? {} : { coverage: parts.coverage }),
  };
}
