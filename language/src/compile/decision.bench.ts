/**
 * Processor time of a decision: about 30 statements over a select of five columns. Run with `node language/src/compile/decision.bench.ts`.
 * Prints the median and the spread of runs for what happens most: nothing fires, masks fire, a denial.
 */
import { compile } from "./compile.ts";
import type { Input, Program } from "../program.ts";
import { toValue, type Value } from "../values.ts";

const text = `package bench
production if target.environment == "production"
in_finance if "finance" in principal.groups
sensitive(column) if label.within(column.label, "secret")
deny "no drop" if { production; query.kind in {"drop_table", "truncate", "drop_schema", "drop_database"} }
deny sprintf("%s without WHERE", [upper(query.kind)]) if { query.kind in {"update", "delete"}; not query.has_where }
deny "constant where" if { query.kind in {"update", "delete"}; query.where_is_constant }
deny "grants" if { query.category == "privilege"; not "dba" in principal.groups }
deny "roles" if { query.kind in {"create_role", "alter_role", "drop_role"}; principal.kind != "human" }
deny "files" if { some f in query.functions; f.category in {"file", "network", "dynamic_sql"} }
deny "large objects" if { some f in query.functions; f.category == "large_object" }
deny "statistics" if { some t in query.tables; t.name in {"pg_statistic", "pg_stats"} }
deny "secrets" if { some column in query.columns; startswith(column.label, "secret.") ; not in_finance }
deny "agents do not write" if { principal.kind == "agent"; query.category in {"write", "ddl", "privilege", "admin"} }
deny "agents need a limit" if { principal.kind == "agent"; query.kind == "select"; not query.limit }
deny "too many joins" if query.joins > 12
deny "copy" if { query.kind in {"copy_to", "copy_from"}; principal.kind == "agent" }
deny "mfa" code "MFA" if { production; principal.kind == "human"; not principal.auth.mfa }
deny "opaque" if query.category == "opaque"
deny "tls" if not session.client.tls
mask column with null() if { label.within(column.label, "secret"); not "security" in principal.groups }
mask column with partial(0, 4) if { column.label == "pci.pan"; not "payments" in principal.groups }
mask column with email() if { column.label == "pii.email"; not "support" in principal.groups }
mask column with redact() if { label.within(column.label, "phi"); not "medical" in principal.groups }
mask column with truncate("year") if { column.label == "pii.birth_date"; not "hr" in principal.groups }
mask column with redact("***") if { label.within(column.label, "pii.name"); principal.kind == "agent" }
mask column with null() if { column.label == "pii.ssn"; not "hr" in principal.groups }
mask column with partial(2, 0) if { column.label == "pii.phone"; not "support" in principal.groups }
mask public.employees.salary with null() if not in_finance
limit rows 1000 if principal.kind == "agent"
limit rows 100000 if principal.kind == "human"
`;

function columns(labels: readonly string[]): Value[] {
  return labels.map((label, index) => {
    const name = `column_${index}`;
    const uses = new Set(["output"]);
    return toValue({
      schema: "public",
      table: "customers",
      name,
      path: `public.customers.${name}`,
      type: "text",
      comment: "",
      label,
      labels: new Set([label]),
      uses,
    });
  });
}

function inputFor(kind: string, groups: readonly string[], touched: readonly Value[]): Input {
  const auth = { method: "scram", at_ns: 0, mfa: true };
  return {
    principal: toValue({ id: "ann", name: "Ann", kind: "service", groups: new Set(groups), claims: {}, auth }),
    session: toValue({
      id: "1",
      database: "shop",
      user: "ann",
      client: { address: "10.0.0.1", application: "psql", tls: true },
      started_at_ns: 0,
      tags: {},
    }),
    target: toValue({ name: "shop", engine: "postgres", version: "18", environment: "production", tags: {} }),
    query: toValue({
      text: "select …",
      fingerprint: "f",
      kind,
      category: kind === "select" ? "read" : "write",
      tables: [
        {
          schema: "public",
          name: "customers",
          path: "public.customers",
          kind: "table",
          access: new Set(["read"]),
          labels: new Set(),
        },
      ],
      columns: touched,
      outputs: [],
      functions: [{ schema: "pg_catalog", name: "lower", builtin: true, category: "pure" }],
      has_where: false,
      where_is_constant: false,
      joins: 0,
    }),
  };
}

/** Processor microseconds a call: median of rounds, with the fastest and the slowest. */
function measure(program: Program, input: Input, candidates: readonly Value[]): string {
  const calls = 20_000;
  const rounds: number[] = [];
  for (let round = 0; round < 31; round += 1) {
    const start = process.cpuUsage();
    for (let call = 0; call < calls; call += 1) program.evaluate(input, candidates);
    const { user, system } = process.cpuUsage(start);
    rounds.push((user + system) / calls);
  }
  rounds.sort((a, b) => a - b);
  const at = (share: number): string => (rounds[Math.floor((rounds.length - 1) * share)] ?? 0).toFixed(3);
  return `${at(0.5)} µs (${at(0)} to ${at(0.9)})`;
}

const { program, diagnostics } = compile({ sources: [{ path: "bench.policy", text }] });
if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
const plain = columns(["", "", "", "", ""]);
const labelled = columns(["", "pii.email", "pci.pan", "pii.ssn", "pii.phone"]);
const cases: readonly (readonly [string, Input, readonly Value[]])[] = [
  ["nothing fires", inputFor("select", [], plain), plain],
  ["four masks fire", inputFor("select", [], labelled), labelled],
  ["labels, but no mask", inputFor("select", ["support", "payments", "hr", "security", "medical"], labelled), labelled],
  ["a denial", inputFor("update", [], plain), plain],
];
for (const [name, input, candidates] of cases) {
  const effects = program.evaluate(input, candidates).length;
  process.stdout.write(`${name}: ${measure(program, input, candidates)}, ${effects} effects\n`);
}
