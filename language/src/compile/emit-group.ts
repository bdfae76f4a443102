/** A group of rules as one function: memoised where it has no parameters, conflicts found while values come. */
import { equal, type Value } from "../values.ts";
import type { Context, Emitter } from "./emit.ts";
import type { CoverageMark } from "./coverage.ts";
import { emitMatch } from "./emit-patterns.ts";
import { isOfTests, type TraceContext } from "./emit-trace.ts";
import type { Branch, Definition } from "./plan.ts";
import type { Group } from "./rule-tree.ts";

export function emitGroup(emitter: Emitter, group: Group): void {
  const { writer } = emitter;
  for (const { rule } of group.rules.slice(0, 1)) writer.at(rule.span);
  const params = Array.from({ length: group.arity }, (_, index) => `a${index}`);
  emitter.options.coverage?.enter(!isOfTests(group));
  const trace = traceOf(emitter, group);
  const enter = (): void => {
    if (trace !== undefined) writer.line(`const frame = R.enter(E, ${writer.constant(group.path.at(-1))});`);
  };
  const leave = (): void => {
    if (trace !== undefined) writer.line("R.leave(E, frame, out);");
  };
  writer.block(`function f${group.id}(${["E", ...params].join(", ")})`, () => {
    if (group.kind === "function") {
      // Functions that call each other twice, sixty deep, do not loop and do not end either.
      const site = group.rules.slice(0, 1).map(({ rule }) => emitter.site(rule.span, group.path.at(-1) ?? ""));
      writer.line(`R.spend(E, 1, ${site.join("")});`);
      enter();
      emitDefinitions(emitter, group, params);
      leave();
      writer.line("return out;");
      return;
    }
    writer.line(`const memo = E.memo[${group.id}];`);
    writer.line("if (memo !== undefined) return memo === R.none ? undefined : memo;");
    if (emitter.isReplaceable(group)) {
      const path = writer.constant(group.path);
      writer.line(`if (E.shadow !== null && E.shadow.has(${group.id})) return R.lookupPath(E.data, ${path});`);
    }
    enter();
    if (group.kind === "complete") {
      emitDefinitions(emitter, group, []);
      leave();
      writer.line(`E.memo[${group.id}] = out === undefined ? R.none : out;`);
      writer.line("return out;");
      return;
    }
    emitPartial(emitter, group, leave);
  });
}

function traceOf({ options }: Emitter, group: Group): TraceContext | undefined {
  return options.traced === true && isOfTests(group) ? { point: undefined, isPart: false } : undefined;
}

function emitDefinitions(emitter: Emitter, group: Group, params: readonly string[]): void {
  const { writer } = emitter;
  writer.line("let out;");
  const trace = traceOf(emitter, group);
  const ordinary = group.definitions.filter((definition) => !definition.isDefault);
  const constant = commonConstant(ordinary);
  ordinary.forEach((definition, index) => {
    // One constant for all: the first that holds is enough.
    if (constant && index > 0)
      writer.block("if (out === undefined)", () => emitDefinition(emitter, group, definition, params, trace));
    else emitDefinition(emitter, group, definition, params, trace);
  });
  for (const definition of group.definitions) {
    if (definition.isDefault)
      writer.block("if (out === undefined)", () => emitDefinition(emitter, group, definition, params, trace));
  }
}

/** All branches of all definitions have the same constant value. */
function commonConstant(definitions: readonly Definition[]): boolean {
  let common: Value | undefined;
  for (const { value } of definitions.flatMap((definition) => definition.branches)) {
    if (value.kind !== "const") return false;
    if (common !== undefined && !equal(common, value.value)) return false;
    common = value.value;
  }
  return true;
}

function emitDefinition(
  emitter: Emitter,
  group: Group,
  definition: Definition,
  params: readonly string[],
  trace: TraceContext | undefined,
): void {
  const { writer } = emitter;
  const context: Context = { environment: "E", bound: new Set(), trace };
  const site = emitter.site(definition.span, group.path.at(-1) ?? "");
  const isFunction = group.kind === "function";
  const label = writer.name("L");
  const matchParams = (index: number, k: () => void): void => {
    const param = definition.params[index];
    if (param === undefined) return k();
    emitMatch(emitter, param, params[index] ?? "undefined", context, () => matchParams(index + 1, k));
  };
  const mark = emitter.ruleMark(group.path.at(-1) ?? "", definition.span);
  writer.at(definition.span);
  writer.line(mark.tried);
  writer.block(`${label}:`, () =>
    matchParams(0, () => {
      if (definition.branches.length === 1) {
        for (const branch of definition.branches) {
          emitBranch(emitter, group, definition, branch, context, "out", label, site, isFunction, mark);
        }
        return;
      }
      const result = writer.name("t");
      writer.line(`let ${result};`);
      definition.branches.forEach((branch, index) => {
        const branchLabel = writer.name("L");
        const emit = (): void =>
          emitBranch(
            emitter,
            group,
            definition,
            branch,
            { ...context, bound: new Set(context.bound) },
            result,
            branchLabel,
            site,
            isFunction,
            emitter.expressionMark(branch.value.span),
          );
        writer.block(index === 0 ? `${branchLabel}:` : `if (${result} === undefined) ${branchLabel}:`, emit);
      });
      writer.block(`if (${result} !== undefined)`, () => {
        writer.line(mark.held);
        writer.line(`out = R.once(E, out, ${result}, ${site}, ${isFunction});`);
      });
    }),
  );
}

function emitBranch(
  emitter: Emitter,
  group: Group,
  definition: Definition,
  branch: Branch,
  context: Context,
  result: string,
  label: string,
  site: string,
  isFunction: boolean,
  mark: CoverageMark,
): void {
  const { writer } = emitter;
  emitter.body(
    branch.body,
    context,
    () =>
      emitter.head(branch.value, { ...context, trace: undefined }, (value) => {
        writer.line(mark.held);
        writer.line(`${result} = R.once(E, ${result}, ${value}, ${site}, ${isFunction});`);
        if (branch.value.kind === "const") writer.line(`break ${label};`);
      }),
    emitter.options.watcher?.watch(emitter, { kind: "rule", group, definition }),
  );
}

/** @param leave writes what is to be done once `out` is complete */
function emitPartial(emitter: Emitter, group: Group, leave: () => void): void {
  const { writer } = emitter;
  const isSet = group.kind === "set";
  const isPlain = group.definitions.every(
    ({ path, isMember, isDefault }) => path.length === 1 && !isMember && !isDefault,
  );
  const start = isSet ? "R.RegoSet.from([])" : isPlain ? "new R.RegoObject()" : "new R.PartialObject()";
  writer.line(`const out = ${start};`);
  const trace = traceOf(emitter, group);
  for (const definition of group.definitions.toSorted((a, b) => Number(a.isDefault) - Number(b.isDefault))) {
    const site = emitter.site(definition.span, group.path.at(-1) ?? "");
    const mark = emitter.ruleMark(group.path.at(-1) ?? "", definition.span);
    writer.at(definition.span);
    writer.line(mark.tried);
    for (const branch of definition.branches) {
      const context: Context = { environment: "E", bound: new Set(), trace };
      const keys: string[] = [];
      const next = (index: number): void => {
        const step = definition.path[index];
        if (step !== undefined) {
          return emitter.head(step, context, (key) => {
            keys.push(key);
            next(index + 1);
          });
        }
        emitter.head(branch.value, context, (value) => {
          writer.line(mark.held);
          if (isSet) writer.line(`R.addTo(E, out, ${value}, ${site});`);
          else if (isPlain) writer.line(`R.putUnique(E, out, ${keys[0]}, ${value}, ${site});`);
          else if (definition.isDefault) writer.line(`out.putDefault(E, [${keys.join(", ")}], ${value}, ${site});`);
          else writer.line(`out.put(E, [${keys.join(", ")}], ${value}, ${definition.isMember}, ${site});`);
        });
      };
      const watch = emitter.options.watcher?.watch(emitter, { kind: "rule", group, definition });
      writer.block("", () => emitter.body(branch.body, context, () => next(0), watch));
    }
  }
  leave();
  writer.line(`return (E.memo[${group.id}] = ${isSet || isPlain ? "out" : "out.finish()"});`);
}
