/** References: steps into values, the vocabulary's roots, `input`, and `data` with the rules in it. */
import type { Span } from "../diagnostics.ts";
import type { Context, Continue, Emitter } from "./emit.ts";
import { emitIteration, emitMatch } from "./emit-patterns.ts";
import { evaluable } from "./order.ts";
import type { Term } from "./plan.ts";

export function emitReference(
  emitter: Emitter,
  term: Extract<Term, { kind: "ref" }>,
  context: Context,
  k: Continue,
): void {
  const { environment } = context;
  switch (term.base.kind) {
    case "term":
      return emitter.term(term.base.term, context, (base) => emitPath(emitter, base, term.path, context, k, term.span));
    case "root":
      return emitPath(emitter, `${environment}.${term.base.root}`, term.path, context, k, term.span);
    case "input":
      return emitPath(
        emitter,
        emitter.options.vocabulary ? `R.inputOf(${environment})` : `${environment}.input`,
        term.path,
        context,
        k,
        term.span,
      );
    case "data":
      return emitData(emitter, term, context, k);
  }
}

/** Steps from a value that may be undefined. */
function emitPath(
  emitter: Emitter,
  base: string,
  path: readonly Term[],
  context: Context,
  k: Continue,
  span: Span,
): void {
  const { writer } = emitter;
  const { environment } = context;
  const site = (): string => emitter.site(span, "[…]");
  let current = base;
  let index = 0;
  for (; index < path.length; index += 1) {
    const step = path[index];
    if (step?.kind !== "const") break;
    const { value } = step;
    const plain = typeof value === "string" && value.charCodeAt(0) !== 0;
    current = `R.${plain ? "field" : "lookup"}(${current}, ${writer.constant(value)})`;
  }
  const step = path[index];
  if (step === undefined) return writer.maybe(current, k);
  const rest = path.slice(index + 1);
  const follow = (value: string): void =>
    rest.length === 0 ? k(value) : emitPath(emitter, value, rest, context, k, span);
  const container = writer.name("t");
  writer.line(`const ${container} = ${current};`);
  // A step that itself iterates is evaluated first, then looked up.
  if (evaluable(step, context.bound)) {
    return emitter.term(step, context, (key) =>
      writer.maybe(`R.at(${environment}, ${container}, ${key}, ${site()})`, follow),
    );
  }
  const needsKey = !(step.kind === "local" && step.local.name === "_");
  emitIteration(emitter, container, context, site(), needsKey, (key, value) =>
    emitMatch(emitter, step, key, context, () => follow(value)),
  );
}

function emitData(emitter: Emitter, term: Extract<Term, { kind: "ref" }>, context: Context, k: Continue): void {
  const { environment } = context;
  const constant: string[] = [];
  for (const step of term.path) {
    if (step.kind !== "const" || typeof step.value !== "string") break;
    constant.push(step.value);
  }
  const { node, depth } = emitter.options.rules.find(constant);
  const { group } = node;
  if (group !== undefined) {
    if (group.kind === "function") {
      emitter.report("P211", `\`${group.path.at(-1)}\` is a function`, term.span, "call it with its arguments");
      return;
    }
    return emitPath(emitter, `f${group.id}(${environment})`, term.path.slice(depth), context, k, term.span);
  }
  if (depth < constant.length) return emitPath(emitter, `${environment}.data`, term.path, context, k, term.span);
  const { writer } = emitter;
  const document = writer.constant(emitter.options.documents.get(node));
  if (depth === term.path.length) return writer.maybe(`R.document(${environment}, ${document})`, k);
  emitCursor(emitter, `R.cursor(${environment}, ${document})`, term.path.slice(depth), context, k, term.span);
}

/** Steps among rules whose names are known only when the code runs. */
function emitCursor(
  emitter: Emitter,
  start: string,
  path: readonly Term[],
  context: Context,
  k: Continue,
  span: Span,
): void {
  const { writer } = emitter;
  const { environment } = context;
  const [step, ...rest] = path;
  if (step === undefined) return writer.maybe(`R.force(${environment}, ${start})`, k);
  const at = writer.name("u");
  writer.line(`const ${at} = ${start};`);
  const follow = (key: string): void =>
    emitCursor(emitter, `R.step(${environment}, ${at}, ${key})`, rest, context, k, span);
  if (evaluable(step, context.bound)) return emitter.term(step, context, follow);
  const key = writer.name("t");
  const keys = `R.stepKeys(${environment}, ${at}, ${emitter.site(span, "[…]")})`;
  writer.block(`for (const ${key} of ${keys})`, () => emitMatch(emitter, step, key, context, () => follow(key)));
}
