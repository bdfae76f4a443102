import { type CodeEntry, policy } from "./entry.ts";

/** The catalog of the examples. */
const catalog = `{
  "tables": {
    "public.customers": { "columns": { "id": "int8", "email": "text", "birth_date": "date" } }
  }
}
`;

/** `P5xx`: what the catalog, where one is given, does not have or cannot hold. */
export const catalogCodes = {
  P501: {
    severity: "error",
    title: "a table that the catalog does not have",
    explanation:
      "A statement names a table that is not in the catalog given by `--catalog FILE`, so it does nothing in that database. Tables are named as `schema.table`. A condition may ask for tables that only other databases have: there it is reported where the name is nearly that of a table, or has no schema.",
    catalog,
    wrong: policy('deny "no" if {\n    some table in query.tables\n    table.path == «"public.costumers"»\n}'),
    right: policy('deny "no" if {\n    some table in query.tables\n    table.path == "public.customers"\n}'),
  },
  P502: {
    severity: "error",
    title: "a column that the table does not have",
    explanation:
      "The table is in the catalog given by `--catalog FILE`, and has no such column: nothing would be masked or labelled. Columns are named as `schema.table.column`.",
    catalog,
    wrong: policy("mask «public.customers.emial» with email()"),
    right: policy("mask public.customers.email with email()"),
  },
  P503: {
    severity: "error",
    title: "a mask that does not fit the column",
    explanation:
      "A mask keeps the type of its column. `redact`, `partial` and `email` are for texts, `truncate` is for dates and times, `round` and `bucket` are for numbers, and `constant` needs a value of the type. A mask that does not fit hides the value altogether, as `null` does; a domain that allows no NULL leaves nothing, and the statement is refused.",
    catalog,
    wrong: policy('mask public.customers.email with «truncate»("year")'),
    right: policy('mask public.customers.birth_date with truncate("year")'),
  },
  P504: {
    severity: "warning",
    title: "a mask that does not fit some of its columns",
    explanation:
      "Of the columns that have the label, in the catalog given by `--catalog FILE`, some cannot keep their type under the mask: these are hidden altogether, as by `null`; of `redact`, which hides as much, it is not reported. Where that is not meant, ask for `column.type` too. A mask that fits none of them is an error (P503).",
    catalog,
    wrong: policy(
      'label public.customers.email as "pii"\n\nlabel public.customers.birth_date as "pii"\n\nmask column with «truncate»("year") if column.label == "pii"',
    ),
    right: policy(
      'label public.customers.email as "pii"\n\nlabel public.customers.birth_date as "pii.date"\n\nmask column with truncate("year") if column.label == "pii.date"\n\nmask column with email() if column.label == "pii"',
    ),
  },
} as const satisfies Record<string, CodeEntry>;
