import { type CodeEntry, policy } from "./entry.ts";

/** `P4xx`: what is allowed and probably not what its author wants. */
export const lintCodes = {
  P401: {
    severity: "warning",
    title: "a rule that only looks like a denial",
    explanation:
      'A rule called `deny` is an ordinary rule and refuses nothing by itself. A denial is the statement `deny "why" if { … }`.',
    wrong: policy('«deny» contains "no" if query.kind == "drop_table"\n\nallow if count(deny) == 0'),
    right: policy('deny "no" if query.kind == "drop_table"'),
  },
  P402: {
    severity: "warning",
    title: "a variable that is never used",
    explanation:
      "The variable is named once, where it gets its value. Often another name was meant somewhere. What is meant to be ignored is called `_`; a name that begins with `_` is not reported either.",
    wrong: policy(
      'deny "agents read" if {\n    «agent» := principal.kind == "agent"\n    query.category == "write"\n}',
    ),
    right: policy('deny "agents read" if {\n    principal.kind == "agent"\n    query.category == "write"\n}'),
  },
  P403: {
    severity: "warning",
    title: "a parameter that is never used",
    explanation:
      "The function gives the same result whatever is passed here. Where that is meant, the name begins with `_`.",
    wrong: policy('reads(kind, «category») if kind == "select"\n\nallow if reads(query.kind, query.category)'),
    right: policy('reads(kind, _category) if kind == "select"\n\nallow if reads(query.kind, query.category)'),
  },
  P404: {
    severity: "warning",
    title: "an import that is never used",
    explanation: "Nothing in this file uses the imported name.",
    wrong: `package acme\n\n«import data.directory»\n\nallow if "staff" in principal.groups\n`,
    right: `package acme\n\nallow if "staff" in principal.groups\n`,
  },
  P405: {
    severity: "warning",
    title: "a rule that is never used",
    explanation:
      "No decision and no test reaches the rule, directly or through others, so it has no effect. Packages without decisions and tests are libraries for others, and their rules are not reported.",
    wrong: policy('«is_agent» if principal.kind == "agent"\n\ndeny "no" if query.kind == "drop_table"'),
    right: policy(
      'is_agent if principal.kind == "agent"\n\ndeny "no" if {\n    is_agent\n    query.kind == "drop_table"\n}',
    ),
  },
  P406: {
    severity: "warning",
    title: "a name that hides another",
    explanation:
      "A variable, an import or a rule has the name of a rule, an import, a root of the vocabulary or a function. Whoever reads the rule may take it for the other.",
    wrong: policy('deny "no" if {\n    some «target» in data.frozen\n    target == session.database\n}'),
    right: policy('deny "no" if {\n    some name in data.frozen\n    name == session.database\n}'),
  },
  P407: {
    severity: "warning",
    title: "conditions that never hold together",
    explanation:
      "The conditions exclude each other, so the rule never does anything: two different values are asked of one attribute, a kind of statement is not of that category, a collection is empty. One of several is asked with `in {…}`.",
    wrong: policy('deny "no" if {\n    query.kind == "drop_table"\n    «query.kind == "drop_schema"»\n}'),
    right: policy('deny "no" if query.kind in {"drop_table", "drop_schema"}'),
  },
  P408: {
    severity: "warning",
    title: "a mask that never shows",
    explanation:
      "Of two masks on one column the stronger wins, and a stronger one holds whenever this one does. The order is `null`; `redact` and `constant`; `token`; `truncate`, `round` and `bucket`; `email` and `partial`.",
    wrong: policy(
      'mask public.users.phone with «partial»(0, 2) if principal.kind == "human"\n\nmask public.users.phone with redact()',
    ),
    right: policy(
      'mask public.users.phone with partial(0, 2)\n\nmask public.users.phone with redact() if principal.kind == "agent"',
    ),
  },
  P409: {
    severity: "warning",
    title: "a statement that adds nothing",
    explanation: "Another statement or rule says the same, under the same or fewer conditions.",
    wrong: policy(
      'deny "no" if query.kind == "drop_table"\n\n«deny» "no" if {\n    query.kind == "drop_table"\n    principal.kind == "agent"\n}',
    ),
    right: policy('deny "no" if query.kind == "drop_table"'),
  },
  P410: {
    severity: "warning",
    title: "a test that cannot fail",
    explanation: "The test asks for nothing, so it passes whatever the policies say.",
    wrong: policy(
      'deny "no" if query.kind == "drop_table"\n\n«test_nobody_drops_tables» if {\n    _ := decide("drop table users")\n}',
    ),
    right: policy(
      'deny "no" if query.kind == "drop_table"\n\ntest_nobody_drops_tables if {\n    decision := decide("drop table users")\n    decision.outcome == "deny"\n}',
    ),
  },
  P411: {
    severity: "warning",
    title: "a negation that also holds where there is nothing",
    explanation:
      'What may be absent is undefined then, a comparison with it does not hold, and so its negation does: `not principal.claims.region == "eu"` is true of a principal without a region. Ask for it first, or say what holds without it: `object.get(principal.claims, "region", "none") != "eu"`. A reference by itself, `not principal.on_behalf_of`, asks for nothing but whether it is there.',
    wrong: policy('mask column with redact() if not «principal.claims.region» == "eu"'),
    right: policy('mask column with redact() if object.get(principal.claims, "region", "none") != "eu"'),
  },
  P412: {
    severity: "warning",
    title: "`!=` with one of many",
    explanation:
      'The condition goes through a collection and holds as soon as one member differs, which is nearly always the case. That none is equal is written `not "dba" in principal.groups`, or `every group in principal.groups { group != "dba" }`. A variable that other conditions or the head look at too is not reported: it was chosen for that.',
    wrong: policy('mask column with redact() if «principal.groups[_] != "dba"»'),
    right: policy('mask column with redact() if not "dba" in principal.groups'),
  },
  P413: {
    severity: "warning",
    title: "a comparison that the types decide",
    explanation:
      "Values of different types are always different, and which of them is the larger depends on their types alone, so the condition asks nothing of the values.",
    wrong: policy('deny "no" if «query.joins > "3"»'),
    right: policy('deny "no" if query.joins > 3'),
  },
  P414: {
    severity: "warning",
    title: "a format that does not fit its values",
    explanation:
      "`sprintf` gets more or fewer values than the format asks for, or a text where it prints a number. The result then shows that in place of the value: `%!d(string=select)`.",
    wrong: policy('deny sprintf(«"%s of %s"», [query.kind]) if not query.has_where'),
    right: policy('deny sprintf("%s of %s", [query.kind, session.database]) if not query.has_where'),
  },
  P415: {
    severity: "warning",
    title: "a comment that ignores nothing",
    explanation:
      "`# policy: ignore P402 because …` behind code, or in the line above, takes one warning out of the report, with the reason for whoever reviews it; `--format json` and `--format sarif` still have it, as silenced. It names the code of a warning that is there and says why: an error is mended, and a comment that is no longer needed is taken out.",
    wrong: policy('«# policy: ignore P402 because the schema has it»\nallow if query.kind == "select"'),
    right: policy(
      'deny "no" if {\n    # policy: ignore P402 because the directory names a column after it\n    owner := query.tables[_].name\n    query.joins > 3\n}',
    ),
  },
} as const satisfies Record<string, CodeEntry>;
