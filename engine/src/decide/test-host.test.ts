import { compile, type FieldType, records } from "@penstock/language";
import { expect, test } from "vitest";
import { parseCatalogFixture } from "../catalog/fixture.ts";
import { decideForRoots } from "./test-host.ts";
import { World } from "./world.ts";

const policy = `package a

mask public.users.ssn with partial(0, 4)

limit rows 100

limit duration "5s"

limit bytes 1000

deny "no deletes" code "no_delete" if query.kind == "delete"

approve by "dba" for "1h" because "it locks" if query.kind == "lock"

notify "slack" because "look" if query.kind == "lock"

mask column with partial(0, to_number(column.name)) if query.kind == "update"
`;

const catalog = parseCatalogFixture({ tables: { "public.users": { columns: { id: "int8", ssn: "text" } } } });

function decide(sql: string): unknown {
  const { program } = compile({ sources: [{ path: "a.policy", text: policy }] });
  if (program === undefined) throw new Error("the policy does not compile");
  return JSON.parse(JSON.stringify(decideForRoots(new World(program, catalog), sql, {})));
}

/** Where a value is not what the vocabulary says. */
function misfits(value: unknown, type: FieldType, at: string): string[] {
  switch (type.kind) {
    case "any":
      return [];
    case "string":
      return typeof value === "string" && type.values?.includes(value) !== false ? [] : [at];
    case "number":
    case "boolean":
      return typeof value === type.kind ? [] : [at];
    case "set":
    case "array":
      return Array.isArray(value) ? value.flatMap((each, index) => misfits(each, type.of, `${at}[${index}]`)) : [at];
    case "object":
      return Object.entries(value as object).flatMap(([name, each]) => misfits(each, type.of, `${at}.${name}`));
    case "record": {
      const fields = records[type.record];
      const given = value as Record<string, unknown>;
      const missing = Object.entries(fields).filter(([name, field]) => field.optional !== true && !(name in given));
      return [
        ...missing.map(([name]) => `${at} lacks ${name}`),
        ...Object.entries(given).flatMap(([name, each]) => {
          const field = fields[name];
          return field === undefined ? [`${at}.${name}`] : misfits(each, field.type, `${at}.${name}`);
        }),
      ];
    }
  }
}

test.each([
  ["an allowed one with masks and limits", "select * from users", "masks"],
  ["a denied one", "delete from users", "reasons"],
  ["one that waits for approval", "lock table users", "approvals"],
  ["one with an error in a rule", "update users set id = 1", "errors"],
  ["a text that cannot be read", "selct", "reasons"],
])("what decide gives is what the vocabulary says: %s", (_, sql, filled) => {
  const decision = decide(sql) as Record<string, object>;
  expect(Object.keys(decision[filled] ?? {})).not.toEqual([]);
  expect(misfits(decision, { kind: "record", record: "decision" }, "decision")).toEqual([]);
});
