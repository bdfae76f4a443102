/** Expressions of each kind over what a scope offers, in the syntax of MySQL and MariaDB. */
import { inner, type Kind, type Query, quoteText, type Scope } from "./scope.ts";

type Weighted = readonly [weight: number, make: () => string];

/** An expression of the kind, at most `depth` calls deep. */
export function expression(kind: Kind, scope: Scope, depth: number): string {
  const { choices } = scope;
  if (depth <= 0) return leaf(kind, scope);
  if (scope.ungrouped !== undefined && choices.chance(50)) return aggregate(kind, scope.ungrouped, depth - 1);
  return choices.weighted<string>([
    [5, () => leaf(kind, scope)],
    [4, () => choices.weighted(compound(kind, scope, depth - 1))],
    [2, () => generic(kind, scope, depth - 1)],
  ]);
}

/** A column where there is one of the kind, now and then one of another kind, else a literal. */
function leaf(kind: Kind, scope: Scope): string {
  const { choices } = scope;
  if (choices.chance(6) && scope.columns.length > 0) return choices.pick(scope.columns).sql;
  const columns = scope.columns.filter((column) => column.kind === kind);
  return columns.length > 0 && !choices.chance(15) ? choices.pick(columns).sql : literal(kind, scope);
}

const literals: Readonly<Record<Kind, readonly string[]>> = {
  int: ["1", "0", "2", "7", "300", "-1", "9223372036854775807"],
  decimal: ["1.5", "0", "300", "99.99", "3333"],
  text: ["a", "", "1", "***", "%1%", "a***@one.example", "bonn", "ssn", "ü", "00", "noted", "%secret%"],
  date: ["1980-01-01", "2025-06-15", "2024-02-30"],
  datetime: ["2024-03-01 00:00:00", "2025-06-15 12:00:00", "nonsense"],
  json: ["{}", '{"language": "en"}', "[1, 2]", "{"],
};

function literal(kind: Kind, scope: Scope): string {
  const { choices } = scope;
  if (choices.chance(4)) return "null";
  const value = choices.pick(literals[kind]);
  const parameter = choices.parameter(value);
  if (parameter !== undefined) return parameter;
  if (kind === "int" || kind === "decimal") return value.startsWith("-") ? `(${value})` : value;
  const quoted = quoteText(value);
  if (kind !== "text") return quoted;
  return choices.weighted<string>([
    [12, () => quoted],
    [1, () => `_utf8mb4${quoted}`],
    [1, () => `n${quoted}`],
    [1, () => `x'${Buffer.from(value).toString("hex")}'`],
    [1, () => `/*!50000 ${quoted} */`],
    [1, () => `/*M! ${quoted} */`],
    [1, () => `${quoted} collate utf8mb4_bin`],
  ]);
}

/** Forms that exist for every kind. */
function generic(kind: Kind, scope: Scope, depth: number): string {
  const { choices } = scope;
  const of = () => expression(kind, scope, depth);
  const truth = () => condition(scope, depth);
  const from = inner(scope);
  return choices.weighted<string>([
    [3, () => `coalesce(${of()}, ${of()})`],
    [2, () => `ifnull(${of()}, ${of()})`],
    [2, () => `if(${truth()}, ${of()}, ${of()})`],
    [3, () => `case when ${truth()} then ${of()} else ${of()} end`],
    [1, () => `case ${of()} when ${of()} then ${of()} end`],
    [1, () => `nullif(${of()}, ${of()})`],
    [1, () => (kind === "json" ? of() : `${choices.pick(["greatest", "least"])}(${of()}, ${of()})`)],
    [1, () => `elt(${expression("int", scope, depth)}, ${of()}, ${of()})`],
    [scope.level < 2 ? 4 : 0, () => scalar(kind, from)],
    [1, () => `(${of()})`],
    [1, () => `nvl2(${of()}, ${of()}, ${of()})`],
  ]);
}

/** A subquery for one value. One that gives more is an error, which depends on its rows. */
function scalar(kind: Kind, from: Scope): string {
  const { choices } = from;
  const name = choices.fresh("s");
  return choices.weighted<string>([
    // A derived table sees nothing of what is around it.
    [
      3,
      () => {
        const made = from.query({ ...from, outer: [], columns: [] }, [kind]);
        return `(select ${choices.pick(["min", "max"])}(${name}.${made.outputs[0]?.name}) from (${made.sql}) as ${name})`;
      },
    ],
    [from.outer.length === 0 ? 1 : 0, () => `(${from.query(from, [kind]).sql})`],
    [3, () => onlyFirst(from.query(from, [kind]))],
  ]);
}

/** A query of one column as a value. */
export function onlyFirst({ sql, isOrdered }: Query): string {
  return isOrdered ? `(${sql})` : `(${sql} order by 1 limit 1)`;
}

/** An aggregate that ignores the order of rows. */
function aggregate(kind: Kind, scope: Scope, depth: number): string {
  const { choices } = scope;
  const on = (wanted: Kind) => expression(wanted, scope, depth);
  const distinct = choices.pick(["", "", "distinct "]);
  switch (kind) {
    case "int":
      return choices.weighted<string>([
        [3, () => "count(*)"],
        [3, () => `count(${distinct}${on(choices.pick(["text", "int", "date"]))})`],
        [2, () => `${choices.pick(["min", "max", "sum"])}(${on("int")})`],
        [1, () => `${choices.pick(["bit_and", "bit_or", "bit_xor"])}(${on("int")})`],
        [1, () => `count(distinct ${on("text")}, ${on("int")})`],
      ]);
    case "decimal":
      return choices.weighted<string>([
        [2, () => `${choices.pick(["sum", "avg", "min", "max"])}(${distinct}${on("decimal")})`],
        [1, () => `round(${choices.pick(["stddev", "variance", "var_samp"])}(${on("int")}), 2)`],
      ]);
    case "text":
      return choices.weighted<string>([
        [2, () => `${choices.pick(["min", "max"])}(${on("text")})`],
        [
          2,
          () => {
            const value = on("text");
            return `group_concat(${distinct}${value} order by ${value}${choices.pick(["", " desc"])}${choices.pick(["", " separator '/'"])})`;
          },
        ],
      ]);
    case "json":
      return `json_object('n', count(${on("int")}), 'most', max(${on("text")}))`;
    default:
      return `${choices.pick(["min", "max"])}(${on(kind)})`;
  }
}

function compound(kind: Kind, scope: Scope, depth: number): Weighted[] {
  const { choices } = scope;
  const on = (wanted: Kind) => expression(wanted, scope, depth);
  switch (kind) {
    case "text":
      return [
        [
          2,
          () =>
            `${choices.pick(["lower", "upper", "reverse", "md5", "sha1", "hex", "trim", "soundex", "quote", "to_base64"])}(${on("text")})`,
        ],
        [3, () => `left(${on("text")}, ${choices.below(5)})`],
        [2, () => `right(${on("text")}, 3)`],
        [2, () => `${choices.pick(["substr", "mid"])}(${on("text")}, ${choices.below(4) + 1}, 2)`],
        [1, () => `substring(${on("text")} from 2 for 3)`],
        [3, () => `concat(${on("text")}, ${on("text")})`],
        [1, () => `concat_ws('-', ${on("text")}, ${on("int")})`],
        [1, () => `substring_index(${on("text")}, '@', ${choices.pick(["1", "-1"])})`],
        [1, () => `regexp_replace(${on("text")}, '[0-9a-c]', '#')`],
        [1, () => `regexp_substr(${on("text")}, '[a-c].')`],
        [1, () => `replace(${on("text")}, ${on("text")}, '+')`],
        [1, () => `insert(${on("text")}, 2, 1, '#')`],
        [1, () => `lpad(${on("text")}, 6, '.')`],
        [1, () => `cast(${on(choices.pick(["int", "decimal", "date", "datetime", "json"]))} as char)`],
        [1, () => `convert(${on("text")} using ${choices.pick(["latin1", "utf8mb4", "ascii"])})`],
        [1, () => `date_format(${on("datetime")}, '%Y-%m')`],
        [1, () => `${choices.pick(["dayname", "monthname"])}(${on("date")})`],
        [1, () => `json_unquote(json_extract(${on("json")}, '$.language'))`],
        [1, () => `json_value(${on("json")}, '$.points')`],
        [1, () => `json_type(${on("json")})`],
        [1, () => `extractvalue(concat('<a>', ${on("text")}, '</a>'), ${choices.pick(["'/a'", on("text")])})`],
        [1, () => `updatexml('<a/>', ${on("text")}, '<b/>')`],
        [1, () => `(${on("text")} collate utf8mb4_${choices.pick(["bin", "general_ci", "unicode_ci"])})`],
        [1, () => `weight_string(${on("text")})`],
        [1, () => `aes_decrypt(aes_encrypt(${on("text")}, 'k'), 'k')`],
        [1, () => `column_get(column_create('k', ${on("text")}), 'k' as char)`],
        [1, () => `format(${on("decimal")}, 1)`],
        [1, () => `char(${on("int")} % 128)`],
        [1, () => `make_set(${on("int")}, ${on("text")}, 'y')`],
      ];
    case "int":
      return [
        [3, () => `${choices.pick(["length", "char_length", "ascii", "ord", "crc32"])}(${on("text")})`],
        [1, () => `(100 div length(${on("text")}))`],
        [1, () => `(${on("int")} % ${on("int")})`],
        [1, () => `${choices.pick(["instr", "locate", "strcmp", "find_in_set"])}(${on("text")}, ${on("text")})`],
        [1, () => `position('4' in ${on("text")})`],
        [3, () => `(${on("int")} ${choices.pick(["+", "-", "*", "&", "|", "^", "<<", ">>"])} ${on("int")})`],
        [1, () => `cast(${on(choices.pick(["text", "decimal", "date"]))} as ${choices.pick(["signed", "unsigned"])})`],
        [2, () => `(${condition(scope, depth)})`],
        [1, () => `${choices.pick(["year", "month", "dayofyear", "to_days", "week", "quarter"])}(${on("date")})`],
        [1, () => `extract(${choices.pick(["day", "hour", "year_month"])} from ${on("datetime")})`],
        [1, () => `datediff(${on("date")}, ${on("date")})`],
        [1, () => `timestampdiff(day, ${on("date")}, ${on("datetime")})`],
        [1, () => `interval(${on("int")}, 1, ${on("int")}, 300)`],
        [1, () => `field(${on("text")}, 'a', ${on("text")})`],
        [1, () => `json_length(${on("json")})`],
        [1, () => `exp(${on("int")} % 800)`],
        [1, () => `(${on("text")} + 0)`],
        [1, () => `(- ${on("int")})`],
        [1, () => `~ ${on("int")}`],
        [1, () => `pow(2, ${on("int")})`],
        [1, () => `coercibility(${on("text")})`],
        [1, () => `bit_count(${on("int")})`],
      ];
    case "decimal":
      return [
        [2, () => `(${on("decimal")} ${choices.pick(["+", "-", "*", "/"])} ${on("decimal")})`],
        [1, () => `round(${on("decimal")}, ${choices.pick(["0", "1", "-2"])})`],
        [1, () => `truncate(${on("decimal")}, 1)`],
        [1, () => `${choices.pick(["abs", "floor", "ceil", "sign", "sqrt", "ln"])}(${on("decimal")})`],
        [1, () => `cast(${on("text")} as decimal(10, 2))`],
        [1, () => `(1 / (${on("decimal")} - 300))`],
      ];
    case "date":
      return [
        [2, () => `date_add(${on("date")}, interval ${on("int")} ${choices.pick(["day", "month", "year"])})`],
        [1, () => `(${on("date")} - interval 1 ${choices.pick(["month", "quarter"])})`],
        [2, () => `${choices.pick(["date", "last_day"])}(${on("datetime")})`],
        [1, () => `str_to_date(${on("text")}, '%Y-%m-%d')`],
        [1, () => `makedate(${on("int")}, 17)`],
        [1, () => `cast(${on("text")} as date)`],
        [1, () => `from_days(${on("int")})`],
      ];
    case "datetime":
      return [
        [1, () => `timestamp(${on("date")}, '10:00:00')`],
        [1, () => `addtime(${on("datetime")}, '1:00:00')`],
        [1, () => `timestampadd(hour, ${on("int")}, ${on("datetime")})`],
        [1, () => `convert_tz(${on("datetime")}, '+00:00', '+02:00')`],
        [1, () => `cast(${on("text")} as datetime)`],
        [1, () => `from_unixtime(${on("int")} % 100000 + 100000)`],
      ];
    case "json":
      return [
        [2, () => `json_object('k', ${on("text")}, 'n', ${on("int")})`],
        [1, () => `json_array(${on("text")}, ${on("date")})`],
        [1, () => `json_extract(${on("json")}, ${choices.pick(["'$.language'", "'$[0]'", on("text")])})`],
        [1, () => `json_set(${on("json")}, '$.a', ${on("text")})`],
        [1, () => `json_merge_patch(${on("json")}, ${on("json")})`],
        [1, () => `json_keys(${on("json")})`],
        [1, () => `json_search(${on("json")}, 'one', ${on("text")})`],
      ];
  }
}

export function condition(scope: Scope, depth: number): string {
  const { choices } = scope;
  const on = (wanted: Kind) => expression(wanted, scope, depth - 1);
  const kind = () => choices.pick(["text", "text", "int", "decimal", "date", "datetime"] as const);
  const compare = () => {
    const of = kind();
    return `${on(of)} ${choices.pick(["=", "<>", "<", ">=", "<=>", "!="])} ${on(of)}`;
  };
  if (depth <= 0) return compare();
  const again = () => condition(scope, depth - 1);
  const from = inner(scope);
  const inside = (wanted: readonly Kind[]) => from.query(from, wanted).sql;
  const nested = scope.level < 2 ? 2 : 0;
  return choices.weighted<string>([
    [6, compare],
    [2, () => `${leaf("text", scope)} = ${quoteText(choices.pick(literals.text))}`],
    [2, () => `${leaf("int", scope)} ${choices.pick(["=", ">", "in"])} ${choices.pick(["(2)", "(5)"])}`],
    [2, () => `${on(kind())} is ${choices.pick(["", "not "])}null`],
    [3, () => `${on("text")} ${choices.pick(["", "not "])}like ${on("text")}${choices.pick(["", "", " escape '|'"])}`],
    [
      2,
      () =>
        `${on("text")} ${choices.pick(["", "not "])}${choices.pick(["regexp", "rlike"])} ${choices.pick(["'^[a-f]'", "'1$'", on("text")])}`,
    ],
    [1, () => `${on("text")} ${choices.pick(["", "not "])}between ${on("text")} and ${on("text")}`],
    [1, () => `${on("int")} between ${on("int")} and ${on("int")}`],
    [1, () => `${on("text")} in (${on("text")}, ${on("text")})`],
    [1, () => `(${on("text")}, ${on("int")}) ${choices.pick(["=", "<=>", "<"])} (${on("text")}, ${on("int")})`],
    [1, () => `(${on("int")}, ${on("text")}) in ((1, 'a'), (2, ${on("text")}))`],
    [3, () => `(${again()} ${choices.pick(["and", "or", "xor", "&&"])} ${again()})`],
    [1, () => `not (${again()})`],
    [1, () => `(${again()}) is ${choices.pick(["true", "not false", "unknown"])}`],
    [1, () => `${on("text")} sounds like ${on("text")}`],
    [1, () => `json_contains(${on("json")}, '"en"', '$.language')`],
    [1, () => `json_valid(${on("text")})`],
    [1, () => on("int")],
    [nested, () => `${choices.pick(["", "not "])}exists (${inside(["int"])})`],
    [nested, () => `${on("text")} ${choices.pick(["in", "not in"])} (${inside(["text"])})`],
    [nested, () => `${on("int")} ${choices.pick(["> all", "= any", "<= some"])} (${inside(["int"])})`],
    [nested, () => `(${on("int")}, ${on("text")}) ${choices.pick(["in", "not in"])} (${inside(["int", "text"])})`],
  ]);
}
