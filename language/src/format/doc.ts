/**
 * Layout: a text with places where lines may break, and the choice of those that do, after Wadler ("A prettier printer") and Oppen.
 *
 * A group is written on one line where it fits, else each of its lines breaks. Comments end their line whatever stands around them: what
 * follows one begins a new line, so that no layout can swallow code or join two comments.
 */

export type Doc = string | readonly Doc[] | Line | Group | Indent | Fill | IfBroken | Comment | Call;

export interface Line {
  readonly kind: "line";
  /** What it is where it does not break; `hard` always breaks. */
  readonly flat: " " | "" | "hard";
  /** With an empty line before it, where it breaks. */
  readonly blank: boolean;
}

export interface Group {
  readonly kind: "group";
  readonly contents: Doc;
  readonly broken: boolean;
}

interface Indent {
  readonly kind: "indent";
  readonly contents: Doc;
}

/** Items with lines between them, each of which breaks only where the next item does not fit. */
export interface Fill {
  readonly kind: "fill";
  readonly items: readonly Doc[];
  /** The line after each item but the last. */
  readonly lines: readonly Line[];
  /** What comes after a break is indented. */
  readonly hanging: boolean;
  /** The item to go on with: above 0 the line before it is still to come. */
  readonly from: number;
}

interface IfBroken {
  readonly kind: "ifBroken";
  readonly broken: string;
  readonly flat: string;
}

export interface Comment {
  readonly kind: "comment";
  readonly text: string;
  /** It stands in a line of its own, not after code. */
  readonly ownLine: boolean;
}

/** Arguments of a call: the last one, a collection, may open on the line of the call where the others fit before it. */
interface Call {
  readonly kind: "call";
  readonly others: Doc;
  readonly last: Group;
  /** The closing parenthesis. */
  readonly end: Doc;
  /** All of it with each argument in a line of its own. */
  readonly expanded: Doc;
}

export const line: Line = { kind: "line", flat: " ", blank: false };
export const softLine: Line = { kind: "line", flat: "", blank: false };
export const hardLine: Line = { kind: "line", flat: "hard", blank: false };

/** The same line, with an empty one before it where the source has one. */
export function spacedBy(of: Line, blank: boolean): Line {
  return blank ? { ...of, blank } : of;
}

export function group(contents: Doc, broken = false): Group {
  return { kind: "group", contents, broken: broken || breaksOf(contents).inside };
}

export function indent(contents: Doc): Indent {
  return { kind: "indent", contents };
}

export function fill(items: readonly Doc[], lines: readonly Line[], hanging: boolean): Fill {
  return { kind: "fill", items, lines, hanging, from: 0 };
}

export function ifBroken(broken: string, flat: string): IfBroken {
  return { kind: "ifBroken", broken, flat };
}

export function isGroup(doc: Doc): doc is Group {
  return typeof doc !== "string" && !isList(doc) && doc.kind === "group";
}

export function isEmpty(doc: Doc): boolean {
  return isList(doc) ? doc.every(isEmpty) : doc === "";
}

/** The one thing that a doc consists of. */
export function unwrapped(doc: Doc): Doc {
  if (!isList(doc)) return doc;
  const full = doc.filter((part) => !isEmpty(part));
  return full.length === 1 ? unwrapped(full[0] ?? "") : doc;
}

interface Breaks {
  /** A line in it always breaks, so that every group around it does. */
  readonly inside: boolean;
  /** It ends with a comment: a group breaks where anything follows. */
  readonly after: boolean;
}

const known = new WeakMap<object, Breaks>();

export function breaksOf(doc: Doc): Breaks {
  if (typeof doc === "string") return { inside: false, after: false };
  let breaks = known.get(doc);
  if (breaks === undefined) {
    breaks = findBreaks(doc);
    known.set(doc, breaks);
  }
  return breaks;
}

function findBreaks(doc: Exclude<Doc, string>): Breaks {
  if (isList(doc)) return breaksOfSequence(doc);
  switch (doc.kind) {
    case "line":
      return { inside: doc.flat === "hard", after: false };
    case "group":
      return { inside: doc.broken, after: breaksOf(doc.contents).after };
    case "indent":
      return breaksOf(doc.contents);
    case "fill":
      return breaksOfSequence(doc.items.flatMap((item, index) => [item, doc.lines[index] ?? ""]));
    case "ifBroken":
      return { inside: false, after: false };
    case "comment":
      return { inside: doc.ownLine, after: true };
    case "call":
      return breaksOf(doc.expanded);
  }
}

function breaksOfSequence(docs: readonly Doc[]): Breaks {
  let inside = false;
  let after = false;
  for (const doc of docs) {
    if (doc === "") continue;
    const breaks = breaksOf(doc);
    inside ||= breaks.inside || after;
    after = breaks.after;
  }
  return { inside, after };
}

export function isList(doc: Doc): doc is readonly Doc[] {
  return Array.isArray(doc);
}
