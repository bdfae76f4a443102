import { type CodeEntry, policy } from "./entry.ts";

/** `P2xx`: names that are unknown, out of place or without a value. */
export const nameCodes = {
  P201: {
    severity: "error",
    title: "an unknown name",
    explanation:
      "No variable, rule of this package, import or root of the vocabulary has this name. Rules of other packages are named by their path, `data.acme.guardrails.in_window`, or imported.",
    wrong: policy(
      'in_change_window if data.change.open\n\ndeny "outside of the change window" if not «in_chang_window»',
    ),
    right: policy(
      'in_change_window if data.change.open\n\ndeny "outside of the change window" if not in_change_window',
    ),
  },
  P202: {
    severity: "error",
    title: "an unknown function",
    explanation: "Neither the language nor this package has a function of this name.",
    wrong: policy('deny "no" if «start_with»(query.text, "DROP")'),
    right: policy('deny "no" if startswith(query.text, "DROP")'),
  },
  P203: {
    severity: "error",
    title: "a wrong number of arguments",
    explanation: "The function takes more or fewer arguments; the help shows how it is called.",
    wrong: policy('deny "no" if «startswith(query.text)»'),
    right: policy('deny "no" if startswith(query.text, "DROP")'),
  },
  P204: {
    severity: "error",
    title: "an import of what cannot be imported",
    explanation: "What can be imported lies below `data` or `input`, or is a root of the vocabulary.",
    wrong: `package acme\n\n«import directory.people»\n\nallow if people[principal.id]\n`,
    right: `package acme\n\nimport data.directory.people\n\nallow if people[principal.id]\n`,
  },
  P205: {
    severity: "error",
    title: "two imports of one name",
    explanation: "Both would be called the same in this file. Give one an alias with `as`.",
    wrong: `package acme\n\nimport data.directory.people\n«import data.payroll.people»\n\nallow if people[principal.id]\n`,
    right: `package acme\n\nimport data.directory.people\nimport data.payroll.people as paid\n\nallow if {\n    people[principal.id]\n    paid[principal.id]\n}\n`,
  },
  P206: {
    severity: "error",
    title: "a subject that is no column",
    explanation:
      "`mask` and `label` are about `column`, which stands for every column, or about one by its path `schema.table.column`.",
    wrong: policy('mask «users.ssn» with null() if principal.kind == "agent"'),
    right: policy('mask public.users.ssn with null() if principal.kind == "agent"'),
  },
  P207: {
    severity: "error",
    title: "a variable assigned or declared twice",
    explanation: "A variable has one value. Compare with `==`, or give the second value another name.",
    wrong: policy('deny "no" if {\n    kind := query.kind\n    «kind» := "delete"\n    kind != "select"\n}'),
    right: policy('deny "no" if {\n    kind := query.kind\n    kind == "delete"\n}'),
  },
  P208: {
    severity: "error",
    title: "`with` cannot replace this",
    explanation: "`with` replaces `input`, the roots of the vocabulary, what lies below `data`, and functions.",
    wrong: policy(
      'is_agent if principal.kind == "agent"\n\ntest_agents if is_agent with «principals» as {"kind": "agent"}',
    ),
    right: policy(
      'is_agent if principal.kind == "agent"\n\ntest_agents if is_agent with principal as {"kind": "agent"}',
    ),
  },
  P209: {
    severity: "error",
    title: "an assignment inside an expression",
    explanation: "`:=` and `=` are conditions of their own. Inside an expression, compare with `==`.",
    wrong: policy('deny "no" if startswith(«kind := query.kind», "drop_")'),
    right: policy('deny "no" if startswith(query.kind, "drop_")'),
  },
  P210: {
    severity: "error",
    title: "a variable that never gets a value",
    explanation:
      "No order of the conditions gives the variable a value before it is needed, or the name is misspelt beyond recognition. Inside `not` and as an argument nothing gets a value: bind the variable with `:=` or `some … in` before.",
    wrong: policy('deny "not for this group" if not principal.groups[«wanted»]'),
    right: policy(
      'deny "not for this group" if {\n    some wanted in data.groups\n    not principal.groups[wanted]\n}',
    ),
  },
  P211: {
    severity: "error",
    title: "a function that is not called",
    explanation: "A function has a value only for arguments.",
    wrong: policy('reads(kind) if kind == "select"\n\nallow if «reads»'),
    right: policy('reads(kind) if kind == "select"\n\nallow if reads(query.kind)'),
  },
  P212: {
    severity: "error",
    title: "a rule that needs itself",
    explanation:
      "Every policy comes to an end: a rule cannot depend on its own value, not even through others. `graph.reachable` and `walk` do what recursion is mostly wanted for.",
    wrong: policy('«is_trusted» if not is_suspect\n\nis_suspect if not is_trusted\n\ndeny "no" if is_suspect'),
    right: policy(
      'is_trusted if "staff" in principal.groups\n\nis_suspect if not is_trusted\n\ndeny "no" if is_suspect',
    ),
  },
  P213: {
    severity: "error",
    title: "a function of Rego that policies do not have",
    explanation:
      "A statement waits while it is decided, and the same statement must be decided the same way: policies reach no network, no files, no environment and no chance. The help says how to do without.",
    wrong: policy('deny "no" if «http.send»({"url": "https://example.org"}).status_code == 200'),
    right: policy('deny "no" if data.frozen'),
  },
  P214: {
    severity: "error",
    title: "rules of one name that do not go together",
    explanation:
      "All rules of a name have one form: a single value, a set, an object, or a function of so many arguments; and one default at most.",
    wrong: policy('reader := "ann"\n\n«reader» contains "bob"\n\nallow if reader'),
    right: policy('reader contains "ann"\n\nreader contains "bob"\n\nallow if reader[principal.id]'),
  },
  P215: {
    severity: "error",
    title: "a call of what is no function",
    explanation: "The name stands for a rule, a value or an import, which is used without parentheses.",
    wrong: policy('is_agent if principal.kind == "agent"\n\ndeny "no" if «is_agent»(principal)'),
    right: policy('is_agent if principal.kind == "agent"\n\ndeny "no" if is_agent'),
  },
  P216: {
    severity: "error",
    title: "a rule with the name of a statement",
    explanation:
      "Reported by `policy build --target rego` only: in Rego the statements of a package become a set of their name, `deny` or `mask`, and a rule of that name would be the same thing. Give the rule another name.",
    by: "build --target rego",
    wrong: policy('«limit» := 100\n\nlimit rows limit if principal.kind == "agent"'),
    right: policy('rows_max := 100\n\nlimit rows rows_max if principal.kind == "agent"'),
  },
} as const satisfies Record<string, CodeEntry>;
