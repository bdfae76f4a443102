import { expect, test } from "vitest";
import { PolicySet } from "./policy-set.ts";
import { signatureAt } from "./signature.ts";

const other = {
  path: "/policies/directory.policy",
  text: "package directory\n\n# Whether somebody is known.\nknown(who, [where, _]) := who in data.people[where]\n",
};
const head = `package acme

import data.directory as dir

asks(column, group) if { column.name == "x"; group in principal.groups }

`;

/** The signature at the `|`, with the parameter that is active between `«` and `»`, and what is said of it. */
function shown(marked: string): string | undefined {
  const text = head + marked;
  const offset = text.indexOf("|", head.length);
  const source = { path: "/policies/acme.policy", text: text.slice(0, offset) + text.slice(offset + 1) };
  const found = signatureAt(new PolicySet([source, other], {}), source.path, offset);
  if (found === undefined) return undefined;
  const { label, documentation, parameters, active } = found;
  const [start, end] = parameters[active] ?? [label.length, label.length];
  const marks = `${label.slice(0, start)}«${label.slice(start, end)}»${label.slice(end)}`;
  return documentation === undefined ? marks : `${marks} ${documentation}`;
}

test.each([
  ["a builtin", 'deny "no" if startswith(|', /^startswith\(«text: string», prefix: string\) → boolean \w/],
  ["its second argument", 'deny "no" if startswith(query.text, |)', /^startswith\(text: string, «prefix: string»\)/],
  ["in a string", 'deny "no" if startswith(query.text, "sel|")', /^startswith\(text: string, «prefix: string»\)/],
  ["with dots", 'deny "no" if regex.match(`a`, |)', /^regex\.match\(pattern: string, «text: string»\)/],
  ["within another", 'deny "no" if count(split(query.text, |))', /^split\(text: string, «delimiter: string»\)/],
  ["behind another", 'deny "no" if concat(split(query.text, "a"), |)', /^concat\(delimiter: string, «/],
  ["in a list within", 'deny "no" if concat(",", [query.text, |])', /^concat\(delimiter: string, «.*»\) → string/],
  ["a mask", "mask public.users.ssn with partial(0, |)", /^partial\(keep_first, «keep_last», \[char\]\) \w/],
  ["a mask for columns", "mask column with partial(|", /^partial\(«keep_first», keep_last, \[char\]\) \w/],
  ["a function", 'deny "no" if { some column in query.columns; asks(column, |) }', /^asks\(column, «group»\)/],
  ["one that is imported", 'deny "no" if dir.known(|)', /^known\(«who», arg2\).* Whether somebody is known\.$/],
  ["one by its path", 'deny "no" if data.directory.known("a", |)', /^known\(who, «arg2»\)/],
  ["too many arguments", 'deny "no" if upper(query.text, |)', /^upper\(text: string\) → string«»/],
])("the signature of %s", (_, marked, signature) => {
  expect(shown(marked)).toMatch(signature);
});

test.each([
  ["outside of a call", 'deny "no" if |'],
  ["behind a call", 'deny "no" if upper(query.text) | == "A"'],
  ["in parentheses", "allow if (query.joins + |)"],
  ["of nothing known", 'deny "no" if no_such(|'],
  ["of a rule without parameters", 'deny "no" if dir(|'],
  ["in a comment", "allow if true # upper(|"],
])("no signature %s", (_, marked) => {
  expect(shown(marked)).toBeUndefined();
});
