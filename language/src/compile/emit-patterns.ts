/** Matching a value against a pattern, and iterating over a collection. */
import type { Context, Emitter } from "./emit.ts";
import { equality } from "./emit-conditions.ts";
import { evaluable } from "./order.ts";
import type { Term } from "./plan.ts";
import { nameOf } from "./writer.ts";

/** Matches a value against a pattern, binding what is unbound. */
export function emitMatch(emitter: Emitter, pattern: Term, value: string, context: Context, k: () => void): void {
  const { writer } = emitter;
  const { bound, environment } = context;
  const site = (): string => emitter.site(pattern.span, "=");
  switch (pattern.kind) {
    case "const": {
      const constant = writer.constant(pattern.value);
      return writer.block(`if (${equality(value, constant, undefined, pattern, environment, site)})`, k);
    }
    case "local": {
      const { local } = pattern;
      if (bound.has(local))
        return writer.block(`if (R.same(${environment}, ${value}, ${nameOf(local)}, ${site()}))`, k);
      bound.add(local);
      if (local.name !== "_") writer.line(`const ${nameOf(local)} = ${value};`);
      return k();
    }
    case "array": {
      if (evaluable(pattern, bound)) break;
      const { items } = pattern;
      const next = (index: number): void => {
        const item = items[index];
        if (item === undefined) return k();
        const element = writer.name("t");
        writer.line(`const ${element} = ${value}[${index}];`);
        emitMatch(emitter, item, element, context, () => next(index + 1));
      };
      return writer.block(`if (R.isArray(${value}) && ${value}.length === ${items.length})`, () => next(0));
    }
    case "object": {
      if (evaluable(pattern, bound)) break;
      const { entries } = pattern;
      const next = (index: number): void => {
        const entry = entries[index];
        if (entry === undefined) return k();
        emitter.term(entry[0], context, (key) => {
          const element = writer.name("t");
          writer.line(`const ${element} = ${value}.get(${key});`);
          writer.block(`if (${element} !== undefined)`, () =>
            emitMatch(emitter, entry[1], element, context, () => next(index + 1)),
          );
        });
      };
      return writer.block(`if (${value} instanceof R.RegoObject && ${value}.size === ${entries.length})`, () =>
        next(0),
      );
    }
    default:
      break;
  }
  // Whatever has no variables to bind is computed and compared.
  emitter.term(pattern, context, (other) =>
    writer.block(`if (R.same(${environment}, ${value}, ${other}, ${site()}))`, k),
  );
}

/** Writes a loop over the members of a collection, which is charged for; `key` has no value unless `withKeys`. */
export function emitIteration(
  emitter: Emitter,
  collection: string,
  { environment }: Context,
  site: string,
  withKeys: boolean,
  each: (key: string, value: string) => void,
): void {
  const { writer } = emitter;
  const values = writer.name("s");
  const index = writer.name("i");
  const value = writer.name("t");
  writer.line(`const ${values} = R.spread(${environment}, ${collection}, ${site});`);
  const keys = writer.name("s");
  if (withKeys) writer.line(`const ${keys} = R.keysOf(${collection});`);
  writer.block(`for (let ${index} = 0; ${index} < ${values}.length; ${index} += 1)`, () => {
    writer.line(`const ${value} = ${values}[${index}];`);
    const key = writer.name("t");
    if (withKeys) writer.line(`const ${key} = ${keys} === null ? ${index} : ${keys}[${index}];`);
    each(key, value);
  });
}
