import * as fc from "fast-check";
import { type SampleColumn, texts } from "./sample-column.ts";

/** A condition on a row `r`, as a policy has it and as plain Rego over an object without the columns that are NULL. */
export interface Condition {
  readonly policy: string;
  readonly rego: string;
  /** What plain Rego says is comparable: it has no types of SQL, and rounds fractions. */
  readonly isPlain: boolean;
}

type Family = SampleColumn["family"];

const reference = ({ name }: SampleColumn): string => (/^\w+$/.test(name) ? `r.${name}` : `r[${JSON.stringify(name)}]`);

/** Columns whose values plain Rego sees as SQL does. */
const plainFamilies: ReadonlySet<Family> = new Set(["text", "integer", "boolean", "enum", "citext"]);

const isPlainColumn = ({ name, family }: SampleColumn): boolean => plainFamilies.has(family) || name === "n2";

interface Expression {
  readonly text: string;
  readonly isPlain: boolean;
}

const comparison = fc.constantFrom("==", "!=", "<", "<=", ">", ">=");
const equality = fc.constantFrom("==", "!=");

/** What a database cannot hold comes too: it equals nothing. */
const hostileTexts = fc.oneof(
  { weight: 8, arbitrary: texts },
  { weight: 1, arbitrary: fc.constantFrom("\0", "a\0", "\ud800", "a\udc00", "\ud83d") },
);
const textConstant = hostileTexts.map((text) => JSON.stringify(text));

const integerConstant = fc
  .oneof(
    fc.bigInt({ min: -6n, max: 6n }),
    fc.constantFrom(
      32_767n,
      32_768n,
      -32_769n,
      2_147_483_647n,
      2_147_483_648n,
      2n ** 53n + 1n,
      2n ** 63n - 1n,
      2n ** 63n,
      -(2n ** 63n) - 1n,
      10n ** 30n,
    ),
  )
  .map(String);
const fractionConstant = fc.constantFrom(
  "0.1",
  "0.3",
  "2.5",
  "-2.5",
  "-0.5",
  "1e-3",
  "1e300",
  "1e-300",
  "42.0",
  "16777216.5",
);
const numberConstant = fc.oneof({ weight: 3, arbitrary: integerConstant }, { weight: 2, arbitrary: fractionConstant });
const smallConstant = fc.integer({ min: -9, max: 9 }).map(String);

const dayConstant = fc.constantFrom("0001-01-01", "1969-12-31", "1970-01-01", "2024-02-29", "9999-12-28");
const clockConstant = fc.constantFrom(
  "00:00:00",
  "12:00:00.5",
  "23:59:59.999999",
  "00:00:00.0000005",
  "11:59:59.123456789",
);
const dateText = dayConstant.map((day) => JSON.stringify(day));
const timestampText = fc.oneof(
  dateText,
  fc
    .tuple(dayConstant, fc.constantFrom("T", " "), clockConstant)
    .map(([day, gap, clock]) => JSON.stringify(day + gap + clock)),
);
const timestamptzText = fc.oneof(
  fc
    .tuple(dayConstant, clockConstant, fc.constantFrom("Z", "+05:30", "-12:00"))
    .filter(([day]) => !day.startsWith("0001") && !day.startsWith("9999"))
    .map(([day, clock, zone]) => JSON.stringify(`${day}T${clock}${zone}`)),
  fc.constantFrom("0", "1", "-1", "999", "1709164800000000001", "-62135596800000000000", "253402300799999999999"),
);
const uuidText = fc
  .oneof(
    fc.constantFrom("00000000-0000-0000-0000-00000000000A", "ffffffff-ffff-ffff-ffff-ffffffffffff", "no uuid"),
    fc.uuid(),
  )
  .map((text) => JSON.stringify(text));
const enumText = fc.constantFrom("low", "high", "Mid's", "\u00e9", "gone", "").map((text) => JSON.stringify(text));

const constants: Readonly<Record<Family, fc.Arbitrary<string>>> = {
  text: textConstant,
  integer: numberConstant,
  numeric: numberConstant,
  float: numberConstant,
  boolean: fc.constantFrom("true", "false"),
  date: dateText,
  timestamp: timestampText,
  timestamptz: timestamptzText,
  uuid: uuidText,
  enum: enumText,
  citext: textConstant,
};

const cutset = fc
  .constantFrom(" ", "a", "'\\", "", "\u00e9A", "\u{1f600} ", "aA\0")
  .map((text) => JSON.stringify(text));

const atom = (text: string, isPlain: boolean): Condition => ({ policy: text, rego: text, isPlain });

/** Double negation has no spelling in one line of Rego, so what is negated already is negated in a helper. */
function negated(condition: Condition): Condition {
  const not = (text: string): string => (text.startsWith("not ") ? text.slice("not ".length) : `not ${text}`);
  return { policy: not(condition.policy), rego: not(condition.rego), isPlain: condition.isPlain };
}

function together(parts: readonly Condition[], print: (lines: readonly string[]) => string): Condition {
  return {
    policy: print(parts.map(({ policy }) => policy)),
    rego: print(parts.map(({ rego }) => rego)),
    isPlain: parts.every(({ isPlain }) => isPlain),
  };
}

/** Bodies of filters over a row called `r` with these columns. */
export function conditionsOver(sampleColumns: readonly SampleColumn[]): fc.Arbitrary<Condition> {
  const columns = (families: readonly Family[]): fc.Arbitrary<SampleColumn> =>
    fc.constantFrom(...sampleColumns.filter(({ family }) => families.includes(family)));

  const column = (families: readonly Family[]): fc.Arbitrary<Expression> =>
    columns(families).map((one) => ({
      text: reference(one),
      isPlain: isPlainColumn(one),
    }));

  /** A text of the row, with lower, upper and trim around it. */
  const textExpression: fc.Arbitrary<Expression> = fc
    .tuple(
      column(["text", "enum", "citext"]),
      fc.array(
        fc.oneof(
          fc.constantFrom("lower", "upper").map((name) => (text: string) => `${name}(${text})`),
          fc.tuple(fc.constantFrom("trim", "trim_left", "trim_right"), cutset).map(
            ([name, set]) =>
              (text: string) =>
                `${name}(${text}, ${set})`,
          ),
          fc.constant((text: string) => `trim_space(${text})`),
        ),
        { maxLength: 2 },
      ),
    )
    .map(([{ text, isPlain }, edits]) => ({ text: edits.reduce((inner, edit) => edit(inner), text), isPlain }));

  /** Whole numbers and decimals computed with; plain where Rego rounds nothing. */
  const numberExpression: fc.Arbitrary<Expression> = fc.letrec<{ number: Expression }>((tie) => ({
    number: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      fc.oneof(
        { weight: 3, arbitrary: column(["integer"]) },
        { weight: 2, arbitrary: column(["numeric"]).map(({ text }) => ({ text, isPlain: false })) },
        { weight: 1, arbitrary: smallConstant.map((text) => ({ text, isPlain: true })) },
      ),
      fc.tuple(tie("number"), fc.constantFrom("+", "-", "*"), tie("number")).map(([a, operator, b]) => ({
        text: `(${a.text} ${operator} ${b.text})`,
        isPlain: a.isPlain && b.isPlain,
      })),
      fc
        .tuple(tie("number"), fc.constantFrom("3", "-4", "0.5", "7"))
        .map(([a, b]) => ({ text: `(${a.text} / ${b})`, isPlain: false })),
      fc
        .tuple(column(["integer"]), fc.constantFrom("3", "-4", "10"))
        .map(([a, b]) => ({ text: `(${a.text} % ${b})`, isPlain: a.isPlain })),
    ),
  })).number;

  /** A column against a constant of its type, or against another column. */
  const compared: fc.Arbitrary<Condition> = fc.constantFrom(...sampleColumns).chain((one) => {
    const constant = constants[one.family].map((text): Expression => ({ text, isPlain: true }));
    return fc
      .tuple(
        one.family === "enum" ? equality : comparison,
        fc.oneof({ weight: 3, arbitrary: constant }, { weight: 1, arbitrary: column([one.family]) }),
        fc.boolean(),
      )
      .map(([operator, other, isFlipped]) =>
        atom(
          isFlipped && !other.text.startsWith("-")
            ? `${other.text} ${operator} ${reference(one)}`
            : `${reference(one)} ${operator} ${other.text}`,
          // MySQL's flags are numbers to each other.
          isPlainColumn(one) && other.isPlain && (!/^(tinyint|bit)/.test(one.type) || !other.text.startsWith("r")),
        ),
      );
  });

  const isMember: fc.Arbitrary<Condition> = fc
    .constantFrom(...sampleColumns)
    .chain((one) =>
      fc
        .tuple(fc.array(constants[one.family], { minLength: 1, maxLength: 5 }), fc.boolean())
        .map(([members, isSet]) =>
          atom(
            `${reference(one)} in ${isSet ? `{${members.join(", ")}}` : `[${members.join(", ")}]`}`,
            isPlainColumn(one),
          ),
        ),
    );

  const leaf: fc.Arbitrary<Condition> = fc.oneof(
    { weight: 6, arbitrary: compared },
    { weight: 2, arbitrary: isMember },
    {
      weight: 3,
      arbitrary: fc
        .tuple(textExpression, fc.oneof(equality, comparison), textConstant)
        .map(([{ text, isPlain }, operator, constant]) => atom(`${text} ${operator} ${constant}`, isPlain)),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(textExpression, fc.array(textConstant, { minLength: 1, maxLength: 4 }))
        .map(([{ text, isPlain }, members]) => atom(`${text} in {${members.join(", ")}}`, isPlain)),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(
          fc.constantFrom("startswith", "endswith", "contains"),
          textExpression,
          fc.oneof(
            { weight: 3, arbitrary: textConstant.map((text) => ({ text, isPlain: true })) },
            { weight: 1, arbitrary: textExpression },
          ),
          fc.integer({ min: 0, max: 5 }),
        )
        .map(([test, a, b, flip]) =>
          atom(flip === 0 ? `${test}(${b.text}, ${a.text})` : `${test}(${a.text}, ${b.text})`, a.isPlain && b.isPlain),
        ),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(
          numberExpression,
          comparison,
          fc.oneof(
            numberExpression,
            smallConstant.map((text) => ({ text, isPlain: true })),
          ),
        )
        // A condition that begins with a minus would go on with the line before it.
        .filter(([a, , b]) => !a.text.startsWith("-") && (a.text.includes("r.") || b.text.includes("r.")))
        .map(([a, operator, b]) => atom(`${a.text} ${operator} ${b.text}`, a.isPlain && b.isPlain)),
    },
    { weight: 1, arbitrary: columns(["boolean"]).map((one) => atom(reference(one), true)) },
    {
      weight: 2,
      arbitrary: fc.tuple(fc.constantFrom(...sampleColumns), equality).map(([one, operator]) => ({
        policy: `${reference(one)} ${operator} null`,
        rego: `${operator === "==" ? "not " : ""}${JSON.stringify(one.name)} in object.keys(r)`,
        isPlain: true,
      })),
    },
  );

  const signed = fc.tuple(leaf, fc.integer({ min: 0, max: 3 })).map(([one, sign]) => (sign === 0 ? negated(one) : one));

  /** Alternatives by iteration before the row: some of several texts, all of several numbers. */
  const iterated: fc.Arbitrary<Condition> = fc.oneof(
    fc
      .tuple(
        column(["text"]),
        fc.array(textConstant, { minLength: 1, maxLength: 3 }),
        fc.constantFrom("==", "startswith"),
      )
      .map(([{ text, isPlain }, members, how]) =>
        atom(
          `some x in [${members.join(", ")}]\n    ${how === "==" ? `${text} == x` : `startswith(${text}, x)`}`,
          isPlain,
        ),
      ),
    fc
      .tuple(column(["integer"]), fc.array(smallConstant, { maxLength: 3 }))
      .map(([{ text, isPlain }, members]) => atom(`every y in [${members.join(", ")}] { ${text} != y }`, isPlain)),
    fc
      .tuple(textExpression, textConstant, textConstant)
      .map(([{ text, isPlain }, first, second]) =>
        atom(`z := ${text}\n    z != ${first}\n    not z == ${second}`, isPlain),
      ),
  );

  return fc
    .tuple(fc.array(signed, { minLength: 1, maxLength: 3 }), fc.option(iterated, { freq: 3 }))
    .map(([parts, more]) => together(more === null ? parts : [...parts, more], (lines) => lines.join("\n    ")));
}
