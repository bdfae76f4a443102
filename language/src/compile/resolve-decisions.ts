/** Decision statements to plans. */
import { quotePart } from "../paths.ts";
import type * as tree from "../syntax/tree.ts";
import type * as plan from "./plan.ts";
import type { Resolver } from "./resolve.ts";
import type { Group } from "./rule-tree.ts";
import { Scope } from "./scope.ts";
import { declaredBy, variables } from "./tree-names.ts";

export function resolveDecision(
  resolver: Resolver,
  module: tree.Module,
  decision: tree.Decision,
  uses: Set<Group>,
): plan.DecisionPlan | undefined {
  resolver.names.enter(module, uses, false);
  const scope = Scope.root();
  let subject: plan.Local | undefined;
  let path: string | undefined;
  if (decision.kind === "mask" || decision.kind === "label") {
    if (decision.subject.kind === "each") {
      const { name } = decision.subject;
      if (name.text !== "column") {
        resolver.report(
          "P206",
          `unknown subject \`${name.text}\``,
          name.span,
          "write `column` for every column, or one by `schema.table.column`",
        );
      }
      subject = scope.add("column", name.span, false);
    } else {
      const { parts, span } = decision.subject;
      if (parts.length !== 3) {
        resolver.report("P206", `\`${parts.join(".")}\` is no column`, span, "write it as `schema.table.column`");
      }
      path = parts.map(quotePart).join(".");
    }
  }
  if (decision.kind === "filter") path = filteredTable(resolver, decision);
  const inner = scope.nested();
  const expressions = valueExpressions(decision);
  const { kind } = decision;
  const options = Object.entries(decisionOptions(decision)).flatMap(([name, expression]) =>
    expression === undefined ? [] : [[name, expression] as const],
  );
  resolver.collect(decision.body, [...expressions, ...options.map(([, expression]) => expression)], inner);
  const body = resolver.body(decision.body, inner);
  const values = expressions.map((expression) => resolver.term(expression, inner));
  return {
    kind,
    span: decision.span,
    package: module.package,
    body,
    subject,
    path,
    rows: decision.kind === "filter" ? resolveRows(resolver, decision, inner) : undefined,
    values,
    options: Object.fromEntries(options.map(([name, expression]) => [name, resolver.term(expression, inner)])),
    name: decision.kind === "mask" ? decision.mask.text : decision.kind === "limit" ? decision.what.text : "",
    source: decision.body,
    uses,
  };
}

function filteredTable(resolver: Resolver, { table, row, body }: Extract<tree.Decision, { kind: "filter" }>): string {
  const { parts, span } = table;
  if (parts.length !== 2) {
    resolver.report("P206", `\`${parts.join(".")}\` is no table`, span, "write it as `schema.table`");
  }
  if (row.text === "input" || row.text === "data" || resolver.names.rootNamed(row.text) !== undefined) {
    resolver.report(
      "P330",
      `the row cannot be called \`${row.text}\``,
      row.span,
      "that name means something else; write `as row`",
    );
  }
  for (const literal of body) {
    if (literal.kind !== "expr") continue;
    variables(literal.expr, (name, at) => {
      if (name !== row.text) return;
      resolver.report(
        "P331",
        `\`${name}\` is not known after \`if\``,
        at,
        "conditions on the row belong into `where { … }`",
      );
    });
  }
  return parts.map(quotePart).join(".");
}

/** `scope` has the variables of the statement's conditions, which the row's may use. */
function resolveRows(
  resolver: Resolver,
  { row, rows }: Extract<tree.Decision, { kind: "filter" }>,
  scope: Scope,
): plan.RowsPlan {
  const outer = scope.nested();
  const local = outer.add(row.text, row.span, false);
  resolver.names.at(row.span, { kind: "local", local, scope: outer });
  // Else a condition that reads like one on the row would hold or not for all rows.
  const again = declaredBy(rows).get(row.text);
  if (again !== undefined)
    resolver.report("P207", `variable \`${row.text}\` is the row already`, again, "give it another name");
  const inner = outer.nested();
  resolver.collect(rows, [], inner);
  return { row: local, body: resolver.body(rows, inner) };
}

function valueExpressions(decision: tree.Decision): readonly tree.Expr[] {
  switch (decision.kind) {
    case "allow":
    case "filter":
      return [];
    case "deny":
      return [decision.message];
    case "approve":
      return decision.groups;
    case "notify":
      return [decision.channel];
    case "mask":
      return decision.args;
    case "limit":
    case "label":
      return [decision.value];
  }
}

/** What the options of a statement are called in its plan. */
function decisionOptions(
  decision: tree.Decision,
): Readonly<Partial<Record<keyof plan.DecisionOptions, tree.Expr | undefined>>> {
  switch (decision.kind) {
    case "deny":
      return { code: decision.code };
    case "approve":
      return { duration: decision.duration, because: decision.because };
    case "notify":
      return { because: decision.because };
    default:
      return {};
  }
}
