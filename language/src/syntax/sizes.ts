/** How large what one file says may be: see limits.ts. */
import { type Diagnostic, diagnostic, type Span } from "../diagnostics.ts";
import { branchesMax, conditionsMax, partsMax, statementsMax } from "./limits.ts";
import type { Module } from "./tree.ts";

/** The first statement, condition or part that is one too many of each kind. */
export function tooManyIn({ imports, rules, decisions }: Module): readonly Diagnostic[] {
  // `allow` is a rule and a statement, at one place.
  const statements = new Map([...imports, ...rules, ...decisions].map(({ span }) => [span.start, span]));
  const beyond = [...statements.values()].sort((a, b) => a.start - b.start)[statementsMax];
  if (beyond !== undefined) {
    return [tooMany(beyond, `file has more than ${statementsMax} statements`, "put lists of values into `data`")];
  }
  return [...rules, ...decisions].flatMap((statement) => tooManyInStatement(statement) ?? []);
}

function tooManyInStatement(statement: { readonly span: Span }): Diagnostic | undefined {
  let parts = 0;
  let branches = 0;
  const open: unknown[] = [statement];
  // Not recursive: what is looked for here would exhaust the stack.
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (Array.isArray(node)) {
      for (const item of node) if (isNode(item)) open.push(item);
      continue;
    }
    if (!isNode(node)) continue;
    if (isComputed(node) && (parts += 1) > partsMax) {
      const help = "put long lists into `data`, and parts of a condition into rules of their own";
      return tooMany(spanOf(node) ?? statement.span, `statement has more than ${partsMax} computed parts`, help);
    }
    for (const name in node) {
      // Half of all objects are places: nothing to count is in them.
      if (name === "span") continue;
      const part: unknown = node[name as keyof typeof node];
      if (name === "else" && isNode(part) && (branches += 1) > branchesMax) {
        const help = "look values up in an object, `{…}[key]`";
        return tooMany(spanOf(part) ?? statement.span, `rule has more than ${branchesMax} \`else\``, help);
      }
      if ((name === "body" || name === "rows") && Array.isArray(part) && part.length > conditionsMax) {
        const help = "put some of them into a rule of their own";
        const span = spanOf(part[conditionsMax]) ?? statement.span;
        return tooMany(span, `body has more than ${conditionsMax} conditions`, help);
      }
      if (isNode(part)) open.push(part);
    }
  }
  return undefined;
}

function tooMany(span: Span, message: string, help?: string): Diagnostic {
  return diagnostic("P103", message, span, help);
}

function isNode(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

const computed: ReadonlySet<unknown> = new Set(["call", "infix", "ref", "comprehension", "template", "member"]);

/** What takes code to have a value: neither constants nor variables, nor what is put together from them. */
function isComputed(node: object): boolean {
  return "kind" in node && computed.has(node.kind);
}

function spanOf(node: unknown): Span | undefined {
  return isNode(node) && "span" in node ? (node.span as Span) : undefined;
}
