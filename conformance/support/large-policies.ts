/**
 * Policies that are large in one way each: what a careless generator writes, or somebody who wants the compiler to hang. Whatever the count, the
 * compiler takes them or says what is too large; it never takes long. See `docs/limits.md`.
 */

const many = (count: number, part: (index: number) => string, between: string): string =>
  Array.from({ length: count }, (_, index) => part(index)).join(between);

/** The file without its package clause, by how many of something it has. */
export const largePolicies: Readonly<Record<string, (count: number) => string>> = {
  conditions: (count) => `deny "no" if {\n${many(count, (at) => `    query.joins != ${at}`, "\n")}\n}`,
  "conditions on a variable": (count) =>
    `deny "no" if {\n    x := query.joins\n${many(count, (at) => `    x != ${at}`, "\n")}\n}`,
  "variables in order": (count) =>
    `deny "no" if {\n    x0 := query.joins\n${many(count, (at) => `    x${at + 1} := x${at} + 1`, "\n")}\n    x${count} > 5\n}`,
  "variables in reverse order": (count) =>
    `deny "no" if {\n${many(count, (at) => `    x${count - at} = x${count - at - 1} + 1`, "\n")}\n    x0 = query.joins\n}`,
  "variables without a value": (count) =>
    `deny "no" if {\n${many(count, (at) => `    x${count - at} == x${count - at - 1} + 1`, "\n")}\n}`,
  "unified variables": (count) =>
    `deny "no" if {\n${many(count, (at) => `    [x${count - at}, _] = [x${count - at - 1}, 1]`, "\n")}\n    x0 = query.joins\n}`,
  "declared variables": (count) =>
    `deny "no" if {\n    some ${many(count, (at) => `x${at}`, ", ")}\n${many(count, (at) => `    principal.groups[x${at}]`, "\n")}\n}`,
  loops: (count) => `deny "no" if {\n${many(count, (at) => `    some x${at} in principal.groups`, "\n")}\n}`,
  rules: (count) => many(count, (at) => `r${at} if query.joins > ${at}`, "\n\n"),
  "rules of one set": (count) => many(count, (at) => `r contains "${at}" if query.joins > ${at}`, "\n\n"),
  "rules of one name": (count) => many(count, (at) => `r if query.joins > ${at}`, "\n\n"),
  "rules in a chain": (count) =>
    `r0 if query.joins > 0\n\n${many(count, (at) => `r${at + 1} if r${at}`, "\n\n")}\n\ndeny "no" if r${count}`,
  "rules in a chain, in reverse order": (count) =>
    `${many(count, (at) => `r${count - at} if r${count - at - 1}`, "\n\n")}\n\nr0 if query.joins > 0\n\ndeny "no" if r${count}`,
  "rules in a circle": (count) => `r0 if r${count}\n\n${many(count, (at) => `r${at + 1} if r${at}`, "\n\n")}`,
  "values in a chain": (count) =>
    `v0 := ["x"]\n\n${many(count, (at) => `v${at + 1} := [v${at}, v${at}]`, "\n\n")}\n\ndeny "no" if v${count} == "x"`,
  "objects in a chain": (count) =>
    `v0 := {"k": "x"}\n\n${many(count, (at) => `v${at + 1} := {"a": v${at}, "b": v${at}, "c${at}": 1}`, "\n\n")}\n\ndeny "no" if v${count}.a.b.k`,
  "values of many types": (count) =>
    `${many(count, (at) => `v contains {"k${at}": ${at}}`, "\n\n")}\n\ndeny "no" if { some x in v; some y in v; x == y }`,
  functions: (count) =>
    `f0(x) := x + 1\n\n${many(count, (at) => `f${at + 1}(x) := f${at}(x) + f${at}(x)`, "\n\n")}\n\ndeny "no" if f${count}(query.joins) > 0`,
  "bodies of one function": (count) => many(count, (at) => `f("${at}", x) := x + ${at}`, "\n\n"),
  parameters: (count) =>
    `f(${many(count, (at) => `x${at}`, ", ")}) := x0\n\ndeny "no" if f(${many(count, (at) => `${at}`, ", ")}) == 0`,
  "else branches": (count) =>
    `r := 0 if query.joins > 0\n${many(count, (at) => `else := ${at} if query.joins > ${at}`, "\n")}`,
  denials: (count) => many(count, (at) => `deny "no ${at}" if query.joins > ${at}`, "\n\n"),
  masks: (count) => many(count, (at) => `mask public.t${at}.c with null()`, "\n\n"),
  "masks by label": (count) => many(count, (at) => `mask column with null() if column.label == "l${at}"`, "\n\n"),
  filters: (count) => many(count, (at) => `filter public.t${at} as row where row.a == ${at}`, "\n\n"),
  "conditions of a filter": (count) =>
    `filter public.t as row where {\n${many(count, (at) => `    row.a != ${at}`, "\n")}\n}`,
  "rows of a filter": (count) => `filter public.t as row where row.a in {${many(count, (at) => `${at}`, ", ")}}`,
  "values of an array": (count) => `xs := [${many(count, (at) => `${at}`, ", ")}]\n\ndeny "no" if query.joins in xs`,
  "values of a set": (count) => `xs := {${many(count, (at) => `"x${at}"`, ", ")}}\n\ndeny "no" if query.text in xs`,
  "computed values of an array": (count) =>
    `deny "no" if { x := query.joins; count([${many(count, (at) => `x + ${at}`, ", ")}]) == 0 }`,
  "computed values of an object": (count) =>
    `deny "no" if { x := query.joins; count({${many(count, (at) => `"k${at}": x + ${at}`, ", ")}}) == 0 }`,
  "values of an object": (count) =>
    `xs := {${many(count, (at) => `"k${at}": ${at}`, ", ")}}\n\ndeny "no" if xs[query.text]`,
  "kinds of one condition": (count) => `deny "no" if query.kind in {${many(count, () => `"select"`, ", ")}}`,
  "pairs of arrays": (count) =>
    `deny "no" if { y := query.joins; [${many(count, (at) => `x${at}`, ", ")}] = [${many(count, (at) => (at === 0 ? "y" : `x${at - 1}`), ", ")}] }`,
  "pairs of arrays in reverse order": (count) =>
    `deny "no" if { y := query.joins; [${many(count, (at) => `x${at}`, ", ")}] = [${many(count, (at) => (at === count - 1 ? "y" : `x${at + 1}`), ", ")}] }`,
  "pairs of objects": (count) =>
    `deny "no" if { y := query.joins; {${many(count, (at) => `"k${at}": x${at}`, ", ")}} = {${many(count, (at) => `"k${count - at - 1}": y`, ", ")}} }`,
  sums: (count) => `deny "no" if query.joins${" + 1".repeat(count)} > 0`,
  "steps of a reference": (count) => `deny "no" if principal.claims${".a".repeat(count)}`,
  "iterated steps of a reference": (count) => `deny "no" if principal.claims${"[_]".repeat(count)}`,
  "overrides of a condition": (count) => `deny "no" if query.joins > 0${" with principal.claims.a as 1".repeat(count)}`,
  "parts of a template": (count) => `deny $"${"{query.text} ".repeat(count)}" if query.joins > 0`,
  "nested arrays": (count) => `xs := ${"[".repeat(count)}query.joins${"]".repeat(count)}\n\ndeny "no" if xs`,
  "nested objects": (count) => `xs := ${'{"a": '.repeat(count)}query.joins${"}".repeat(count)}\n\ndeny "no" if xs`,
  "nested comprehensions": (count) =>
    `deny "no" if count(${"[x | x := ".repeat(count)}query.joins${"]".repeat(count)}) == 0`,
  "nested comprehensions in bodies": (count) =>
    `deny "no" if { ${many(count, (at) => `x${at} := {y${at} | `, "")}y${count - 1} := query.joins${many(count, (at) => `}; ${at === count - 1 ? "true" : `y${count - at - 2} := x${count - at - 1}`}`, "")} }`,
  "nested conditions": (count) =>
    `deny "no" if { ${many(count, (at) => `every x${at} in principal.groups { `, "")}true${" }".repeat(count)} }`,
  "nested negations": (count) =>
    `deny "no" if { ${"not {x | x := 1; ".repeat(count)}query.has_where${" } == {1}".repeat(count)} }`,
  "nested calls": (count) => `deny "no" if ${"upper(".repeat(count)}query.text${")".repeat(count)} == "X"`,
  "nested calls of two arguments": (count) =>
    `deny "no" if ${"max([1, ".repeat(count)}query.joins${"])".repeat(count)} == 1`,
  "nested memberships": (count) => `deny "no" if ${"(1 in [".repeat(count)}query.joins${"])".repeat(count)}`,
  "nested templates": (count) => `deny ${'$"{'.repeat(count)}query.text${'}"'.repeat(count)} if query.joins > 0`,
  parentheses: (count) => `deny "no" if ${"(".repeat(count)}query.joins${")".repeat(count)} > 0`,
  "steps within steps": (count) => `deny "no" if ${"principal.claims[".repeat(count)}"a"${"]".repeat(count)}`,
  "nested patterns": (count) =>
    `deny "no" if { ${many(count, (at) => `[a${at}, `, "")}1${"]".repeat(count)} = principal.claims.x }`,
  "characters of a text": (count) => `x := "${"x".repeat(count)}"\n\ndeny "no" if query.text == x`,
  "digits of a number": (count) => `x := 1${"0".repeat(count)}\n\ndeny "no" if query.joins == x`,
  "characters of a pattern": (count) => `deny "no" if regex.match(\`^${"a?b".repeat(count)}$\`, query.text)`,
  "groups of a pattern": (count) =>
    `deny "no" if regex.match(\`${"(a".repeat(count)}${")*".repeat(count)}\`, query.text)`,
  "repetitions of a pattern": (count) => `deny "no" if regex.match(\`^${"(a{1,900})".repeat(count)}$\`, query.text)`,
  "patterns of a thousand repetitions": (count) =>
    many(count, (at) => `deny "no" if regex.match(\`[ab]{1,999}x{1,999}y{1,999}c${at}\`, query.text)`, "\n\n"),
  "repetitions of repetitions": (count) =>
    `deny "no" if regex.match(\`^${"(".repeat(count)}a${"{9})".repeat(count)}$\`, query.text)`,
  patterns: (count) =>
    `deny "no" if {\n${many(count, (at) => `    regex.match(\`a{1,${at % 900}}b${at}\`, query.text)`, "\n")}\n}`,
  "stars of a glob": (count) => `deny "no" if glob.match("${"*a".repeat(count)}", [], query.text)`,
  "braces of a glob": (count) => `deny "no" if glob.match("${"{a,b}".repeat(count)}", [], query.text)`,
  comments: (count) => many(count, (at) => `# ${at}`, "\n"),
  "fields of metadata": (count) => `# METADATA\n${many(count, (at) => `# k${at}: v`, "\n")}\nallow if true`,
  "aliases of metadata": (count) =>
    `# METADATA\n# a0: &a0 [x, x]\n${many(count, (at) => `# a${at + 1}: &a${at + 1} [*a${at}, *a${at}, *a${at}]`, "\n")}\nallow if true`,
  imports: (count) => `${many(count, (at) => `import data.x.a${at}`, "\n")}\n\nallow if true`,
  "parts of a rule's name": (count) => `a${".b".repeat(count)} := 1`,
  "misspelt names": (count) =>
    `${many(count, (at) => `long_name_${at} if query.joins > 0`, "\n\n")}\n\n${many(count, (at) => `deny "no" if lon_name_${at}`, "\n\n")}`,
  "misspelt attributes": (count) => many(count, (at) => `deny "no" if query.jions > ${at}`, "\n\n"),
  "syntax errors": (count) => many(count, () => `deny "no" if query.joins >`, "\n\n"),
  "syntax errors in one rule": (count) => `deny "no" if {\n${many(count, () => `    query.joins > > 0`, "\n")}\n}`,
  "conditions with an error at the end": (count) =>
    `deny "no" if {\n${many(count, () => `    query.joins > 0`, "\n")}\n    query.joins > > 0\n}`,
  "lexical errors": (count) => many(count, () => `deny "no" if query.joins > @`, "\n\n"),
  "open brackets": (count) => many(count, (at) => `deny "no" if { query.joins > ${at}`, "\n\n"),
  "closing brackets": (count) => `deny "no" if query.joins > 1\n${"}\n".repeat(count)}`,
  "ambiguous beginnings": (count) => `deny "no" if { ${"{x | ".repeat(count)}`,
  "identical rules": (count) => many(count, () => `deny "no" if { query.joins > 1; query.has_where }`, "\n\n"),
  "unused variables": (count) => `deny "no" if {\n${many(count, (at) => `    x${at} := query.joins`, "\n")}\n}`,
  "white space": (count) => `allow if${" ".repeat(count)}true`,
  "empty lines": (count) => `allow if${"\n".repeat(count)} true`,
  "minus signs": (count) => `x := ${"- ".repeat(count)}1`,
  "conflicting defaults": (count) => `r := 1\n\n${many(count, () => `default r := 1`, "\n\n")}`,
  "rules over rules": (count) => many(count, (at) => `p.q${at}.r := 1\n\np.q${at} := 2`, "\n\n"),
};
