import { expect, test } from "vitest";
import { conjuncts, mayFail } from "./failing-expressions.ts";

test.each([
  "((first_name || ' '::text) || last_name)",
  "lower(email)",
  "lower((email)::text)",
  "to_tsvector('simple'::regconfig, ((title || ' '::text) || COALESCE(body, ''::text)))",
  "(deleted_at IS NULL)",
  "((status = 'open'::text) AND (deleted_at IS NULL))",
  "(length(note) > 10)",
  "CASE WHEN (a = b) THEN 'same'::text ELSE \"Name\" END",
])("%s fails for no value", (expression) => {
  expect(mayFail(expression)).toBe(false);
});

test.each([
  "sqrt((salary - (share)::numeric))",
  "(a + b)",
  "(100 / (pay - bonus))",
  "((first_name || last_name))::character varying(10)",
  "(note)::integer",
  "public.own(a, b)",
  '"Own"(a, b)',
  "substr(note, start)",
  "(note ~ pattern)",
  "((doc ->> 'n'::text))::numeric",
])("%s may fail", (expression) => {
  expect(mayFail(expression)).toBe(true);
});

test.each([
  ["(is_short(city) AND (length(ssn) < 100))", ["is_short(city)", "(length(ssn) < 100)"]],
  ["((a > 1) AND (b > 1) AND (c = 'x AND y'::text))", ["(a > 1)", "(b > 1)", "(c = 'x AND y'::text)"]],
  ["((a > b) OR ((c > 1) AND (d > 1)))", ["(a > b) OR ((c > 1) AND (d > 1))"]],
  ["((a > 1) AND ((b > 1) OR (c > 1)))", ["(a > 1)", "((b > 1) OR (c > 1))"]],
  ["(a > b)", ["a > b"]],
  ["(a) AND (b)", ["(a) AND (b)"]],
  ["(CASE WHEN (a AND b) THEN c ELSE d END AND e)", ["(CASE WHEN (a AND b) THEN c ELSE d END AND e)"]],
  ["", [""]],
])("%s wants %j", (expression, expected) => {
  expect(conjuncts(expression)).toEqual(expected);
});
