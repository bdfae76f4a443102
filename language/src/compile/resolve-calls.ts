/** Calls to plans, those of operators by their names as functions too. */
import { describeBuiltin } from "../builtins/docs.ts";
import type { Span } from "../diagnostics.ts";
import { suggest } from "../suggest.ts";
import type { ComparisonOperator } from "../comparison.ts";
import type * as tree from "../syntax/tree.ts";
import { arityRange } from "./names.ts";
import type * as plan from "./plan.ts";
import type { Resolver } from "./resolve.ts";
import type { Scope } from "./scope.ts";

/** Operators under their names as functions. Maps: a policy may write any name, those of every JavaScript object too. */
const comparisonFunctions: ReadonlyMap<string, ComparisonOperator> = new Map([
  ["equal", "=="],
  ["neq", "!="],
  ["lt", "<"],
  ["lte", "<="],
  ["gt", ">"],
  ["gte", ">="],
]);
const arithmeticFunctions: ReadonlyMap<string, plan.ArithmeticOperator> = new Map([
  ["plus", "+"],
  ["minus", "-"],
  ["mul", "*"],
  ["div", "/"],
  ["rem", "%"],
  ["and", "&"],
  ["or", "|"],
]);

export function resolveCall(resolver: Resolver, expr: Extract<tree.Expr, { kind: "call" }>, scope: Scope): plan.Term {
  const { span } = expr;
  const name = expr.callee.map((part) => part.text).join(".");
  // `print` shows what is undefined instead of being undefined itself.
  const args =
    name === "print"
      ? expr.args.map((arg) =>
          resolver.term({ kind: "template", parts: [{ expr: arg, with: [] }], span: arg.span }, scope),
        )
      : expr.args.map((arg) => resolver.term(arg, scope));
  const [first, second, third] = args;
  const callee = resolver.names.callee(expr.callee, scope);
  if (callee === undefined) {
    const operator = operatorCall(name, args, span);
    if (operator !== undefined) return operator;
    if (name === "internal.member_2" && first !== undefined && second !== undefined) {
      return { kind: "member", key: undefined, value: first, domain: second, span };
    }
    if (name === "internal.member_3" && first !== undefined && second !== undefined && third !== undefined) {
      return { kind: "member", key: first, value: second, domain: third, span };
    }
    if (noFunction(resolver, expr.callee, scope)) return { kind: "const", value: null, span };
    if (resolver.names.refused(name, calleeSpan(expr.callee, span))) return { kind: "const", value: null, span };
    const at = calleeSpan(expr.callee, span);
    resolver.report("P202", `unknown function \`${name}\``, at, suggest(name, resolver.names.functionNames(), at));
    return { kind: "const", value: null, span };
  }
  const [least, most] = arityRange(callee);
  if (args.length < least || args.length > most) {
    const wanted = least === most ? `${least}` : most === Infinity ? `at least ${least}` : `${least} to ${most}`;
    const message = `\`${name}\` takes ${wanted} argument${wanted === "1" ? "" : "s"}, not ${args.length}`;
    resolver.report("P203", message, span, callee.kind === "builtin" ? describeBuiltin(callee.builtin) : undefined);
  }
  return { kind: "call", callee, args, span };
}

/** Reports a call of a variable, a rule or what lies below one. */
function noFunction(resolver: Resolver, callee: readonly tree.Name[], scope: Scope): boolean {
  const [first] = callee;
  if (first === undefined) return false;
  const global = scope.find(first.text) === undefined ? resolver.names.global(first.text) : [];
  // Below `data` it is a misspelt function of another package.
  if (global === undefined || (global[0] === "data" && callee.length > 1)) return false;
  const at = calleeSpan(callee, first.span);
  const text = callee.map((part) => part.text).join(".");
  resolver.report("P215", `\`${text}\` is no function`, at, "it is used without parentheses");
  return true;
}

function operatorCall(name: string, args: readonly plan.Term[], span: Span): plan.Term | undefined {
  const [left, right] = args;
  if (left === undefined || right === undefined || args.length !== 2) return undefined;
  const comparison = comparisonFunctions.get(name);
  if (comparison !== undefined) return { kind: "compare", operator: comparison, left, right, span };
  const arithmetic = arithmeticFunctions.get(name);
  return arithmetic === undefined ? undefined : { kind: "arithmetic", operator: arithmetic, left, right, span };
}

export function arityOf(resolver: Resolver, names: readonly tree.Name[], scope: Scope): number | undefined {
  const callee = resolver.names.callee(names, scope);
  if (callee !== undefined) return arityRange(callee)[1];
  const name = names.map((part) => part.text).join(".");
  if (comparisonFunctions.has(name) || arithmeticFunctions.has(name) || name === "internal.member_2") return 2;
  return name === "internal.member_3" ? 3 : undefined;
}

/** Where the name of what is called stands. */
function calleeSpan(callee: readonly tree.Name[], call: Span): Span {
  return { ...call, end: callee.at(-1)?.span.end ?? call.end };
}
