import { expect, test } from "vitest";
import { assertedTags } from "./asserted-tags.ts";

test.each([
  ["select 1 /*application='shop'*/", { application: "shop" }],
  ["select 1 /* application='shop',route='%2Fpolls%201000' */ ;\n", { application: "shop", route: "/polls 1000" }],
  ["select 1 /*a='it\\'s',b=''*/", { a: "it's", b: "" }],
  ["select 1 /*a='100%'*/", { a: "100%" }],
  ["select '/*b=''c''*/' /*a='1'*/", { a: "1" }],
  ["select 1 /*__proto__='x'*/", Object.fromEntries([["__proto__", "x"]])],
])("tags of %s", (text, tags) => {
  expect(assertedTags(text)).toEqual(tags);
});

test.each([
  "select 1",
  "select 1 /* a comment */",
  "select 1 /*a='1'*/ where true",
  "select 1 /*a='1' b='2'*/",
  "select 1 /*a=1*/",
  "select 1 /*! a='1' */",
  "select 1 /*+ hint */",
  "*/",
  `select 1 /*a='${"x".repeat(3_000)}'*/`,
  `select 1 /*${Array.from({ length: 33 }, (_, index) => `k${index}='v'`).join(",")}*/`,
])("there are none in %s", (text) => {
  expect(assertedTags(text)).toBeUndefined();
});
