import { expect, test } from "vitest";
import { parseModule } from "./parse.ts";

function codes(text: string): string[] {
  return [...new Set(parseModule({ path: "a.policy", text }).diagnostics.map(({ code }) => code))];
}

/** Each took minutes, or threw, when a generated text first looked like it. */
test.each<[string, string, string]>([
  ["templates in templates beyond the limit", `package a\np := ${'$"{'.repeat(200)}1${'}"'.repeat(200)}`, "P102"],
  ["templates that never end", `package a\np := ${'$"{'.repeat(3000)}`, "P103"],
  ["more errors than anybody reads", `package a\n${"p if x y with input.a as 1\n".repeat(3000)}`, "P101"],
  ["brackets that close nothing", `package a\np := [x | ${"\n}".repeat(3000)}`, "P101"],
  ["brackets in templates in brackets", `package a\np := $"{${"[".repeat(3000)}${"]".repeat(3000)}}"`, "P103"],
])("%s are refused at once", (_, text, expected) => {
  expect(codes(text)).toContain(expected);
});

test("templates nest as deep as anybody writes", () => {
  expect(codes(`package a\np := ${'$"{'.repeat(20)}1${'}"'.repeat(20)}`)).toEqual([]);
});
