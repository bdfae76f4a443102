import { describe, expect, test } from "vitest";
import { compile } from "../compile/compile.ts";
import type { CatalogNames } from "./catalog.ts";

const columns = new Map([
  ["public.customers", ["id", "email"]],
  ["public.orders", ["id"]],
  ['"odd.schema".orders', ["a.b"]],
]);

const catalog: CatalogNames = {
  relations: new Set(columns.keys()),
  columnsOf: (path) => columns.get(path) ?? [],
  maskProblem: (_, column, { name, args }) =>
    column === "id" && name !== "null" ? `no ${name} of ${args.length} arguments` : undefined,
};

/** Each diagnostic as `code: message @ what is underlined / help`, and the text that its fix gives. */
function check(text: string): string[] {
  const source = { path: "a.policy", text: `package a\n${text}` };
  return compile({ sources: [source], catalog }).diagnostics.map(({ code, message, span, help, fix }) => {
    const advice = help === undefined ? "" : ` / ${help}`;
    const fixed = fix === undefined ? "" : ` → ${fix.text}`;
    return `${code}: ${message} @ ${source.text.slice(span.start, span.end)}${advice}${fixed}`;
  });
}

describe("a catalog", () => {
  test.each([
    [
      "a table of a mask",
      "mask public.costumers.email with null()",
      "P501: the catalog has no table `public.costumers` @ public.costumers.email / did you mean `public.customers.email`? → public.customers.email",
    ],
    [
      "a column of a label",
      'label public.customers.emial as "pii"',
      "P502: table `public.customers` has no column `emial` @ public.customers.emial / did you mean `public.customers.email`? → public.customers.email",
    ],
    [
      "a column that is like no other",
      "mask public.customers.x with null()",
      "P502: table `public.customers` has no column `x` @ public.customers.x / it has id, email",
    ],
    [
      "a table of a filter",
      "filter public.oders as row where row.id == 1",
      "P501: the catalog has no table `public.oders` @ public.oders / did you mean `public.orders`? → public.orders",
    ],
    [
      "a column of a row",
      "filter public.customers as row where { row.id == 1; not row.emial == principal.id }",
      "P502: table `public.customers` has no column `emial` @ emial / did you mean `email`? → email",
    ],
    [
      "a table in a comparison",
      'p if query.tables[_].path == "public.costumers"',
      'P501: the catalog has no table `public.costumers` @ "public.costumers" / did you mean `public.customers`? → "public.customers"',
    ],
    [
      "a table without its schema",
      'p if query.tables[_].path == "customers"',
      'P501: the catalog has no table `customers` @ "customers" / did you mean `public.customers`? → "public.customers"',
    ],
    [
      "one of a set, in a function",
      'p if { some t in query.tables; f(t) }\nf(t) if t.path in {"public.orders", "public.oders"}',
      'P501: the catalog has no table `public.oders` @ "public.oders" / did you mean `public.orders`? → "public.orders"',
    ],
    [
      "a column in a comparison, once",
      'mask column with null() if column.path == "public.customers.emial"',
      'P502: table `public.customers` has no column `emial` @ "public.customers.emial" / did you mean `public.customers.email`? → "public.customers.email"',
    ],
    [
      "a mask that does not fit",
      "mask public.orders.id with partial(0, 2)",
      "P503: mask `partial` does not fit `public.orders.id`: no partial of 2 arguments @ partial",
    ],
    [
      "a mask that does not fit a column of its conditions",
      'mask column with email() if column.path in {"public.orders.id", "public.customers.email"}',
      "P503: mask `email` does not fit `public.orders.id`: no email of 0 arguments @ email",
    ],
  ])("refuses %s", (_, text, expected) => {
    expect(check(text)).toEqual([expected]);
  });

  test.each([
    ["what it has", 'mask public.customers.email with email()\np if query.tables[_].path == "public.orders"'],
    [
      "quoted parts",
      'mask public["customers"].email with email()\np if query.columns[_].path == "\\"odd.schema\\".orders.\\"a.b\\""',
    ],
    ["parts of paths", 'p if startswith(query.tables[_].path, "internal.")'],
    ["a condition about tables of other databases", 'p if query.tables[_].path == "public.secrets"'],
    ["names that are no paths", 'p if query.tables[_].name == "secrets"'],
    ["a mask whose arguments are computed", "mask public.orders.id with partial(data.keep, 2)"],
    ["a mask that conditions keep away", 'mask column with email() if not column.path == "public.orders.id"'],
  ])("accepts %s", (_, text) => {
    expect(check(text)).toEqual([]);
  });

  test("is asked for nothing where there is none", () => {
    const source = { path: "a.policy", text: "package a\nmask public.costumers.emial with null()" };
    expect(compile({ sources: [source] }).diagnostics).toEqual([]);
  });
});
