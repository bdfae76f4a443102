import { expect, test } from "vitest";
import { parseSearchPath } from "./search-path.ts";

test.each([
  ['"$user", public', ["login", "public"]],
  ["$user,public", ["login", "public"]],
  ['Public, "Public", "with ""quotes"" and, comma"', ["public", "Public", 'with "quotes" and, comma']],
  ['""', []],
  ["", []],
  ["  a  ,b ", ["a", "b"]],
])("the search_path %j names %j", (value, expected) => {
  expect(parseSearchPath(value, "login").searchPath).toEqual(expected);
});
