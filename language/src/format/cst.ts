/** Reading Chevrotain's concrete syntax tree in the order of the text. */
import type { CstElement as Element, CstNode, IToken } from "chevrotain";
import { isNode } from "../syntax/cst.ts";

export { isNode };
export type { Element };

const ordered = new WeakMap<CstNode, readonly Element[]>();

/** What a node consists of, in the order of the text. */
export function inOrder(cst: CstNode): readonly Element[] {
  let elements = ordered.get(cst);
  if (elements === undefined) {
    elements = Object.values(cst.children)
      .flat()
      .sort((a, b) => startOf(a) - startOf(b));
    ordered.set(cst, elements);
  }
  return elements;
}

export function firstToken(element: Element): IToken {
  return isNode(element) ? firstToken(required(inOrder(element)[0], element)) : element;
}

export function lastToken(element: Element): IToken {
  return isNode(element) ? lastToken(required(inOrder(element).at(-1), element)) : element;
}

/** What brackets hold, apart from them. */
export function bracketed(parts: readonly Element[]): { open: IToken; inner: readonly Element[]; close: IToken } {
  const open = parts[0];
  const close = parts.at(-1);
  if (open === undefined || close === undefined || isNode(open) || isNode(close))
    throw new Error("format: expected something in brackets");
  return { open, inner: parts.slice(1, -1), close };
}

/** Before the first part that is such, and from it on. */
export function split(
  parts: readonly Element[],
  isSuch: (part: Element) => boolean,
): [before: readonly Element[], from: readonly Element[]] {
  const index = parts.findIndex(isSuch);
  return index < 0 ? [parts, []] : [parts.slice(0, index), parts.slice(index)];
}

export function isNamed(element: Element | undefined, name: string): boolean {
  return element !== undefined && (isNode(element) ? element.name : element.tokenType.name) === name;
}

/** An array, object, set or comprehension, and nothing around it. */
export function isCollection(element: Element | undefined): boolean {
  if (element === undefined || !isNode(element)) return false;
  if (element.name === "array" || element.name === "braces") return true;
  const parts = inOrder(element);
  return parts.length === 1 && isCollection(parts[0]);
}

/** Without brackets, and no pair: several of them share a line. */
export function isSimple(element: Element): boolean {
  return isNode(element) ? inOrder(element).every(isSimple) : !/^[([{:]$/.test(element.image);
}

function startOf(element: Element): number {
  return (isNode(element) ? element.location?.startOffset : element.startOffset) ?? 0;
}

function required(element: Element | undefined, parent: CstNode): Element {
  if (element === undefined) throw new Error(`format: \`${parent.name}\` is empty`);
  return element;
}
