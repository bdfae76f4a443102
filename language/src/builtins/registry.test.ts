import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BuiltinError } from "../builtin.ts";
import { format, RegoObject, RegoSet, toValue, type Value } from "../values.ts";
import { builtinDocs, builtinSignature, describeBuiltin } from "./docs.ts";
import { builtins, refusalOf } from "./registry.ts";
import { call } from "./testing.ts";

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom(
    "",
    "a",
    "a/b",
    "1h",
    "10Ki",
    "^a+$",
    "[",
    "%5.2f %d",
    "2024-01-01T00:00:00Z",
    "10.0.0.0/8",
    "1.2.3",
    "{a,b}*",
    "a=1&b",
    "UTC",
  ),
);
const scalar = fc.oneof(
  fc.constantFrom(null, true, false),
  text,
  fc.integer({ min: -70, max: 70 }),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar.map(toValue),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(tie("value"), { maxLength: 4 }).map((members) => RegoSet.from(members)),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 }).map((entries) => RegoObject.fromEntries(entries)),
  ),
}));

test.each([...builtins.values()])(
  "$name gives a value, undefined or a builtin error, and the same again, for any arguments",
  (builtin) => {
    const arity = typeof builtin.arity === "number" ? builtin.arity : builtin.arity.max > 3 ? 3 : builtin.arity.max;
    fc.assert(
      fc.property(fc.array(value, { minLength: arity, maxLength: arity }), (args) => {
        const before = args.map(format).join();
        const first = outcome(builtin.name, args);
        expect(args.map(format).join()).toBe(before);
        expect(builtin.pure ? outcome(builtin.name, args) : first).toBe(first);
      }),
      { numRuns: 60 },
    );
  },
);

/** Throws for anything but a value, undefined or a builtin error. */
function outcome(name: string, args: readonly Value[]): string {
  try {
    const result = call(name, args);
    return result === undefined ? "undefined" : format(result);
  } catch (error) {
    if (error instanceof BuiltinError) return `${error.kind}: ${error.message}`;
    throw error;
  }
}

test("every builtin declares as many argument types as it takes", () => {
  const wrong = [...builtins.values()].filter(
    ({ arity, types }) => types?.args !== undefined && types.args.length !== arity,
  );
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

test("every builtin is documented with a name for each of its parameters, and nothing else is", () => {
  expect(Object.keys(builtinDocs).toSorted()).toEqual([...builtins.keys()].toSorted());
  const wrong = [...builtins.values()].filter(({ name, arity }) => {
    const parameters = builtinDocs[name]?.parameters ?? [];
    return typeof arity === "number" ? parameters.length !== arity : parameters.at(-1)?.endsWith("…") !== true;
  });
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

test.each([
  ["startswith", "startswith(text: string, prefix: string) → boolean"],
  ["sum", "sum(numbers: array<number> | set<number>) → number"],
  ["time.now_ns", "time.now_ns() → number"],
  ["print", "print(values…) → any"],
])("the signature of %s", (name, signature) => {
  const builtin = builtins.get(name);
  expect(builtin && builtinSignature(builtin)).toBe(signature);
});

test.each([
  ["http.send", true],
  ["io.jwt.decode_verify", true],
  ["opa.runtime", true],
  ["graphql.parse", true],
  ["count", false],
  ["io", false],
  ["nonsense.send", false],
])("%s is refused with help: %s", (name, refused) => {
  expect(refusalOf(name) !== undefined).toBe(refused);
  expect(refused && builtins.has(name)).toBe(false);
});

test("a builtin is described by its signature and one sentence", () => {
  const builtin = builtins.get("startswith");
  expect(builtin && describeBuiltin(builtin)).toBe(
    "startswith(text: string, prefix: string) → boolean: Whether the text begins with another.",
  );
});
