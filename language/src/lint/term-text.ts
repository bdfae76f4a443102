import type { Term } from "../compile/plan.ts";
import { format } from "../values.ts";

/** A term as text: equal for terms that mean the same where the same variables are seen, and readable where it is short. */
export function termText(term: Term): string {
  const list = (terms: readonly Term[]): string => terms.map(termText).join(", ");
  switch (term.kind) {
    case "const":
      return format(term.value);
    case "local":
      return `${term.local.name}#${term.local.id}`;
    case "ref": {
      const { base } = term;
      const steps = term.path.map((step) =>
        step.kind === "const" && typeof step.value === "string" && /^\w+$/.test(step.value)
          ? `.${step.value}`
          : `[${termText(step)}]`,
      );
      const first = base.kind === "term" ? termText(base.term) : base.kind === "root" ? base.root : base.kind;
      return first + steps.join("");
    }
    case "call": {
      const { callee } = term;
      const name =
        callee.kind === "builtin"
          ? callee.builtin.name
          : callee.kind === "function"
            ? callee.group.path.join(".")
            : callee.kind;
      return `${name}(${list(term.args)})`;
    }
    case "array":
      return `[${list(term.items)}]`;
    case "set":
      return `{${list(term.items)}}`;
    case "object":
      return `{${term.entries.map(([key, value]) => `${termText(key)}: ${termText(value)}`).join(", ")}}`;
    // Bodies are not compared: what holds one is like no other.
    case "comprehension":
    case "template":
      return `(${term.span.file}:${term.span.start})`;
    case "compare":
    case "arithmetic":
      return `(${termText(term.left)} ${term.operator} ${termText(term.right)})`;
    case "member":
      return `(${term.key === undefined ? "" : `${termText(term.key)}, `}${termText(term.value)} in ${termText(term.domain)})`;
  }
}

/** For people: without what tells variables of one name apart. */
export function shownText(text: string): string {
  return text.replaceAll(/#\d+/g, "");
}
