/** `with`: the literal runs in an environment of its own, in which something is replaced. */
import type { Context, Emitter } from "./emit.ts";
import type { Site } from "./evaluation-error.ts";
import type { Callee, Literal, Override } from "./plan.ts";
import { groupsBelow } from "./rule-tree.ts";

export function emitWith(
  emitter: Emitter,
  { overrides, literal, span }: Extract<Literal, { kind: "with" }>,
  context: Context,
  k: () => void,
): void {
  const { writer } = emitter;
  const environment = writer.name("E");
  writer.line(`const ${environment} = R.fork(${context.environment}, ${emitter.site(span, "with")});`);
  emitOverrides(emitter, overrides, 0, context, environment, () => {
    // What follows runs in the outer environment again: only `literal` itself sees the other.
    emitter.literal(literal, { ...context, environment }, k);
  });
}

function emitOverrides(
  emitter: Emitter,
  overrides: readonly Override[],
  index: number,
  context: Context,
  environment: string,
  k: () => void,
): void {
  const { writer } = emitter;
  const override = overrides[index];
  if (override === undefined) return k();
  const next = (): void => emitOverrides(emitter, overrides, index + 1, context, environment, k);
  switch (override.kind) {
    case "input":
      return emitter.term(override.value, context, (value) => {
        const set = emitter.options.vocabulary ? "setVocabularyInput" : "setInput";
        writer.line(`R.${set}(${environment}, ${writer.constant(override.path)}, ${value});`);
        next();
      });
    case "root":
      return emitter.term(override.value, context, (value) => {
        writer.line(
          `R.setRoot(${environment}, ${writer.constant(override.root)}, ${writer.constant(override.path)}, ${value});`,
        );
        next();
      });
    case "data":
      return emitter.term(override.value, context, (value) => {
        const groups = writer.constant(groupsAt(emitter, override.path));
        writer.line(`R.setData(${environment}, ${writer.constant(override.path)}, ${value}, ${groups});`);
        next();
      });
    case "function": {
      const name = writer.constant(override.name);
      const { replacement } = override;
      if (replacement !== undefined) {
        const inner = writer.name("E");
        const args = writer.name("a");
        writer.line(
          `R.setMock(${environment}, ${name}, { call: (${inner}, ${args}) => ${directCall(emitter, replacement, inner, args)} });`,
        );
        return next();
      }
      if (override.value === undefined) return next();
      return emitter.term(override.value, context, (value) => {
        writer.line(`R.setMock(${environment}, ${name}, { value: ${value} });`);
        next();
      });
    }
  }
}

function directCall(emitter: Emitter, callee: Callee, environment: string, args: string): string {
  switch (callee.kind) {
    case "function":
      return `f${callee.group.id}(${environment}, ...${args})`;
    case "builtin": {
      const site = emitter.writer.constant({ file: "", line: 0, column: 0, name: callee.builtin.name } satisfies Site);
      return `R.call(${environment}, ${emitter.writer.constant(callee.builtin)}, ${args}, ${site})`;
    }
    case "host":
      return "undefined";
  }
}

/** Groups that a replacement of a path hides. */
function groupsAt(emitter: Emitter, path: readonly string[]): number[] {
  const { node, depth } = emitter.options.rules.find(path);
  return depth < path.length ? [] : groupsBelow(node).map((group) => group.id);
}
