/** Terms as JavaScript expressions, each under a name of its own. */
import type { Context, Continue, Emitter } from "./emit.ts";
import { emitCall } from "./emit-calls.ts";
import { emitCondition } from "./emit-conditions.ts";
import { emitReference } from "./emit-references.ts";
import type { Term } from "./plan.ts";
import { nameOf } from "./writer.ts";

const arithmetic = {
  "+": "plus",
  "-": "minus",
  "*": "times",
  "/": "over",
  "%": "modulo",
  "&": "and",
  "|": "or",
} as const;

/** Evaluates a term: `k` is written once, and runs once for each value. */
export function emitTerm(emitter: Emitter, term: Term, context: Context, k: Continue): void {
  const { writer } = emitter;
  const { environment } = context;
  switch (term.kind) {
    case "const":
      return k(writer.constant(term.value));
    case "local":
      return k(nameOf(term.local));
    case "ref":
      return emitReference(emitter, term, context, k);
    case "call":
      return emitter.terms(term.args, context, (args) => emitCall(emitter, term.callee, args, term.span, context, k));
    case "array":
      return emitter.terms(term.items, context, (items) => emitter.writer.hold(`[${items.join(", ")}]`, k));
    case "set":
      return emitter.terms(term.items, context, (items) =>
        emitter.writer.hold(`R.setOf(${environment}, [${items.join(", ")}], ${emitter.site(term.span, "set")})`, k),
      );
    case "object": {
      return emitter.terms(term.entries.flat(), context, (parts) => {
        const object = writer.name("t");
        const site = emitter.site(term.span, "object");
        writer.line(`const ${object} = new R.RegoObject();`);
        for (let index = 0; index < parts.length; index += 2) {
          writer.line(`R.putInto(${environment}, ${object}, ${parts[index]}, ${parts[index + 1]}, ${site});`);
        }
        k(object);
      });
    }
    case "comprehension":
      return emitComprehension(emitter, term, context, k);
    case "template": {
      const parts: string[] = [];
      const next = (index: number): void => {
        const part = term.parts[index];
        if (part === undefined)
          return emitter.writer.hold(
            `R.template(${environment}, [${parts.join(", ")}], ${emitter.site(term.span, "template")})`,
            k,
          );
        if (typeof part === "string") {
          parts.push(writer.constant(part));
          return next(index + 1);
        }
        return emitter.term(part, context, (value) => {
          parts.push(value);
          next(index + 1);
        });
      };
      return next(0);
    }
    case "compare":
    case "member":
      return emitCondition(emitter, term, context, (condition) => emitter.writer.hold(condition, k));
    case "arithmetic":
      return emitter.terms([term.left, term.right], context, ([left, right]) => {
        const site = emitter.site(term.span, term.operator);
        emitter.writer.maybe(`R.${arithmetic[term.operator]}(${environment}, ${left}, ${right}, ${site})`, k);
      });
  }
}

function emitComprehension(
  emitter: Emitter,
  term: Extract<Term, { kind: "comprehension" }>,
  context: Context,
  k: Continue,
): void {
  const { writer } = emitter;
  const result = writer.name("t");
  const inner: Context = { ...context, bound: new Set(context.bound), trace: undefined };
  const start = { array: "[]", set: "R.RegoSet.from([])", object: "new R.RegoObject()" }[term.of];
  writer.line(`const ${result} = ${start};`);
  writer.block("", () =>
    emitter.body(term.body, inner, () => {
      if (term.key === undefined) {
        return emitter.head(term.value, inner, (value) =>
          writer.line(
            term.of === "array"
              ? `${result}.push(${value});`
              : `R.addTo(${inner.environment}, ${result}, ${value}, ${emitter.site(term.span, "set")});`,
          ),
        );
      }
      const { key } = term;
      return emitter.head(key, inner, (keyName) =>
        emitter.head(term.value, inner, (value) =>
          writer.line(
            `R.putUnique(${inner.environment}, ${result}, ${keyName}, ${value}, ${emitter.site(term.span, "object")});`,
          ),
        ),
      );
    }),
  );
  k(result);
}
