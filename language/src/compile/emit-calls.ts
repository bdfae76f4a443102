/** Calls of functions of the language, of policies and of the test host. */
import type { Span } from "../diagnostics.ts";
import type { Context, Continue, Emitter } from "./emit.ts";
import type { Callee } from "./plan.ts";

export function emitCall(
  emitter: Emitter,
  callee: Callee,
  args: readonly string[],
  span: Span,
  context: Context,
  k: Continue,
): void {
  const { environment } = context;
  const { writer } = emitter;
  switch (callee.kind) {
    case "host":
      return emitter.writer.hold(
        `R.${callee.name}(${environment}, ${args[0]}, ${args[1] ?? "undefined"}, ${emitter.site(span, callee.name)})`,
        k,
      );
    case "function": {
      const name = ["data", ...callee.group.path].join(".");
      return emitter.writer.maybe(
        mockable(emitter, name, args, `f${callee.group.id}(${[environment, ...args].join(", ")})`, environment),
        k,
      );
    }
    case "builtin": {
      const { builtin } = callee;
      const parts = `${environment}, ${writer.constant(builtin)}, [${args.join(", ")}], ${emitter.site(span, builtin.name)}`;
      if (builtin.relation === true) {
        const result = writer.name("t");
        return writer.block(`for (const ${result} of R.callRelation(${parts}))`, () => k(result));
      }
      return emitter.writer.maybe(mockable(emitter, builtin.name, args, `R.call(${parts})`, environment), k);
    }
  }
}

function mockable(
  emitter: Emitter,
  name: string,
  args: readonly string[],
  direct: string,
  environment: string,
): string {
  if (!emitter.options.usage.functionTargets.has(name)) return direct;
  const key = emitter.writer.constant(name);
  return `${environment}.mocks !== null && ${environment}.mocks.has(${key}) ? R.mock(${environment}, ${key}, [${args.join(", ")}]) : ${direct}`;
}
