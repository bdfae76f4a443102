/** Sources to the parts of a standalone module: the same text and constants that `compile` makes functions of, as data. */
import { headLines, programText } from "../compile/bind.ts";
import { analyseSources, revisionOf, traitsOf } from "../compile/compile.ts";
import type { FactFinder } from "../compile/facts.ts";
import { attributesOf } from "../compile/reads.ts";
import type { RuleNode } from "../compile/rule-tree.ts";
import type { Diagnostic } from "../diagnostics.ts";
import type { CompileOptions } from "../program.ts";
import { unlessTooLarge } from "../too-large.ts";
import { toJson } from "../values.ts";
import { writeConstant } from "./constants.ts";
import type { OutlineNode, StandaloneParts } from "./parts.ts";

type StandaloneResult =
  | { readonly parts: StandaloneParts; readonly diagnostics: readonly Diagnostic[] }
  | { readonly parts?: undefined; readonly diagnostics: readonly Diagnostic[] };

/** Never throws for what sources say, as `compile`. */
export function compileStandalone(options: Pick<CompileOptions, "sources" | "data">): StandaloneResult {
  return unlessTooLarge(
    options.sources,
    () => compileChecked(options),
    (diagnostic) => ({ diagnostics: [diagnostic] }),
  );
}

function compileChecked(options: Pick<CompileOptions, "sources" | "data">): StandaloneResult {
  const { analysis, data, diagnostics } = analyseSources(options, { traced: false });
  if (analysis === undefined) return { diagnostics };
  const { rules, emitter, finder, documents, decisions } = analysis;
  const { writer } = emitter;
  const text = programText(
    emitter,
    rules,
    new Set(rules.groups),
    decisions.map(({ functions }) => functions),
  );
  const nodes = new Set<unknown>(documents.values());
  // Labels are asked for by themselves.
  const plans = decisions.map(({ plan }) => plan).filter(({ kind }) => kind !== "label");
  const outline = {
    decisions: traitsOf(analysis),
    root: outlineOf("", rules.root, finder),
    attributes: [...attributesOf(plans, finder)].sort(),
  };
  const parts: StandaloneParts = {
    revision: revisionOf(options.sources, data),
    text,
    places: [...Array.from({ length: headLines }, () => undefined), ...writer.places],
    constants: writer.constants.map((constant) => writeConstant(constant, nodes)),
    outline: writeConstant(outline, nodes),
    data: toJson(data),
  };
  return { parts, diagnostics };
}

function outlineOf(name: string, { group, children }: RuleNode, finder: FactFinder): OutlineNode {
  return {
    name,
    children: [...children].map(([step, child]) => outlineOf(step, child, finder)),
    group: group && {
      id: group.id,
      isFunction: group.kind === "function",
      attributes: [...finder.ofGroup(group).attributes].sort(),
    },
  };
}
