import { describe, expect, test } from "vitest";
import { parseCatalogFixture } from "./fixture.ts";
import { type ColumnOf, viewLineage } from "./labels.ts";

const catalog = parseCatalogFixture({
  tables: {
    "public.users": { columns: { id: "int8", name: "text", ssn: "text", active: "bool" } },
    "public.orders": { columns: { id: "int8", user_id: "int8", total: "numeric" } },
  },
  views: {
    "public.plain": "select id, ssn as number from users",
    "public.computed": "select left(ssn, 3) as prefix, name from users where active",
    "public.above": "select prefix, number from computed join plain on plain.number = computed.name",
    "public.grouped":
      "select user_id, sum(total) as total from orders group by user_id having count(*) > 1 order by max(id)",
    "public.cases": "select case when ssn is null then name end as shown from users",
    "public.stored": { definition: "select ssn from users union select name from users", materialized: true },
    "public.broken": { definition: "select id from users, unknown_table", columns: { id: "int8" } },
    "public.on_broken": "select id from broken",
  },
});

const print = ({ relation, column }: ColumnOf): string => `${relation.name}.${column.name}`;

function lineage(name: string) {
  const relation = catalog.relations.get(`public.${name}`);
  if (relation === undefined) throw new Error(name);
  const { columns, otherUses, unknown } = viewLineage(catalog, relation);
  return {
    columns: columns.map(({ sources, direct }) => `${sources.map(print).join("+")}${direct ? "!" : ""}`),
    otherUses: otherUses.map(print).sort(),
    unknown,
  };
}

describe("where a view's columns come from", () => {
  test.each([
    ["plain", ["users.id!", "users.ssn!"], []],
    ["computed", ["users.ssn", "users.name!"], ["users.active"]],
    ["above", ["computed.prefix!", "plain.number!"], ["computed.name", "plain.number", "users.active"]],
    ["grouped", ["orders.user_id!", "orders.total"], ["orders.id", "orders.user_id"]],
    ["cases", ["users.ssn+users.name"], []],
    ["stored", ["users.ssn+users.name"], []],
  ])("%s", (name, columns, otherUses) => {
    expect(lineage(name)).toEqual({ columns, otherUses, unknown: false });
  });

  test("a view over what is not known is unknown, and so is a view over that", () => {
    expect(lineage("broken").unknown).toBe(true);
    expect(lineage("on_broken").unknown).toBe(true);
  });
});
