/** What the exports of a standalone module give, and what they refuse. */
import { beforeAll, expect, test } from "vitest";
import { writeModule } from "../../engine/src/standalone/write-module.ts";
import { BareModule } from "./bare-module.ts";

const text = `package p

import data.windows

open if time.now_ns() < windows.end_ns

deny "too late" if {
  query.kind == "drop_table"
  not open
}

approve by "dba" for "1h" because "it changes rows" if query.kind == "update"

notify "security" because "a login was read" if {
  some table in query.tables
  table.name == "logins"
}

limit rows 10 if "agents" in principal.groups

filter public.orders as row where row.region in principal.groups

mask column with null() if column.label == "pii"

deny to_number(query.text) if query.kind == "call"

twice(x) := 2 * x

big := 9007199254740993

names := {"b", "a"}
`;

let policies: BareModule;

beforeAll(async () => {
  const sources = [{ path: "sources/p.policy", text }];
  const { files, diagnostics } = await writeModule({ sources, data: { windows: { end_ns: 1_000 } } }, "p.js.map");
  if (files === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  policies = await BareModule.of(files.code);
});

const table = (name: string): unknown => ({
  schema: "public",
  name,
  path: `public.${name}`,
  kind: "table",
  access: ["read"],
  labels: [],
});
const column = {
  schema: "s",
  table: "t",
  name: "c",
  path: "s.t.c",
  type: "text",
  comment: "",
  labels: ["pii"],
  uses: [],
};

function decide(kind: string, more: Record<string, unknown> = {}, options: unknown = {}): Record<string, unknown> {
  const query = { kind, text: "call f()", tables: [], columns: [], ...more };
  const { columns, ...rest } = query as Record<string, unknown>;
  const input = { principal: { groups: ["agents", "eu"] }, query: { ...rest, columns: [] }, columns };
  return policies.call("decide", input, options) as Record<string, unknown>;
}

test("each kind of statement has its part in the decision", () => {
  expect(decide("select")).toMatchObject({ outcome: "allow", reasons: [], limits: { rows: 10 }, rules: ["p:19"] });
  expect(decide("update")).toMatchObject({
    outcome: "approve",
    approvals: [{ groups: ["dba"], for_ms: 3_600_000, message: "it changes rows", rule: "p:12" }],
  });
  expect(decide("select", { tables: [table("logins"), table("orders")] })).toMatchObject({
    notifications: [{ channel: "security", message: "a login was read", rule: "p:14" }],
    filters: { "public.orders": { where: ['row.region in {"agents", "eu"}'], rules: ["p:21"] } },
  });
  expect(decide("select", { columns: [{ ...column, label: "pii" }] })).toMatchObject({
    masks: { "s.t.c": { name: "null", args: [], rules: ["p:23"] } },
  });
});

test("a rule that restricts and fails denies", () => {
  expect(decide("call")).toMatchObject({ outcome: "deny", reasons: [{ code: "rule_error", rule: "p:25" }] });
});

test("the time is the machine's, unless the caller says another", () => {
  expect(decide("drop_table").outcome).toBe("deny");
  expect(decide("drop_table", {}, { now_ns: 999 }).outcome).toBe("allow");
  expect(decide("drop_table", {}, { now_ns: 1_000 }).outcome).toBe("deny");
  expect(policies.call("query", "data.p.open", {}, { now_ns: 1 })).toBe(true);
  expect(policies.call("query", "data.p.open")).toBeUndefined();
});

test("rules, packages and data are asked by their path", () => {
  expect(policies.call("query", "data.p.names")).toEqual(["a", "b"]);
  expect(policies.call("query", "data.p.big")).toBe("9007199254740993");
  expect(policies.call("query", ["data", "windows"])).toEqual({ end_ns: 1_000 });
  expect(policies.call("query", "data.p", {}, { now_ns: 1 })).toMatchObject({ open: true, names: ["a", "b"] });
});

test.each<[string, () => unknown, string]>([
  ["a misspelt rule", () => policies.call("query", "data.p.opened"), "`data.p.opened` is no rule and no data"],
  ["a function", () => policies.call("query", "data.p.twice"), "`data.p.twice` is no rule and no data"],
  ["a path that does not begin with data", () => policies.call("query", "p.open"), "begins with `data`"],
  ["a misspelt option", () => decide("select", {}, { now: 1 }), "`options.now` is no attribute"],
  ["a misspelt kind", () => decide("selekt"), "`query.kind` is none of its words: did you mean `select`?"],
  ["a misspelt attribute", () => decide("select", { colunms: [] }), "`query.colunms` is no attribute"],
  [
    "an element without what it must have",
    () => decide("select", { columns: [column] }),
    "`columns[0].label` is missing",
  ],
  [
    "a text for a set",
    () => policies.call("decide", { principal: { groups: "eu" } }),
    "`principal.groups` is no array",
  ],
  [
    "no input",
    () => policies.call("decide", null),
    "the input is no object; `principal` is missing; `query` is missing",
  ],
  ["a field of every object", () => decide("select", { constructor: 1 }), "`query.constructor` is no attribute"],
])("%s is refused with its name", (_, ask, message) => {
  expect(ask).toThrow(message);
});
