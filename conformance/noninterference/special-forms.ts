/** Expressions with a syntax of their own: SQL/JSON, XML, named and variadic arguments, row comparisons, slices. */
import type { Kind } from "./schema.ts";
import type { Scope } from "./scope.ts";

type Weighted = readonly [weight: number, make: () => string];

/** @param on an expression of a kind, one level deeper */
export function specialForms(kind: Kind, scope: Scope, on: (kind: Kind) => string): Weighted[] {
  const { choices, items, subqueries } = scope;
  const row = () => choices.pick(items).alias;
  switch (kind) {
    case "text":
      return [
        [1, () => `overlay(${on("text")} placing '#' from 2 for 1)`],
        [1, () => `xmlserialize(content xmlelement(name v, xmlattributes(${on("int")} as n), ${on("text")}) as text)`],
        [1, () => `xmlserialize(content xmlforest(${on("text")} as a, ${on("date")} as b) as text)`],
        [1, () => `json_value(${on("jsonb")}, '$.language' default 'none' on empty)`],
        [1, () => `json_serialize(json_object('k': ${on("text")} absent on null))`],
        [2, () => `case ${on("text")} when ${on("text")} then ${on("text")} else ${on("text")} end`],
        [1, () => `concat_ws('-', variadic ${on("text[]")})`],
        [1, () => `normalize(${on("text")}, NFKD)`],
        [1, () => `array_to_string((${on("text[]")})[1:2], '-')`],
        [1, () => `shout(${on("text")})`],
        [1, () => `shout(words => ${on("text")}, times => 2)`],
      ];
    case "int":
      return [
        [1, () => `extract(day from make_interval(days => (${on("int")} % 7)::int))::int`],
        [1, () => `halve(${on("int")})`],
      ];
    case "bool":
      return [
        [1, () => `${on("text")} is ${choices.pick(["", "not "])}json${choices.pick(["", " object", " scalar"])}`],
        [1, () => `json_exists(${on("jsonb")}, '$.language ? (@ == $l)' passing ${on("text")} as l)`],
        [1, () => `(${on("text")}, ${on("int")}) is ${choices.pick(["", "not "])}null`],
        [1, () => `row(${on("text")}, ${on("date")}) is distinct from row(${on("text")}, ${on("date")})`],
        [1, () => `(${on("date")}, ${on("date")}) overlaps (${on("date")}, ${on("date")})`],
        [1, () => `${on("text")} is normalized`],
        [1, () => `${on("text")} not between symmetric ${on("text")} and ${on("text")}`],
        [1, () => `${on("text")} operator(pg_catalog.<) ${on("text")}`],
        ...(items.length === 0
          ? []
          : ([[2, () => `${row()} is ${choices.pick(["", "not "])}null`]] as const satisfies Weighted[])),
      ];
    case "jsonb":
      return [
        [1, () => `json_object('k': ${on("text")}, 'n' value ${on("int")} null on null)::jsonb`],
        [1, () => `json_array(${on("text")}, ${on("int")} null on null returning jsonb)`],
        [1, () => `json_query(${on("jsonb")}, '$.language' with wrapper)`],
        [1, () => `json_scalar(${on("text")})::jsonb`],
      ];
    case "text[]":
      return [
        [1, () => `(${on("text[]")})[2:]`],
        [2, () => `array(${subqueries.texts(scope)} order by 1)`],
      ];
    case "date":
      return [[1, () => `least(current_date, ${on("date")})`]];
    default:
      return [];
  }
}
