import { expect, test } from "vitest";
import { parseCatalogFixture } from "./fixture.ts";
import { withLockedTables } from "./locked-tables.ts";

const known = parseCatalogFixture({
  engine: "mariadb",
  tables: {
    "shop.people": { columns: { id: "int", email: "varchar" } },
    "shop.orders": { columns: { id: "int" } },
  },
  views: {
    "shop.everybody": { definition: "select id, email from shop.people", columns: { id: "int", email: "varchar" } },
  },
});
const seen = (bare: readonly string[]) =>
  [...known.relations.values()]
    .filter(({ isSystem }) => !isSystem)
    .map((relation) => (bare.includes(relation.name) ? { ...relation, columns: [] } : relation));
const columnsOf = ({ relations }: ReturnType<typeof withLockedTables>) =>
  Object.fromEntries(relations.map(({ name, columns }) => [name, columns.map((column) => column.name).join()]));
const nobody = () => false;

test("tables without columns, and views beside them, are as they were", () => {
  const completed = withLockedTables(seen(["people", "everybody"]), known, nobody);
  expect(completed.isIncomplete).toBe(true);
  expect(columnsOf(completed)).toEqual({ people: "id,email", orders: "id", everybody: "id,email" });
});

test("where nothing is locked, nothing changes", () => {
  const found = seen([]);
  const completed = withLockedTables(found, known, nobody);
  expect(completed.isIncomplete).toBe(false);
  expect(completed.relations).toBe(found);
  // A view that does not work any more has no columns either.
  expect(columnsOf(withLockedTables(seen(["everybody"]), known, nobody))["everybody"]).toBe("");
});

test("what nobody has known before is left out, unless it had names that must not be lost", () => {
  const first = parseCatalogFixture({ engine: "mariadb", tables: { "shop.orders": { columns: { id: "int" } } } });
  expect(columnsOf(withLockedTables(seen(["people"]), first, nobody))).not.toHaveProperty("people");
  expect(() => withLockedTables(seen(["people"]), first, ({ name }) => name === "people")).toThrow(
    "shop.people is locked",
  );
});
