/** Runs a query by the interpreter, with the same arguments and answers as the language's `evaluateQuery`. */
import { builtins, parseBody, parseModule, type QueryOptions, type QueryResult, RegoObject } from "@penstock/language";
import { Interpreter } from "./interpret.ts";
import { RunTimeError } from "./world.ts";

/** Only for sources that the language accepts: mistakes are not looked for. */
export function interpretQuery(options: QueryOptions): QueryResult {
  const modules = options.sources.flatMap((source) => parseModule(source).tree ?? []);
  const parsed = parseBody({ path: "query", text: options.query }).tree;
  if (parsed === undefined) throw new Error("the query does not parse");
  const known = new Map([...builtins, ...(options.functions ?? []).map((one) => [one.name, one] as const)]);
  const context = {
    nowNs: BigInt(Date.now()) * 1_000_000n,
    strict: options.strict,
    cache: new Map(),
    print: (line: string) => options.print?.(line),
    // The interpreter has no bounds: what it is given ends.
    spend: () => undefined,
  };
  const interpreter = new Interpreter(modules, known, context, false);
  const { body, variables } = interpreter.renamer.query(parsed);
  const named = [...variables].filter(([name]) => name !== "_");
  const world = { input: options.input, data: options.data, replaced: [], mocks: new Map() };
  const bindings: RegoObject[] = [];
  try {
    for (const found of interpreter.solve(body, new Map(), world)) {
      bindings.push(RegoObject.fromEntries(named.map(([name, unique]) => [name, found.get(unique) ?? null] as const)));
    }
  } catch (error) {
    if (!(error instanceof RunTimeError)) throw error;
    return { outcome: "error", code: error.code, message: error.message };
  }
  return { outcome: "values", bindings };
}
