import { emptySet, RegoObject, RegoSet, type Value } from "../values.ts";
import type { Term } from "./plan.ts";

/** Collections of constants are constants; they keep their parts, each with its place. */
export function folded(term: Extract<Term, { kind: "array" | "set" | "object" }>): Term {
  const { span } = term;
  switch (term.kind) {
    case "array": {
      const items = term.items.map(constantOf);
      return items.every((item) => item !== undefined)
        ? { kind: "const", value: items, parts: term.items, span }
        : term;
    }
    case "set": {
      const items = term.items.map(constantOf);
      if (items.length === 0) return { kind: "const", value: emptySet, span };
      return items.every((item) => item !== undefined)
        ? { kind: "const", value: RegoSet.from(items), parts: term.items, span }
        : term;
    }
    case "object": {
      const object = new RegoObject();
      for (const [key, value] of term.entries) {
        const constantKey = constantOf(key);
        const constantValue = constantOf(value);
        if (constantKey === undefined || constantValue === undefined) return term;
        object.put(constantKey, constantValue);
      }
      return { kind: "const", value: object, parts: term.entries.flat(), span };
    }
  }
}

function constantOf(item: Term): Value | undefined {
  return item.kind === "const" ? item.value : undefined;
}
