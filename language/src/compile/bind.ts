/** Generated text becomes functions, and the rule tree gets them at run time. */
import type { Value } from "../values.ts";
import * as effects from "./effects.ts";
import type { Emitter } from "./emit.ts";
import * as observing from "./observing.ts";
import type { Group, RuleNode, RuleTree } from "./rule-tree.ts";
import * as rowPredicates from "./row-predicates.ts";
import * as runtime from "./runtime.ts";
import * as trace from "./trace.ts";

export type GroupFunction = (environment: runtime.Environment, ...args: Value[]) => Value | undefined;

/** What generated code calls as `R`. */
const library = { ...runtime, ...effects, ...rowPredicates, ...observing, ...trace };

export type QueryFunction = (environment: runtime.Environment, out: (readonly Value[])[]) => void;

interface Compiled<Functions> {
  /** By the group's number. */
  readonly groups: readonly GroupFunction[];
  readonly decisions: readonly Functions[];
  readonly query: QueryFunction | undefined;
}

/** Gives the nodes of the rule tree their functions. */
export function connect(
  node: RuleNode,
  documents: ReadonlyMap<RuleNode, runtime.DocumentNode>,
  functions: readonly GroupFunction[],
): void {
  const document = documents.get(node);
  const evaluate = node.group === undefined || node.group.kind === "function" ? undefined : functions[node.group.id];
  if (document !== undefined) document.evaluate = evaluate;
  for (const child of node.children.values()) connect(child, documents, functions);
}

/**
 * The generated text becomes functions. It gets the runtime as `R` and its constants as `C`, and nothing else.
 * @param written the groups that have functions
 * @param decisions for each statement, the names of its functions
 */
export function bind<Functions>(
  emitter: Emitter,
  rules: RuleTree,
  written: ReadonlySet<Group>,
  decisions: readonly (readonly string[])[],
  query?: "q",
): Compiled<Functions> {
  const { writer } = emitter;
  const names = writer.constants.map((_, index) => `c${index} = C[${index}]`);
  const groups = rules.groups.map((group) => (written.has(group) ? `f${group.id}` : "undefined"));
  const text = [
    '"use strict";',
    ...(names.length === 0 ? [] : [`const ${names.join(", ")};`]),
    writer.text(),
    `return { groups: [${groups.join(", ")}], decisions: [${decisions.map((some) => `[${some.join(", ")}]`).join(", ")}], query: ${query ?? "undefined"} };`,
  ].join("\n");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/no-implied-eval -- a compiler: the text above is its output
  return new Function("R", "C", text)(library, writer.constants) as Compiled<Functions>;
}
