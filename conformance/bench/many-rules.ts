/**
 * One rule for each of many tables, asked about one of them: here, as preparsed Cedar policies (cedar-wasm) and as parsed CEL
 * expressions. The engines are asked the same question with the same answer, in turns.
 */
import { preparsePolicySet, statefulIsAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
import { type Catalog, prepareDecision, type PrincipalContext } from "@penstock/engine";
import { compile } from "@penstock/language";
import { parse } from "@marcbachmann/cel-js";
import { printSample, printTable, processorTime, ratios, sample } from "./statistics.ts";

const counts = [10, 100, 1_000] as const;
const batches = 9;
const groups = ["owners_1"];
const sql = "select id, total from orders where id = $1";

/** Whether the statement may run. */
type Engine = () => boolean;

/** @param catalog one that has a table `public.orders` */
export function benchManyRules(catalog: Catalog, who: PrincipalContext): void {
  const context: PrincipalContext = { ...who, principal: { ...who.principal, groups } };
  const rows: string[][] = [
    ["µs of processor a decision", "rules", "penstock", "cedar-wasm", "of penstock", "CEL", "of penstock"],
  ];
  for (const count of counts) {
    // The rule about `orders` is one in the middle; the principal is in the group of another.
    const tables = Array.from({ length: count }, (_, index) => (index === count / 2 ? "orders" : `t${index}`));
    const engines = [penstock(tables, catalog, context), cedar(tables), cel(tables)] as const;
    if (engines.some((engine) => engine())) throw new Error("an engine permits what the rules refuse");
    const [own, cedars, cels] = timesInTurns(engines);
    if (own === undefined || cedars === undefined || cels === undefined) throw new Error("no times");
    rows.push([
      "select from one table",
      String(count),
      printSample(sample(own), 2),
      printSample(sample(cedars), 1),
      printSample(ratios(cedars, own), 0),
      printSample(sample(cels), 1),
      printSample(ratios(cels, own), 0),
    ]);
  }
  console.log(`\nA rule for each table, one asked about: median (min–max) of ${batches} batches in turns`);
  printTable(rows);
}

function penstock(tables: readonly string[], catalog: Catalog, who: PrincipalContext): Engine {
  const rules = tables.map(
    (name, index) =>
      `deny "${name} is for its owners" if {\n  some table in query.tables\n  table.path == "public.${name}"\n  not "owners_${index}" in principal.groups\n}`,
  );
  const { program } = compile({ sources: [{ path: "rules.policy", text: `package rules\n${rules.join("\n")}` }] });
  if (program === undefined) throw new Error("the rules do not compile");
  const decide = prepareDecision(program, catalog, who, { searchPath: ["public"] }, sql);
  return () => decide().outcome === "allow";
}

function cedar(tables: readonly string[]): Engine {
  const policies = tables.map(
    (name, index) =>
      `forbid(principal, action, resource == Table::"public.${name}") unless { principal.groups.contains("owners_${index}") };`,
  );
  const preparsedPolicySetId = `tables-${tables.length}`;
  const parsed = preparsePolicySet(preparsedPolicySetId, {
    staticPolicies: `permit(principal, action, resource);\n${policies.join("\n")}`,
  });
  if (parsed.type !== "success") throw new Error(parsed.errors.map(({ message }) => message).join("\n"));
  const principal = { type: "User", id: "ann" };
  const call = {
    principal,
    action: { type: "Action", id: "select" },
    resource: { type: "Table", id: "public.orders" },
    context: {},
    entities: [{ uid: principal, attrs: { groups }, parents: [] }],
    preparsedPolicySetId,
  };
  return () => {
    const answer = statefulIsAuthorized(call);
    if (answer.type !== "success") throw new Error("cedar refuses the question");
    return answer.response.decision === "allow";
  };
}

function cel(tables: readonly string[]): Engine {
  const rules = tables.map((name, index) =>
    parse(`tables.exists(t, t.path == "public.${name}") && !("owners_${index}" in principal.groups)`),
  );
  const facts = { tables: [{ schema: "public", name: "orders", path: "public.orders" }], principal: { groups } };
  return () => !rules.some((rule) => rule(facts) === true);
}

/** Microseconds of processor time a call: a list of batches for each engine. */
function timesInTurns(engines: readonly Engine[]): number[][] {
  const calls = engines.map((engine) => callsFor(engine));
  const times = engines.map((): number[] => []);
  for (let batch = 0; batch < batches; batch++) {
    engines.forEach((engine, index) => {
      const wanted = calls[index] ?? 1;
      times[index]?.push(processorTime(engine, wanted) / wanted);
    });
  }
  return times;
}

/** So many that a batch takes about a tenth of a second, once the engine is warm. */
function callsFor(engine: Engine): number {
  let calls = 1;
  for (let time = 0; time < 100_000; calls *= 2) time = processorTime(engine, calls);
  return calls;
}
