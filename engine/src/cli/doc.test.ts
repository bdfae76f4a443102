import { expect, test } from "vitest";
import { folderOf, policy } from "./run-policy.ts";

const files = {
  "policies/a.policy": `# METADATA
# title: Guard
# description: |
#   What nobody does,
#   <b>ever</b>.
# custom:
#   owner: security
#   reviews: [2025, 2026]
package acme.guard

# METADATA
# description: In the hours of change, see \`data.windows\`.
in_window if data.windows.open

in_window if data.windows.always

# A comment is no METADATA.
helper(x, [y, _]) := x + y

totals[kind] := n if {
    some kind
    n := data.totals[kind]
}

# METADATA
# title: No drops
# entrypoint: true
deny sprintf("no %s",
    [query.kind]) code "drop" if {
    query.kind == "drop_table"
    not in_window
}

mask public.users.ssn with null()

label column as "pii.email" if regex.match(\`mail\`, column.name)

allow if {
    helper(1, [2, 3]) == 3
}
`,
  "policies/a_test.policy": "package acme.guard\n\ntest_it if true\n",
  "policies/b.policy": "package acme\n\np := 1\n",
};

test("packages, decisions, labels and rules are listed with what METADATA says of them", () => {
  const { status, stdout, stderr } = policy(folderOf(files), "doc");
  expect(stderr).toBe("");
  expect(stdout).toBe(`# Policies

## \`acme\`

### Rules

- \`p\` (\`policies/b.policy:3\`)

## \`acme.guard\`

**Guard**

What nobody does, &lt;b>ever&lt;/b>.

- owner: security
- reviews: [2025,2026]

### Decisions

- \`deny sprintf("no %s", [query.kind]) code "drop"\` (\`policies/a.policy:28\`): No drops
  - entrypoint: true
- \`mask public.users.ssn with null()\` (\`policies/a.policy:34\`)
- \`allow\` (\`policies/a.policy:38\`)

### Labels

- \`label column as "pii.email"\` (\`policies/a.policy:36\`)

### Rules

- \`in_window\` (\`policies/a.policy:13\`): In the hours of change, see \`data.windows\`.
- \`helper(x, [y, _])\` (\`policies/a.policy:18\`)
- \`totals[kind]\` (\`policies/a.policy:20\`)
`);
  expect(status).toBe(0);
});

test("METADATA that cannot be read is a warning at its place", () => {
  const folder = folderOf({
    "a.policy": "package a\n\n# METADATA\n# title: [\np := 1\n\n# METADATA\n# text\nq := 1\n",
  });
  const { status, stdout, stderr } = policy(folder, "doc", "a.policy");
  expect(stderr).toMatch(/warning\[P121\]: METADATA is not YAML: .*\n +--> a\.policy:3:1/);
  expect(stderr).toMatch(/warning\[P121\]: METADATA has no fields such as `title: …`\n +--> a\.policy:7:1/);
  expect(stdout).toContain("- `p` (`a.policy:5`)");
  expect(status).toBe(0);
});

test("a file with mistakes has no reference", () => {
  const { status, stdout, stderr } = policy(folderOf({ "policies/a.policy": "package a\n\np := [1,\n" }), "doc");
  expect(stdout).toBe("");
  expect(stderr).toContain("--> policies/a.policy:3:6");
  expect(status).toBe(1);
});

test("a path that does not exist is misuse", () => {
  const { status, stderr } = policy(folderOf(files), "doc", "nowhere");
  expect(stderr).toContain("`nowhere` does not exist");
  expect(status).toBe(2);
});
