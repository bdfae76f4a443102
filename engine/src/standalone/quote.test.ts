import fc from "fast-check";
import { expect, test } from "vitest";
import { quoted } from "./quote.ts";

const hostile = fc.constantFrom(..."' \" \\ ` ${ */ /* // <!-- --> </script> \u2028 \u2029 \n \r \0 \ud800".split(" "));
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.oneof(hostile, fc.string())).map((parts) => parts.join("")),
);

test("a quoted text is a literal of that text, whatever it holds", () => {
  fc.assert(
    fc.property(text, (given) => {
      // oxlint-disable-next-line typescript/no-implied-eval, typescript/no-unsafe-call -- what the literal means is what is tested
      expect(new Function(`return ${quoted(given)};`)()).toBe(given);
    }),
    { numRuns: 2_000 },
  );
});

test("a quoted text stays on its line, in its quotes, out of comments and out of a page's markup", () => {
  fc.assert(
    fc.property(text, (given) => {
      const inside = quoted(given).slice(1, -1);
      expect(inside).toMatch(/^[ -~]*$/);
      expect(inside).not.toMatch(/['`$<>*]|\\(?!u[0-9a-f]{4})/);
    }),
    { numRuns: 2_000 },
  );
});
