/** The module that `policy build --target js` writes decides as the program does that the same sources compile to. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseCatalogFixture, readPolicyFolder } from "@penstock/engine";
import { compile, evaluateQuery, fromValue, type Input, type TestHost, toValue, type Value } from "@penstock/language";
import { expect, test } from "vitest";
import { decideForRoots } from "../../engine/src/decide/test-host.ts";
import { defaultSubject } from "../../engine/src/decide/subject.ts";
import { World } from "../../engine/src/decide/world.ts";
import { decisionOf } from "../../engine/src/standalone/runtime.ts";
import { writeModule } from "../../engine/src/standalone/write-module.ts";
import { caseFiles, casesOf } from "../rego/own-cases.ts";
import { parseCase, type RegoCase } from "../rego/rego-case.ts";
import { corpora } from "../support/corpora.ts";
import { asGiven, BareModule } from "./bare-module.ts";

const packs = fileURLToPath(new URL("../../policies", import.meta.url));

async function moduleOf(sources: Parameters<typeof writeModule>[0]): Promise<BareModule | undefined> {
  const { files } = await writeModule(sources, "policies.js.map");
  return files && BareModule.of(files.code);
}

test("on every statement that the packs' tests ask about", async () => {
  const folder = readPolicyFolder([packs], true);
  const { program } = compile({ sources: folder.sources, data: folder.data });
  const bare = await moduleOf(folder);
  if (program === undefined || bare === undefined) throw new Error("the packs do not compile");
  const fixture: unknown = JSON.parse(readFileSync(`${packs}/testdata/catalog.json`, "utf8"));
  const world = new World(program, parseCatalogFixture(fixture));
  const evaluate = program.evaluateStatement.bind(program);
  // Tests may leave something out of a person for whom somebody acts; a proxy does not, and neither may who asks a module.
  const whole = (input: Input): Input => {
    const principal = fromValue(input.principal) as { readonly on_behalf_of?: object };
    const { on_behalf_of: other } = principal;
    if (other === undefined) return input;
    return { ...input, principal: toValue({ ...principal, on_behalf_of: { ...defaultSubject.principal, ...other } }) };
  };
  const questions: { readonly input: Input; readonly columns: readonly Value[] }[] = [];
  Object.assign(program, {
    evaluateStatement: (input: Input, columns: readonly Value[], data: Value | undefined) => {
      // What a test replaces in the data, a module does not have.
      if (data === undefined || JSON.stringify(fromValue(data)) === JSON.stringify(fromValue(toValue(folder.data))))
        questions.push({ input: whole(input), columns });
      return evaluate(input, columns, data);
    },
  });
  const host: TestHost = {
    rows: () => null,
    decide: (sql, parameters, input, data) => toValue(decideForRoots(world, sql, input, parameters, data)),
  };
  for (const one of program.tests.filter(({ usesRows }) => !usesRows)) one.run(host);
  let fired = 0;
  for (const { input, columns } of questions) {
    const decision = decisionOf(program.evaluate(input, columns), program.hasAllow);
    expect(bare.call("decide", fromValue(toValue({ ...input, columns })))).toEqual(asGiven(decision));
    fired += decision.rules.length;
  }
  expect(questions.length).toBeGreaterThan(150);
  expect(fired).toBeGreaterThan(questions.length);
});

test("on labels", async () => {
  const folder = readPolicyFolder([packs], false);
  const bare = await moduleOf(folder);
  const { program } = compile({ sources: folder.sources, data: folder.data });
  const columns = ["email", "ssn", "iban", "quantity", "password_hash"].map((name) => ({
    schema: "public",
    table: "users",
    name,
    path: `public.users.${name}`,
    type: "text",
    comment: "",
  }));
  const wanted = program?.labels(columns.map(toValue)) ?? [];
  expect(bare?.call("labels", columns)).toEqual(wanted);
  expect(wanted.filter(({ labels }) => labels.length > 0).length).toBe(4);
});

/** Cases that ask for one rule of modules that are policies too. */
function pathOf({ query }: RegoCase): string | undefined {
  return /^(data(?:\.[a-z_]\w*)+)\s*=\s*x$/i.exec(query)?.[1];
}

/** What the case's rule gives here and there, in the strict mode of decisions; undefined where it is no policy. */
async function answers(example: RegoCase): Promise<readonly [program: unknown, module: unknown] | undefined> {
  const path = pathOf(example);
  const sources = example.modules.map((text, index) => ({ path: `module${index}.policy`, text }));
  const input = example.input === undefined ? {} : fromValue(example.input);
  if (path === undefined || typeof input !== "object" || input === null || Array.isArray(input)) return undefined;
  const bare = await moduleOf({ sources, data: fromValue(example.data) });
  if (bare === undefined) return undefined;
  const known = evaluateQuery({
    sources,
    query: `${path} = x`,
    data: example.data,
    input: toValue(input),
    strict: true,
  });
  const wanted =
    known.outcome === "values"
      ? asGiven({ x: known.bindings.map((one) => fromValue(one.field("x") ?? null)) })
      : "error";
  try {
    const value = bare.call("query", path, input);
    return [wanted, { x: value === undefined ? [] : [value] }];
  } catch (error) {
    // Of a policy, all of `input` is its roots.
    if (String(error).includes("does not fit")) return undefined;
    return [wanted, String(error).includes("is no rule and no data") ? String(error) : "error"];
  }
}

/** By the case's name. */
async function compared(
  examples: readonly RegoCase[],
): Promise<{ readonly programs: Record<string, unknown>; readonly modules: Record<string, unknown> }> {
  const programs: Record<string, unknown> = {};
  const modules: Record<string, unknown> = {};
  for (const example of examples) {
    const both = await answers(example);
    if (both !== undefined) [programs[example.note], modules[example.note]] = both;
  }
  return { programs, modules };
}

test("on the language's own cases, where they are policies", async () => {
  const { programs, modules } = await compared(caseFiles.flatMap(casesOf));
  expect(modules).toEqual(programs);
  expect(Object.keys(programs).length).toBeGreaterThan(60);
}, 60_000);

/** Of a thousand cases, each with a module to build. */
const oneIn = 6;

test.each(corpora("rego-v1-cases.jsonl", "npm run conformance:rego -- FILE.jsonl"))(
  "on a sample of OPA's conformance cases: %s",
  async (corpus) => {
    const lines = readFileSync(corpus, "utf8").split("\n");
    const sample = lines.filter((text, index) => text.trim() !== "" && index % oneIn === 0);
    const { programs, modules } = await compared(sample.map(parseCase));
    expect(modules).toEqual(programs);
    expect(Object.keys(programs).length).toBeGreaterThan(80);
  },
  120_000,
);
