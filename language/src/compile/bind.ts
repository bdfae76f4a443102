/** Generated text becomes functions, and the rule tree gets them at run time. */
import type { Value } from "../values.ts";
import type { Emitter } from "./emit.ts";
import { library } from "./library.ts";
import type { Group, RuleNode, RuleTree } from "./rule-tree.ts";
import type { DocumentNode, Environment } from "./runtime.ts";

export type GroupFunction = (environment: Environment, ...args: Value[]) => Value | undefined;

export type QueryFunction = (environment: Environment, out: (readonly Value[])[]) => void;

/** What `programText` returns when it runs. */
export interface Compiled<Functions> {
  /** By the group's number. */
  readonly groups: readonly GroupFunction[];
  readonly decisions: readonly Functions[];
  readonly query: QueryFunction | undefined;
}

/** Gives the nodes of the rule tree their functions. */
export function connect(
  node: RuleNode,
  documents: ReadonlyMap<RuleNode, DocumentNode>,
  functions: readonly GroupFunction[],
): void {
  const document = documents.get(node);
  const evaluate = node.group === undefined || node.group.kind === "function" ? undefined : functions[node.group.id];
  if (document !== undefined) document.evaluate = evaluate;
  for (const child of node.children.values()) connect(child, documents, functions);
}

/** Lines of `programText` before those of the writer. */
export const headLines = 2;

/**
 * The body of a function of `R`, the library, and `C`, the constants, that returns what `Compiled` says. It sees nothing else.
 * @param written the groups that have functions
 * @param decisions for each statement, the names of its functions
 */
export function programText(
  { writer }: Emitter,
  { groups }: RuleTree,
  written: ReadonlySet<Group>,
  decisions: readonly (readonly string[])[],
  query: "q" | "undefined" = "undefined",
): string {
  const names = writer.constants.map((_, index) => `c${index} = C[${index}]`);
  const functions = groups.map((group) => (written.has(group) ? `f${group.id}` : "undefined"));
  return [
    '"use strict";',
    names.length === 0 ? "" : `const ${names.join(", ")};`,
    writer.text(),
    `return { groups: [${functions.join(", ")}], decisions: [${decisions.map((some) => `[${some.join(", ")}]`).join(", ")}], query: ${query} };`,
  ].join("\n");
}

/** The generated text becomes functions. */
export function bind<Functions>(...parts: Parameters<typeof programText>): Compiled<Functions> {
  const [{ writer }] = parts;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/no-implied-eval -- a compiler: the text above is its output
  return new Function("R", "C", programText(...parts))(library, writer.constants) as Compiled<Functions>;
}
