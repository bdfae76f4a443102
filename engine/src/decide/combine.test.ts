import type { Effect, MaskCall, RuleId } from "@penstock/language";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combine, combineOnce, merge } from "./combine.ts";

const rules = new Map<number, RuleId>();
/** One object a rule, as in a program. */
function rule(line: number): RuleId {
  let id = rules.get(line);
  if (id === undefined) rules.set(line, (id = { package: "test", file: "test.policy", line }));
  return id;
}
const deny = (line: number, message: string): Effect => ({ kind: "deny", rule: rule(line), message });
const mask = (line: number, name: MaskCall["name"], ...args: MaskCall["args"][number][]): Effect => ({
  kind: "mask",
  rule: rule(line),
  column: "public.users.ssn",
  mask: { name, args },
});
const limit = (line: number, value: number): Effect => ({ kind: "limit", rule: rule(line), what: "rows", value });
const error = (line: number, statement: Extract<Effect, { kind: "error" }>["statement"]): Effect => ({
  kind: "error",
  rule: rule(line),
  statement,
  message: "to_number: operand must be a number",
});

describe("combining effects", () => {
  it("combines frozen effects once, others each time", () => {
    const open = [deny(1, "no")];
    expect(combineOnce(open, false)).toEqual(combine(open, false));
    open.push(deny(2, "never"));
    expect(combineOnce(open, false)).toEqual(combine(open, false));
    const settled = Object.freeze([limit(3, 10), deny(1, "no")]);
    expect(combineOnce(settled, false)).toEqual(combine(settled, false));
    expect(combineOnce(settled, false)).toBe(combineOnce(settled, false));
  });

  it("permits when no rule says anything and there is no allow statement", () => {
    expect(combine([], false).reasons).toEqual([]);
  });

  it("refuses when there are allow statements and none fires", () => {
    expect(combine([], true).reasons[0]?.code).toBe("no_allow");
  });

  it("lets deny beat allow", () => {
    expect(
      combine([{ kind: "allow", rule: rule(1) }, deny(2, "no")], true).reasons.map((reason) => reason.message),
    ).toEqual(["no"]);
  });

  const approve = (line: number, ...groups: string[]): Effect => ({
    kind: "approve",
    rule: rule(line),
    groups,
    durationMs: undefined,
    message: undefined,
  });
  const notify = (line: number, channel: string): Effect => ({
    kind: "notify",
    rule: rule(line),
    channel,
    message: undefined,
  });

  it("keeps each approval and each notification, in the order of their rules", () => {
    const { approvals, notifications, reasons } = combine(
      [notify(4, "b"), approve(3, "z"), notify(2, "a"), approve(1, "dba", "oncall")],
      false,
    );
    expect(approvals.map(({ groups }) => groups)).toEqual([["dba", "oncall"], ["z"]]);
    expect(notifications.map(({ channel }) => channel)).toEqual(["a", "b"]);
    expect(reasons).toEqual([]);
  });

  it.each([
    ["deny", 1],
    ["approve", 1],
    ["mask", 1],
    ["limit", 1],
    ["notify", 0],
    ["allow", 0],
  ] as const)("lets an error in a rule that restricts deny: %s", (statement, reasons) => {
    const combined = combine([error(1, statement)], false);
    expect(combined.reasons).toHaveLength(reasons);
    expect(combined.errors).toHaveLength(1);
  });

  it("takes the smallest limit of each kind", () => {
    const of = (line: number, what: "rows" | "duration" | "bytes", value: number): Effect => ({
      kind: "limit",
      rule: rule(line),
      what,
      value,
    });
    expect(
      combine([of(1, "bytes", 5), of(2, "duration", 7), of(3, "bytes", 9), of(4, "duration", 7)], false).limits,
    ).toEqual({
      rows: undefined,
      bytes: { value: 5, rule: rule(1) },
      durationMs: { value: 7, rule: rule(2) },
    });
  });

  it.each([
    ["the stronger wins", [mask(1, "partial", 0, 4), mask(2, "null")], { name: "null", args: [] }],
    [
      "the same mask twice is itself",
      [mask(1, "partial", 0, 4), mask(2, "partial", 0, 4)],
      { name: "partial", args: [0, 4] },
    ],
    [
      "equal strength with other arguments is null",
      [mask(1, "partial", 0, 4), mask(2, "partial", 2, 0)],
      { name: "null", args: [] },
    ],
    [
      "equal strength with another name is null",
      [mask(1, "partial", 0, 4), mask(2, "email")],
      { name: "null", args: [] },
    ],
    ["redact beats token", [mask(1, "token"), mask(2, "redact")], { name: "redact", args: [] }],
  ])("combines masks: %s", (_, effects, expected) => {
    for (const order of [effects, effects.toReversed()]) {
      expect(combine(order, false).masks.get("public.users.ssn")?.mask).toEqual(expected);
    }
  });

  it("takes the smallest limit", () => {
    expect(combine([limit(1, 1000), limit(2, 10), limit(3, 500)], false).limits.rows).toEqual({
      value: 10,
      rule: rule(2),
    });
  });

  it.each(["deny", "mask", "limit", "label"] as const)("denies on an error in a %s rule", (statement) => {
    expect(combine([error(1, statement)], false).reasons[0]?.code).toBe("rule_error");
  });

  it("does not take an error in an allow rule for a permission", () => {
    expect(combine([error(1, "allow")], true).reasons[0]?.code).toBe("no_allow");
    expect(combine([error(1, "allow"), { kind: "allow", rule: rule(2) }], true).reasons).toEqual([]);
  });

  it("gives the same result in any order", () => {
    const effects = [deny(3, "b"), deny(1, "a"), mask(2, "email"), mask(4, "partial", 1, 1), limit(5, 3), limit(6, 2)];
    expect(combine(effects.toReversed(), false)).toEqual(combine(effects, false));
  });
});

const masking: fc.Arbitrary<Effect> = fc.oneof(
  fc.integer({ min: 10, max: 14 }).map((line) => mask(line, "null")),
  fc.integer({ min: 10, max: 14 }).map((line) => mask(line, "partial", line, 0)),
  fc.integer({ min: 15, max: 17 }).map((line) => error(line, "mask")),
);
const anything: fc.Arbitrary<Effect> = fc.oneof(
  masking,
  fc.integer({ min: 1, max: 12 }).map((line): Effect => ({ kind: "allow", rule: rule(line) })),
  fc.integer({ min: 1, max: 12 }).map((line) => deny(line, `no ${line}`)),
  fc.integer({ min: 1, max: 12 }).map((line) => limit(line, line)),
);

it("combines in parts as it combines at once", () => {
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 8 }), fc.array(masking, { maxLength: 8 }), (one, more) => {
      for (const hasAllow of [false, true]) {
        expect(merge(combine(one, hasAllow), combine(more, false))).toEqual(combine([...one, ...more], hasAllow));
      }
    }),
  );
});
