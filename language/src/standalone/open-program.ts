/** The parts of a standalone module as functions again, without a compiler: what the module itself runs. */
import type { Compiled } from "../compile/bind.ts";
import { type DecisionFunctions, type DecisionTraits, withFunctions } from "../compile/candidates.ts";
import { Dispatcher } from "../compile/dispatch.ts";
import { EvaluationContext, stepsFor } from "../compile/evaluation-context.ts";
import { decisionLibrary } from "../compile/library.ts";
import {
  blankMemo,
  cursor,
  type DocumentNode,
  Environment,
  field,
  force,
  lookupPath,
  step,
  valuesOf,
} from "../compile/runtime.ts";
import type { Effect } from "../program.ts";
import { parseJson, type Value } from "../values.ts";
import { readConstant } from "./constants.ts";
import type { GivenInput } from "./input.ts";
import type { OutlineNode, StandaloneOutline } from "./parts.ts";

/** A module's parts, its text as the function that it is the body of. */
export interface OpenedParts {
  readonly revision: string;
  readonly rules: (R: typeof decisionLibrary, C: readonly unknown[]) => Compiled<DecisionFunctions>;
  readonly constants: readonly string[];
  readonly outline: string;
  readonly data: string;
}

/** Of rules that are asked by their path. */
export interface FoundRule {
  /** Attributes that it may read. */
  readonly attributes: ReadonlySet<string>;
  /** @returns undefined where it has no value @throws {EvaluationError} */
  evaluate(input: GivenInput): Value | undefined;
}

export class StandaloneProgram {
  readonly revision: string;
  readonly hasAllow: boolean;
  /** Attributes that decisions read. */
  readonly attributes: ReadonlySet<string>;
  private readonly data: Value;
  private readonly dispatcher: Dispatcher;
  private readonly groups: number;
  private readonly root: OutlineNode;
  private readonly documents: DocumentNode;
  constructor({ revision, rules, constants, outline, data }: OpenedParts) {
    const { decisions, root, attributes } = readConstant(outline, noDocument) as StandaloneOutline<DecisionTraits>;
    this.revision = revision;
    this.data = parseJson(data);
    this.root = root;
    this.documents = documentOf(root, []);
    this.attributes = new Set(attributes);
    const read = constants.map((json) => readConstant(json, (path) => nodeAt(this.documents, path)));
    const compiled = rules(decisionLibrary, read);
    this.groups = compiled.groups.length;
    connect(root, this.documents, compiled.groups);
    const complete = decisions.map((traits, index) => {
      const functions = compiled.decisions[index];
      if (functions === undefined) throw new Error("the module lacks a decision");
      return withFunctions(traits, functions);
    });
    this.hasAllow = decisions.some(({ statement }) => statement === "allow");
    this.dispatcher = new Dispatcher(complete, this.data, this.groups);
  }

  /** @param nowNs the time of all that `ask` asks; the machine's where it is undefined */
  at<Answer>(nowNs: bigint | undefined, ask: () => Answer): Answer {
    this.dispatcher.nowNs = nowNs;
    try {
      return ask();
    } finally {
      this.dispatcher.nowNs = undefined;
    }
  }

  /** All that decision statements but `label` add to the decision on one statement. */
  effects({ input, columns }: GivenInput): Effect[] {
    const relations = new Set<string>();
    for (const table of valuesOf(field(input.query, "tables"))) {
      const path = field(table, "path");
      if (typeof path === "string") relations.add(path);
    }
    const paths = [...relations];
    return [
      ...this.dispatcher.evaluate(input, columns, undefined),
      ...this.dispatcher.filters(input, paths, undefined),
      ...this.dispatcher.fixedFilters(input, paths, undefined),
    ];
  }

  labels(columns: readonly Value[]): ReturnType<Dispatcher["labels"]> {
    return this.dispatcher.labels(columns);
  }

  /** What stands at a path below `data`: a rule, a part of its value, a package, or data; `undefined` where the path names nothing. */
  find(path: readonly string[]): FoundRule | undefined {
    let node = this.root;
    let depth = 0;
    for (const name of path) {
      const next = node.group === undefined ? node.children.find((child) => child.name === name) : undefined;
      if (next === undefined) break;
      node = next;
      depth += 1;
    }
    const isRule = depth === path.length || node.group !== undefined;
    if (node.group?.isFunction === true || (!isRule && lookupPath(this.data, path) === undefined)) return undefined;
    return {
      attributes: new Set(isRule ? attributesBelow(node) : []),
      evaluate: (given) => this.evaluate(path, given),
    };
  }

  private evaluate(path: readonly string[], { input, rest }: GivenInput): Value | undefined {
    const context = new EvaluationContext(stepsFor([])).at(this.dispatcher.nowNs);
    const environment = new Environment(this.data, blankMemo(this.groups), context);
    environment.principal = input.principal;
    environment.session = input.session;
    environment.target = input.target;
    environment.query = input.query;
    environment.input = rest;
    let at: ReturnType<typeof step> = cursor(environment, this.documents);
    for (const name of path) at = step(environment, at, name);
    return force(environment, at);
  }
}

function noDocument(): never {
  throw new Error("an outline refers to no document");
}

function documentOf(node: OutlineNode, path: readonly string[]): DocumentNode {
  const children = node.children.map((child) => [child.name, documentOf(child, [...path, child.name])] as const);
  return { path, children: new Map(children), evaluate: undefined, isFunction: node.group?.isFunction === true };
}

function nodeAt(root: DocumentNode, path: readonly string[]): DocumentNode {
  let node = root;
  for (const name of path) {
    const next = node.children.get(name);
    if (next === undefined) throw new Error("the module lacks a part of the rule tree");
    node = next;
  }
  return node;
}

function connect(
  { group, children }: OutlineNode,
  document: DocumentNode,
  functions: Compiled<unknown>["groups"],
): void {
  if (group !== undefined && !group.isFunction) document.evaluate = functions[group.id];
  for (const child of children) {
    const below = document.children.get(child.name);
    if (below !== undefined) connect(child, below, functions);
  }
}

function attributesBelow({ group, children }: OutlineNode): readonly string[] {
  return [...(group?.attributes ?? []), ...children.flatMap(attributesBelow)];
}
