import { type CodeEntry, policy } from "./entry.ts";

/** Deepest nesting of brackets that is read, and one more. */
const tooDeep = 100;

/** `P1xx`: the text is not a policy file as the language defines it. */
export const syntaxCodes = {
  P101: {
    severity: "error",
    title: "unexpected word or sign",
    explanation:
      "The text cannot go on like this. The message says what was found and, where that helps, what could stand there. All syntax errors of all files are reported together; names and types are looked at when there are none.",
    wrong: policy('deny "no" if { query.kind == «}»'),
    right: policy('deny "no" if { query.kind == "drop_table" }'),
  },
  P102: {
    severity: "error",
    title: "a character that begins nothing",
    explanation:
      "The character begins no word of the language, or a string has no end. Strings stand in double quotes in one line, or between backticks over several lines.",
    wrong: policy('deny "no" if query.kind == «@»"drop_table"'),
    right: policy('deny "no" if query.kind == "drop_table"'),
  },
  P103: {
    severity: "error",
    title: "too large to be read",
    explanation:
      "A file of more than a million characters, a program of more than twenty thousand statements, brackets deeper than a hundred, more than two hundred conditions in one body, a pattern that comes to millions of instructions: no policy may hold up what decides, or exhaust its memory. Put long lists into `data`, and split long conditions into rules. docs/limits.md has all bounds.",
    wrong: policy(`allowed := ${"[".repeat(tooDeep)}«[»${"]".repeat(tooDeep + 1)}\n\nallow if allowed`),
    right: policy("allowed := [[]]\n\nallow if allowed"),
  },
  P104: {
    severity: "error",
    title: "a file without a package",
    explanation:
      "Every file begins with `package NAME`. Rules of one package see each other, whichever files they stand in.",
    wrong: '«d»eny "no" if query.kind == "drop_table"\n',
    right: policy('deny "no" if query.kind == "drop_table"'),
  },
  P105: {
    severity: "error",
    title: "no rule has this form",
    explanation:
      "A statement begins with the name of a rule or with a decision word (allow, deny, approve, mask, filter, limit, notify, label). Nothing follows the parameters of a function, and `else` follows one body only.",
    wrong: policy('reads(kind)«.all» if kind == "select"\n\nallow if reads(query.kind)'),
    right: policy('reads(kind) if kind == "select"\n\nallow if reads(query.kind)'),
  },
  P106: {
    severity: "error",
    title: "a rule with neither value nor condition",
    explanation: "A rule says a value (`:=`), a condition (`if`) or a member of a set (`contains`).",
    wrong: policy("«is_agent»\n\nallow if is_agent"),
    right: policy('is_agent if principal.kind == "agent"\n\nallow if is_agent'),
  },
  P107: {
    severity: "error",
    title: "two conditions in one line",
    explanation: "Conditions are separated by a new line or `;`.",
    wrong: policy('deny "no" if { query.kind == "delete" «not query.has_where» }'),
    right: policy('deny "no" if { query.kind == "delete"; not query.has_where }'),
  },
  P108: {
    severity: "error",
    title: "`some` in a form that it does not have",
    explanation: "`some x` declares a variable; `some x in xs` and `some key, x in xs` go through a collection.",
    wrong: policy('deny "no" if { some «"admin"»; principal.groups["admin"] }'),
    right: policy('deny "no" if { some "admin" in principal.groups }'),
  },
  P109: {
    severity: "error",
    title: "a comma that belongs to no membership",
    explanation:
      "`key, value in collection` asks for a key and its value; a comma between conditions is written as `;` or a new line.",
    wrong: policy('deny "no" if (query.kind«,» query.has_where)'),
    right: policy('deny "no" if (0, query.kind in ["delete"])'),
  },
  P110: {
    severity: "error",
    title: "only a function can be called",
    explanation: "What stands before `(` is the name of a function, with dots where it has them, and nothing computed.",
    wrong: policy('deny "no" if «[1][0](query.text)»'),
    right: policy('deny "no" if contains(query.text, "--")'),
  },
  P111: {
    severity: "error",
    title: "a number out of range",
    explanation:
      "Integers are exact at any length; a number with an exponent or a fraction must be one that a 64-bit float can hold.",
    wrong: policy("limit rows «1e999»"),
    right: policy("limit rows 1e9"),
  },
  P112: {
    severity: "error",
    title: "neither a set nor an object",
    explanation: "Between braces stand either values, which make a set, or `key: value` pairs, which make an object.",
    wrong: policy('windows := {"monday", «"tuesday"»: 8}\n\nallow if windows'),
    right: policy('windows := {"monday": 8, "tuesday": 8}\n\nallow if windows'),
  },
  P113: {
    severity: "error",
    title: "a mistake inside an interpolated string",
    explanation: 'What stands between braces in `$"…"` is an expression. A brace that is text is written `\\{`.',
    wrong: policy('deny «$"{query.kind +} is refused"» if not query.has_where'),
    right: policy('deny $"{query.kind} is refused" if not query.has_where'),
  },
  P114: {
    severity: "error",
    title: "an unknown escape in a string",
    explanation:
      'Strings in double quotes know the escapes of JSON: `\\n`, `\\t`, `\\"`, `\\\\`, `\\u00e9`. Between backticks a backslash is a backslash, which suits regular expressions.',
    wrong: policy('label column as "pii.phone" if regex.match(«"^phone\\d*$"», column.name)'),
    right: policy('label column as "pii.phone" if regex.match(`^phone\\d*$`, column.name)'),
  },
  P115: {
    severity: "error",
    title: "a filter without `where`",
    explanation:
      "A filter is written `filter schema.table as row where CONDITION`, and `if` with conditions may follow.",
    wrong: policy('filter public.orders as row «when» row.region == "eu"'),
    right: policy('filter public.orders as row where row.region == "eu"'),
  },
  P120: {
    severity: "error",
    title: "a file that cannot be formatted",
    explanation:
      "The formatted text would not mean what the file means, so nothing was written. This is a mistake of the formatter and not of the policy: please report it, with the file.",
  },
  P121: {
    severity: "warning",
    title: "a METADATA comment that cannot be read",
    explanation:
      "Reported by `policy doc`: below `# METADATA` stand comment lines of YAML with fields such as `title` and `description`, up to the statement that they are about.",
    by: "doc",
    wrong: policy('«# METADATA»\n# title: [who\nallow if query.kind == "select"'),
    right: policy('# METADATA\n# title: who may read\nallow if query.kind == "select"'),
  },
} as const satisfies Record<string, CodeEntry>;
