/** Reading Chevrotain's concrete syntax tree by the names that the grammar gives its parts. */
import type { CstElement, CstNode, IToken } from "chevrotain";

/** What the grammar demands and a file without syntax errors has. */
export function required<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("grammar: a part is missing");
  return part;
}

export function isNode(element: CstElement): element is CstNode {
  return "children" in element;
}

export function nodes(cst: CstNode, name: string): CstNode[] {
  return (cst.children[name] ?? []).filter(isNode);
}

export function node(cst: CstNode, name: string): CstNode | undefined {
  return nodes(cst, name)[0];
}

export function child(cst: CstNode, name: string): CstNode {
  const found = node(cst, name);
  if (found === undefined) throw new Error(`grammar: \`${cst.name}\` has no \`${name}\``);
  return found;
}

export function tokens(cst: CstNode, name: string): IToken[] {
  return (cst.children[name] ?? []).filter((element): element is IToken => !isNode(element));
}

export function token(cst: CstNode, name: string): IToken | undefined {
  return tokens(cst, name)[0];
}

export function requiredToken(cst: CstNode, name: string): IToken {
  const found = token(cst, name);
  if (found === undefined) throw new Error(`grammar: \`${cst.name}\` has no \`${name}\``);
  return found;
}

export function firstToken(cst: CstNode): IToken {
  for (const elements of Object.values(cst.children)) {
    const found = elements.find((element): element is IToken => !isNode(element));
    if (found !== undefined) return found;
  }
  throw new Error(`grammar: \`${cst.name}\` has no token`);
}
