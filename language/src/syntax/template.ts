/** Where template strings and the expressions in them end, before anything of them is parsed. */
import { nestingMax, templateNestingMax } from "./limits.ts";

const stringPattern = /"(?:[^"\\\r\n]|\\.)*"/y;

/** Offset after the template string that begins at `offset`, or `undefined` where none does. */
export function templateEnd(text: string, offset: number, nesting = 0): number | undefined {
  const quote = text.charAt(offset + 1);
  if (nesting > templateNestingMax || !beginsTemplate(text, offset)) return undefined;
  let at = offset + 2;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === quote) return at + 1;
    if (char === "\\") at += 2;
    else if (char === "\n" && quote === '"') return undefined;
    else if (char === "{") {
      const end = templateExpressionEnd(text, at, nesting);
      if (end === undefined) return undefined;
      at = end;
    } else at += 1;
  }
  return undefined;
}

function beginsTemplate(text: string, offset: number): boolean {
  return text.charAt(offset) === "$" && (text.charAt(offset + 1) === '"' || text.charAt(offset + 1) === "`");
}

/** Offset after the `}` that closes the expression whose `{` is at `offset`. Braces nest; those in strings do not count. */
export function templateExpressionEnd(text: string, offset: number, nesting = 0): number | undefined {
  let depth = 0;
  let at = offset;
  while (at < text.length) {
    const char = text.charAt(at);
    let end: number | undefined = at + 1;
    if (char === "{") {
      depth += 1;
      if (depth > nestingMax) return undefined;
    } else if (char === "}") {
      depth -= 1;
      if (depth === 0) return end;
    } else if (beginsTemplate(text, at)) end = templateEnd(text, at, nesting + 1);
    else if (char === '"') end = stringEnd(text, at);
    else if (char === "`") end = after(text, "`", at + 1);
    else if (char === "#") end = after(text, "\n", at);
    // What has no end here has none further on: looking again from each place would take time exponential in the nesting.
    if (end === undefined) return undefined;
    at = end;
  }
  return undefined;
}

function stringEnd(text: string, offset: number): number | undefined {
  stringPattern.lastIndex = offset;
  return stringPattern.test(text) ? stringPattern.lastIndex : undefined;
}

function after(text: string, end: string, from: number): number | undefined {
  const index = text.indexOf(end, from);
  return index < 0 ? undefined : index + 1;
}
