import { type CodeEntry, policy } from "./entry.ts";

/** `P3xx`: values and arguments that can never be what the rule asks for. */
export const typeCodes = {
  P302: {
    severity: "error",
    title: "an unknown limit",
    explanation: "There are `limit rows N`, `limit duration D` and `limit bytes N`.",
    wrong: policy("limit «row» 1000"),
    right: policy("limit rows 1000"),
  },
  P303: {
    severity: "error",
    title: "an unknown mask",
    explanation:
      "The masks are `null`, `redact`, `constant`, `token`, `truncate`, `round`, `bucket`, `email` and `partial`.",
    wrong: policy("mask public.users.ssn with «nul»()"),
    right: policy("mask public.users.ssn with null()"),
  },
  P304: {
    severity: "error",
    title: "a mask with too many or too few arguments",
    explanation: "The help shows how the mask is written; arguments in brackets may be left out.",
    wrong: policy("«mask public.users.phone with partial(2)»"),
    right: policy("mask public.users.phone with partial(0, 2)"),
  },
  P305: {
    severity: "error",
    title: "an unknown unit of time",
    explanation: "`truncate` cuts dates and times to a minute, hour, day, week, month, quarter or year.",
    wrong: policy('mask public.users.born with truncate(«"years"»)'),
    right: policy('mask public.users.born with truncate("year")'),
  },
  P306: {
    severity: "error",
    title: "an argument of a wrong type",
    explanation: "A mask, a limit, a group, a channel or a reason was given a constant that it cannot be.",
    wrong: policy('mask public.users.phone with partial(«"0"», 2)'),
    right: policy("mask public.users.phone with partial(0, 2)"),
  },
  P307: {
    severity: "error",
    title: "a denial without a message",
    explanation: "Whoever is refused is told why: `deny` takes a message.",
    wrong: policy('«deny» if query.kind == "drop_table"'),
    right: policy('deny "tables are dropped by migrations" if query.kind == "drop_table"'),
  },
  P308: {
    severity: "error",
    title: "no duration",
    explanation: 'A duration is a number with a unit, or several: "30s", "5m", "1h30m"; and more than nothing.',
    wrong: policy('limit duration «"half an hour"»'),
    right: policy('limit duration "30m"'),
  },
  P310: {
    severity: "error",
    title: "a field that does not exist",
    explanation:
      "The vocabulary is closed, and so are records like a table, a column or what `decide` gives: a misspelt field would be undefined, and a rule with it would never fire.",
    wrong: policy('deny "no" if target.«enviroment» == "production"'),
    right: policy('deny "no" if target.environment == "production"'),
  },
  P311: {
    severity: "error",
    title: "labels read while labels are computed",
    explanation:
      "`label` statements say what labels a column has; they cannot ask for labels, or for what a statement does with the column.",
    wrong: policy('label column as "pii" if column.«label» == "pii.email"'),
    right: policy('label column as "pii" if column.name == "email"'),
  },
  P312: {
    severity: "error",
    title: "a value that cannot occur",
    explanation:
      "The attribute is one of a known list of words, such as the kinds of statements, and this is none of them. The same holds for rules and functions that return such a word.",
    wrong: policy('deny "no" if query.kind == «"drop_tabel"»'),
    right: policy('deny "no" if query.kind == "drop_table"'),
  },
  P320: {
    severity: "error",
    title: "a value without fields or members",
    explanation:
      "Strings, numbers and booleans have neither fields nor members, and arrays and sets have no fields: the expression is always undefined. `some x in xs` looks at the members of a collection.",
    wrong: policy('deny "no" if query.tables.«name» == "users"'),
    right: policy('deny "no" if {\n    some table in query.tables\n    table.name == "users"\n}'),
  },
  P321: {
    severity: "error",
    title: "arithmetic with what is no number",
    explanation:
      "`+ - * / %` take numbers, `- & |` sets too: with anything else the expression is undefined. Texts are joined by `concat` or an interpolated string.",
    wrong: policy('deny «"kind "» + query.kind if not query.has_where'),
    right: policy('deny $"kind {query.kind}" if not query.has_where'),
  },
  P322: {
    severity: "error",
    title: "an argument that the function does not take",
    explanation: "The function is undefined for a value of this type, so the condition never holds.",
    wrong: policy('deny "no" if startswith(«principal.groups», "contractor")'),
    right: policy('deny "no" if {\n    some group in principal.groups\n    startswith(group, "contractor")\n}'),
  },
  P323: {
    severity: "error",
    title: "a comparison that never holds",
    explanation:
      "The two sides are of different types, and values of different types are never equal. A set is compared with a set, `{…}`, an array with an array, `[…]`; a single value is looked for with `in`.",
    wrong: policy('allow if «principal.groups == "dba"»'),
    right: policy('allow if "dba" in principal.groups'),
  },
  P324: {
    severity: "error",
    title: "a pattern that is none",
    explanation:
      "Regular expressions are those of RE2, which take time linear in the text: there is neither look-around nor a back-reference. A rule with a pattern that cannot be read fails whenever it is asked, and refuses the statement.",
    wrong: policy('deny "no" if regex.match(«`(?=x)y`», query.text)'),
    right: policy('deny "no" if regex.match(`y`, query.text)'),
  },
  P330: {
    severity: "error",
    title: "a row with a name that means something else",
    explanation:
      "The name after `as` stands for a row of the filtered table; it cannot be a root of the vocabulary, `input` or `data`.",
    wrong: policy("filter public.orders as «session» where session.user == principal.id"),
    right: policy("filter public.orders as row where row.user == principal.id"),
  },
  P331: {
    severity: "error",
    title: "a row's column where rows are not yet read",
    explanation:
      "What follows `if` tells for whom the filter is, before any row is read. Conditions on the row belong into `where`.",
    wrong: policy('filter public.orders as row where row.region == "eu" if «row».status == "open"'),
    right: policy('filter public.orders as row where {\n    row.region == "eu"\n    row.status == "open"\n}'),
  },
  P332: {
    severity: "error",
    title: "a condition on a row that cannot become SQL",
    explanation:
      "The conditions of `where` become one SQL predicate. Columns of the row can be compared, looked for with `in`, tested for `null`, negated, calculated with, and passed to `startswith`, `endswith`, `contains`, `lower`, `upper` and `trim`; everything known before the row may be used as in any rule.",
    wrong: policy("filter public.orders as row where «count(row.items)» > 3"),
    right: policy("filter public.orders as row where row.item_count > 3"),
  },
} as const satisfies Record<string, CodeEntry>;
