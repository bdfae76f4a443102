/** Expressions of each kind over what a scope offers. */
import type { Kind } from "./schema.ts";
import { quoteLiteral, type Scope } from "./scope.ts";
import { specialForms } from "./special-forms.ts";

/** An expression of the kind, at most `depth` calls deep. */
export function expression(kind: Kind, scope: Scope, depth: number): string {
  const { choices } = scope;
  if (kind === "bool" && scope.isPlain) return plainCondition(scope, depth);
  if (depth <= 0) return leaf(kind, scope);
  if (scope.ungrouped !== undefined && choices.chance(50)) return aggregate(kind, scope.ungrouped, depth - 1);
  return choices.weighted<string>([
    [5, () => leaf(kind, scope)],
    [4, () => compound(kind, scope, depth - 1)],
    [1, () => generic(kind, scope, depth - 1)],
  ]);
}

/** A column where there is one of the kind, else a literal. */
function leaf(kind: Kind, scope: Scope): string {
  const columns = scope.columns.filter((column) => column.kind === kind);
  if (columns.length > 0 && !scope.choices.chance(15)) return scope.choices.pick(columns).sql;
  return literal(kind, scope);
}

const literals: Readonly<Record<Kind, readonly string[]>> = {
  int: ["1", "0", "2", "7", "42", "-1", "100"],
  numeric: ["1.5", "0", "1000", "99.99", "45000"],
  text: ["a", "", "1", "4", "***", "%1%", "a***@example.com", "Berlin", "ssn", "ü", "00"],
  bool: ["true", "false"],
  date: ["1980-01-01", "2025-06-15"],
  timestamptz: ["2025-06-15 12:00:00+00", "2020-01-01 00:00:00+00"],
  jsonb: ["{}", '{"language": "en"}', "[1, 2]"],
  "text[]": ["{}", "{refund}", "{a,b}"],
  enum: ["new"],
  inet: ["203.0.113.7", "198.51.100.0/24"],
};

/** PostgreSQL's name of the type; enums are compared as text. */
export const typeNames: Readonly<Record<Kind, string>> = {
  int: "int",
  numeric: "numeric",
  text: "text",
  bool: "boolean",
  date: "date",
  timestamptz: "timestamptz",
  jsonb: "jsonb",
  "text[]": "text[]",
  enum: "order_status",
  inet: "inet",
};

export function literal(kind: Kind, scope: Scope): string {
  const { choices } = scope;
  const value = choices.pick(literals[kind]);
  const parameter = choices.parameter(value);
  if (parameter !== undefined) return `${parameter}::${typeNames[kind]}`;
  if (kind === "int" || kind === "bool") return value.startsWith("-") ? `(${value})` : value;
  if (kind === "numeric") return value;
  return choices.chance(5) ? `null::${typeNames[kind]}` : `${quoteLiteral(value)}::${typeNames[kind]}`;
}

/** A literal or parameter without a type of its own: what it is compared with gives it one. */
function untyped(scope: Scope): string {
  const value = scope.choices.pick(literals.text);
  return scope.choices.parameter(value) ?? quoteLiteral(value);
}

/** Forms that exist for every kind. */
function generic(kind: Kind, scope: Scope, depth: number): string {
  const of = () => expression(kind, scope, depth);
  const truth = () => expression("bool", scope, depth);
  const { choices } = scope;
  return choices.weighted<string>([
    [3, () => `coalesce(${of()}, ${of()})`],
    [3, () => `case when ${truth()} then ${of()} else ${of()} end`],
    [1, () => `nullif(${of()}, ${of()})`],
    [3, () => scope.subqueries.scalar(kind, scope)],
    [1, () => (kind === "jsonb" || kind === "text[]" || kind === "bool" ? of() : `greatest(${of()}, ${of()})`)],
    [1, () => `(array[${of()}, ${of()}])[1]`],
    [1, () => `(${of()})`],
  ]);
}

function compound(kind: Kind, scope: Scope, depth: number): string {
  const on = (wanted: Kind) => expression(wanted, scope, depth);
  const { choices } = scope;
  const rows = scope.items;
  const anyRow = () => choices.pick(rows).alias;
  const special = specialForms(kind, scope, on);
  if (special.length > 0 && choices.chance(15)) return choices.weighted(special);
  switch (kind) {
    case "text":
      return choices.weighted<string>([
        [2, () => `lower(${on("text")})`],
        [2, () => `upper(${on("text")})`],
        [1, () => `reverse(${on("text")})`],
        [2, () => `md5(${on("text")})`],
        [3, () => `left(${on("text")}, ${choices.below(5) - 1})`],
        [2, () => `right(${on("text")}, 3)`],
        [2, () => `substr(${on("text")}, ${choices.below(4) + 1}, 2)`],
        [3, () => `(${on("text")} || ${on("text")})`],
        [1, () => `concat(${on("text")}, '-', ${on("int")})`],
        [1, () => `format('%s/%L', ${on("text")}, ${on("date")})`],
        [1, () => `regexp_replace(${on("text")}, '[0-9a-c]', '#', 'g')`],
        [1, () => `split_part(${on("text")}, '@', 1)`],
        [1, () => `translate(${on("text")}, '0123', 'abcd')`],
        [1, () => `(${on("int")})::text`],
        [1, () => `(${on("numeric")})::varchar(6)`],
        [1, () => `to_char(${on("date")}, 'YYYY-MM')`],
        [1, () => `(${on("date")})::text`],
        [1, () => `(${on("enum")})::text`],
        [1, () => `host(${on("inet")})`],
        [1, () => `(${on("jsonb")} ->> 'language')`],
        [1, () => `array_to_string(${on("text[]")}, ',')`],
        [1, () => `cast(${on("text")} as char(3))`],
        [1, () => `(${on("text")} collate "C")`],
        [1, () => `substring(${on("text")} from '..$')`],
        [1, () => `trim(both '4*' from ${on("text")})`],
        [1, () => `(select string_agg(l, '' order by l) from regexp_split_to_table(${on("text")}, '') as l)`],
        ...(rows.length === 0
          ? []
          : ([
              [3, () => `${anyRow()}::text`],
              [2, () => `to_jsonb(${anyRow()}) ->> '${choices.pick(["ssn", "email", "salary", "id", "contact"])}'`],
              [1, () => `row_to_json(${anyRow()})::text`],
              [1, () => `md5(${anyRow()}::text)`],
              [1, () => `concat(${anyRow()})`],
              [1, () => `(select value from jsonb_each_text(to_jsonb(${anyRow()})) order by key limit 1)`],
            ] as const)),
      ]);
    case "int":
      return choices.weighted<string>([
        [3, () => `length(${on("text")})`],
        // Fails for values that few rows have, or only hidden ones.
        [1, () => `(100 / length(${on("text")}))`],
        [2, () => `ascii(${on("text")})`],
        [2, () => `strpos(${on("text")}, ${on("text")})`],
        [1, () => `position('4' in ${on("text")})`],
        [3, () => `(${on("int")} + ${on("int")})`],
        [1, () => `(${on("int")} - ${on("int")})`],
        [1, () => `(${on("int")} % 7)`],
        [1, () => `extract(year from ${on("date")})::int`],
        [1, () => `extract(month from ${on("timestamptz")})::int`],
        [1, () => `cardinality(${on("text[]")})`],
        [1, () => `hashtext(${on("text")})`],
        [1, () => `abs(${on("int")})`],
        [1, () => `round(${on("numeric")} % 1000)::int`],
        [1, () => `(${on("bool")})::int`],
        [1, () => `octet_length(${on("text")})`],
        [1, () => mayFail(scope, depth)],
        ...(rows.length === 0
          ? []
          : ([
              [2, () => `num_nulls(${anyRow()})`],
              [1, () => `length(${anyRow()}::text)`],
            ] as const)),
      ]);
    case "numeric":
      return choices.weighted<string>([
        [2, () => `(${on("numeric")} + ${on("numeric")})`],
        [1, () => `(${on("numeric")} * 2)`],
        [1, () => `round(${on("numeric")}, 1)`],
        [1, () => `abs(${on("numeric")})`],
        [2, () => `(${on("int")})::numeric`],
        [1, () => `trunc(${on("numeric")} / 10)`],
      ]);
    case "bool":
      return condition(scope, depth);
    case "date":
      return choices.weighted<string>([
        [2, () => `(${on("date")} + ${choices.below(40)})`],
        [1, () => `date_trunc('month', ${on("date")})::date`],
        [1, () => `(${on("timestamptz")})::date`],
      ]);
    case "timestamptz":
      return choices.weighted<string>([
        [1, () => `date_trunc('year', ${on("timestamptz")})`],
        [1, () => `(${on("date")})::timestamptz`],
        [1, () => `(${on("timestamptz")} + interval '1 day')`],
      ]);
    case "jsonb":
      return choices.weighted<string>([
        [2, () => `to_jsonb(${on("text")})`],
        [2, () => `jsonb_build_object('v', ${on("text")}, 'n', ${on("int")})`],
        [1, () => `jsonb_build_array(${on("text")}, ${on("date")})`],
        ...(rows.length === 0
          ? []
          : ([
              [4, () => `to_jsonb(${anyRow()})`],
              [2, () => `row_to_json(${anyRow()})::jsonb`],
              [1, () => `jsonb_build_object('row', ${anyRow()})`],
              [1, () => `to_jsonb(array[${anyRow()}])`],
            ] as const)),
      ]);
    case "text[]":
      return choices.weighted<string>([
        [2, () => `array[${on("text")}, ${on("text")}]`],
        [1, () => `string_to_array(${on("text")}, '-')`],
        [1, () => `regexp_match(${on("text")}, '(.)(.)')`],
        [1, () => `(${on("text[]")} || ${on("text")})`],
      ]);
    case "enum":
      return leaf("enum", scope);
    case "inet":
      return choices.weighted<string>([
        [2, () => `network(${on("inet")})::inet`],
        [1, () => `(${on("inet")} + 1)`],
      ]);
    default:
      return kind satisfies never;
  }
}

/** What raises an error for some values: its text, and that there is one, must not tell about hidden ones. */
function mayFail(scope: Scope, depth: number): string {
  const { choices } = scope;
  const text = () => expression("text", scope, depth);
  if (!choices.chance(25)) return `length(${text()})`;
  return choices.weighted<string>([
    [2, () => `(${text()})::int`],
    [2, () => `(1 / (ascii(${text()}) - 50))`],
    [1, () => `(1 / nullif(length(${text()}) - 11, 0))`],
    [1, () => `extract(year from (${text()})::date)::int`],
    [1, () => `(('{' || ${text()} || '}')::jsonb ->> 'a')::int`],
  ]);
}

/** As applications ask: columns beside columns and values, which can never fail. */
function plainCondition(scope: Scope, depth: number): string {
  const { choices } = scope;
  const kinds = (["int", "text", "date", "bool", "timestamptz"] as const).filter((kind) =>
    scope.columns.some((column) => column.kind === kind),
  );
  if (kinds.length === 0) return "true";
  const kind = choices.pick(kinds);
  const columns = scope.columns.filter((column) => column.kind === kind);
  const column = () => choices.pick(columns).sql;
  const value = () => literal(kind, scope);
  const below = () => plainCondition(scope, depth - 1);
  return choices.weighted<string>([
    [6, () => `${column()} ${choices.pick(["=", "=", "<>", "<", ">="])} ${value()}`],
    [3, () => `${column()} ${choices.pick(["=", "<="])} ${column()}`],
    [1, () => `${column()} in (${value()}, ${value()})`],
    [1, () => `${column()} = any(array[${value()}])`],
    [1, () => `${column()} between ${value()} and ${value()}`],
    [1, () => `${column()} is ${choices.pick(["", "not "])}null`],
    [1, () => `${column()} is distinct from ${value()}`],
    [depth > 0 ? 2 : 0, () => `(${below()} ${choices.pick(["and", "or"])} ${below()})`],
    [depth > 0 ? 1 : 0, () => `not (${below()})`],
    [depth > 0 ? 1 : 0, () => scope.subqueries.exists(scope)],
  ]);
}

function condition(scope: Scope, depth: number): string {
  const { choices } = scope;
  const on = (wanted: Kind) => expression(wanted, scope, depth);
  const comparison = () => {
    const kind = choices.pick(["text", "text", "text", "int", "numeric", "date", "timestamptz", "jsonb"] as const);
    return `${on(kind)} ${choices.pick(["=", "<>", "<", "<=", ">", ">="])} ${on(kind)}`;
  };
  const pattern = () => {
    const value = choices.pick(["%1%", "4%", "_a%", "a%@example.com", "%*%", "%"]);
    return choices.parameter(value) ?? quoteLiteral(value);
  };
  const textColumns = scope.columns.filter((column) => column.kind === "text");
  const probes = scope.items.flatMap(({ alias, table }) =>
    (table?.probes ?? []).map((probe) => `(${probe.replaceAll("#", alias)})`),
  );
  return choices.weighted<string>([
    [6, comparison],
    [probes.length === 0 ? 0 : 3, () => choices.pick(probes)],
    [1, () => `${on("text")} like '${choices.pick(["Ze", "No", "w", "A"])}\\'`],
    [1, () => `(1 / ${on("numeric")}) < 5`],
    [3, () => `${on("text")} like ${pattern()}`],
    [1, () => `${on("text")} ilike ${pattern()}`],
    [2, () => `${on("text")} ~ ${quoteLiteral(choices.pick(["^[0-4]", "[a-f].*@", "\\*", "1.*7"]))}`],
    [1, () => `${on("text")} similar to '%(1|2|3)%'`],
    [2, () => `${on("text")} in (${on("text")}, ${on("text")})`],
    // Without a cast, a literal or parameter takes the column's type: the mask must have kept it.
    [3, () => (textColumns.length === 0 ? comparison() : `${choices.pick(textColumns).sql} = ${untyped(scope)}`)],
    [1, () => `${on("text")} = any(array[${on("text")}, '***'])`],
    [1, () => `${on("text")} between ${on("text")} and ${on("text")}`],
    [2, () => `${on("text")} is ${choices.pick(["null", "not null"])}`],
    [1, () => `${on("numeric")} is null`],
    [2, () => `${on("text")} is distinct from ${on("text")}`],
    [1, () => `(${on("text")}, ${on("int")}) < (${on("text")}, ${on("int")})`],
    [2, () => `(${on("bool")} and ${on("bool")})`],
    [2, () => `(${on("bool")} or ${on("bool")})`],
    [1, () => `not (${on("bool")})`],
    [1, () => `starts_with(${on("text")}, '4')`],
    [1, () => `${on("jsonb")} @> '{"ssn": "***"}'`],
    [1, () => `${on("text[]")} && array['refund', 'a']`],
    [2, () => scope.subqueries.exists(scope)],
    [2, () => scope.subqueries.membership(scope)],
    [1, () => `(${on("bool")}) is ${choices.pick(["true", "not true", "unknown"])}`],
  ]);
}

/** Aggregates whose result does not depend on the order of their input, or that fix it. */
function aggregate(kind: Kind, scope: Scope, depth: number): string {
  const { choices } = scope;
  const on = (wanted: Kind) => expression(wanted, scope, depth);
  const filter = choices.chance(15) ? ` filter (where ${on("bool")})` : "";
  const rows = scope.items;
  switch (kind) {
    case "text":
      return choices.weighted<string>([
        [3, () => `max(${on("text")})${filter}`],
        [3, () => `min(${on("text")})${filter}`],
        [3, () => ordered("string_agg", on("text"), ", ','", filter)],
        [1, () => `string_agg(distinct ${on("text")}, '')${filter}`],
        [1, () => `percentile_disc(0.5) within group (order by ${on("text")})`],
        [1, () => `array_to_string(${ordered("array_agg", on("text"), "", filter)}, '|')`],
      ]);
    case "int":
      return choices.weighted<string>([
        [3, () => `count(*)${filter}::int`],
        [2, () => `count(${on("text")})${filter}::int`],
        [3, () => `count(distinct ${on("text")})${filter}::int`],
        [2, () => `max(${on("int")})${filter}`],
        [1, () => `min(${on("int")})${filter}`],
        [1, () => `(rank(${literal("text", scope)}) within group (order by ${on("text")})${filter})::int`],
        ...(rows.length === 0
          ? []
          : ([[1, () => `count(distinct ${choices.pick(rows).alias})${filter}::int`]] as const)),
      ]);
    case "numeric":
      return choices.weighted<string>([
        [2, () => `sum(${on("numeric")})${filter}`],
        [1, () => `round(avg(${on("numeric")})${filter}, 4)`],
        [1, () => `max(${on("numeric")})${filter}`],
        [1, () => `sum(${on("int")})${filter}::numeric`],
      ]);
    case "bool":
      return choices.weighted<string>([
        [1, () => `bool_or(${on("bool")})${filter}`],
        [1, () => `bool_and(${on("bool")})${filter}`],
        [1, () => `count(*)${filter} > 1`],
      ]);
    case "jsonb":
      return choices.weighted<string>([
        [2, () => ordered("jsonb_agg", on("text"), "", filter)],
        [1, () => ordered("jsonb_agg", on("jsonb"), "", filter)],
        [1, () => ordered("json_arrayagg", on("text"), "", filter).concat("::jsonb")],
        [1, () => `json_objectagg(coalesce(${on("text")}, ''): 1 returning jsonb)${filter}`],
        ...(rows.length === 0
          ? []
          : ([
              [2, () => ordered("jsonb_agg", choices.pick(rows).alias, "", filter)],
              [1, () => `to_jsonb(${ordered("array_agg", choices.pick(rows).alias, "", filter)})`],
            ] as const)),
      ]);
    case "text[]":
      return ordered("array_agg", on("text"), "", filter).concat("::text[]");
    case "date":
    case "timestamptz":
    case "inet":
      return `${choices.pick(["max", "min"])}(${on(kind)})${filter}`;
    case "enum":
      return `max(${leaf("enum", scope)})${filter}`;
    default:
      return kind satisfies never;
  }
}

/** Equal values look alike, so ordering by the value itself fixes the result. */
function ordered(name: string, argument: string, more: string, filter: string): string {
  return `${name}(${argument}${more} order by ${argument})${filter}`;
}
