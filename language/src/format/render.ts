/** Chooses the lines of a layout that break. */
import { breaksOf, type Doc, group, isList } from "./doc.ts";
import { Page } from "./page.ts";

interface Command {
  readonly doc: Doc;
  readonly indent: number;
  readonly broken: boolean;
}

const indentColumns = 4;

/** Without a line break at its end. */
export function render(doc: Doc, columnsMax: number): string {
  const page = new Page();
  const stack: Command[] = [{ doc, indent: 0, broken: true }];
  for (let command = stack.pop(); command !== undefined; command = stack.pop()) {
    const { doc: here, indent: columns, broken } = command;
    if (typeof here === "string") {
      page.write(here, columns);
      continue;
    }
    if (isList(here)) {
      for (const part of here.toReversed()) stack.push({ ...command, doc: part });
      continue;
    }
    const fits = (candidate: Command, rest: readonly Command[]): boolean =>
      fitsIn(candidate, rest, columnsMax - page.column(columns));
    /** Whether an item goes on in this line: whole, or opened where it would have to open in the next line too. */
    const staysOnLine = (item: Doc, indentHere: number, indentBelow: number, rest: readonly Command[]): boolean => {
      const whole: Command = { doc: [" ", item], indent: indentHere, broken: false };
      const isOpen = breaksOf(item).inside;
      if (!isOpen && fits(whole, rest)) return true;
      if (!isOpen && fitsIn({ ...whole, doc: item }, rest, columnsMax - indentBelow)) return false;
      return fits({ ...whole, broken: true }, rest);
    };
    switch (here.kind) {
      case "line":
        if (broken || here.flat === "hard") page.breakLine(here.blank);
        else page.write(here.flat, columns);
        break;
      case "indent":
        stack.push({ ...command, doc: here.contents, indent: columns + indentColumns });
        break;
      case "group": {
        const flat = { ...command, doc: here.contents, broken: false };
        stack.push({ ...flat, broken: here.broken || !fits(flat, stack) });
        break;
      }
      case "fill": {
        const { items, lines, from } = here;
        const item = items[from];
        if (item === undefined) break;
        const before = from === 0 ? undefined : lines[from - 1];
        const rest = from === items.length - 1 ? stack : [];
        const below = here.hanging ? columns + indentColumns : columns;
        const breaks = before !== undefined && (before.flat === "hard" || !staysOnLine(item, columns, below, rest));
        stack.push({ ...command, doc: { ...here, from: from + 1 } });
        stack.push({
          doc: group(item),
          indent: breaks && here.hanging ? columns + indentColumns : columns,
          broken: true,
        });
        if (before !== undefined) stack.push({ doc: before, indent: columns, broken: breaks });
        break;
      }
      case "ifBroken":
        page.write(broken ? here.broken : here.flat, columns);
        break;
      case "comment":
        page.comment(here, columns);
        break;
      case "call": {
        const { others, last, end, expanded } = here;
        const flat: Command = { ...command, doc: [others, last, end], broken: false };
        const opened: Command = { ...flat, doc: [others, { ...last, broken: true }, end] };
        if (!breaksOf(flat.doc).inside && fits(flat, stack)) stack.push(flat);
        else if (!breaksOf(others).inside && fits(opened, stack)) stack.push(opened);
        else stack.push({ ...command, doc: expanded, broken: true });
        break;
      }
    }
  }
  return page.end();
}

interface Measured {
  readonly doc: Doc;
  readonly broken: boolean;
  /** The part of a list to go on with. */
  readonly from?: number;
}

/** Whether a text up to its first line break stays within the columns; what follows it on the line counts. */
function fitsIn(candidate: Command, rest: readonly Command[], columns: number): boolean {
  let left = columns;
  let restLength = rest.length;
  // Lists are gone through as far as they matter: most of a long one lies behind the end of the line.
  const stack: Measured[] = [candidate];
  while (left >= 0) {
    const command: Measured | undefined = stack.pop() ?? rest[(restLength -= 1)];
    if (command === undefined) return true;
    const { doc, broken, from = 0 } = command;
    if (typeof doc === "string") {
      const end = doc.indexOf("\n");
      left -= end < 0 ? doc.length : end;
      if (end >= 0) return left >= 0;
    } else if (isList(doc)) {
      const part = doc[from];
      if (part !== undefined) stack.push({ doc, broken, from: from + 1 }, { doc: part, broken });
    } else {
      switch (doc.kind) {
        case "line":
          if (broken || doc.flat === "hard") return true;
          left -= doc.flat.length;
          break;
        case "group":
          stack.push({ doc: doc.contents, broken: broken || doc.broken });
          break;
        case "indent":
          stack.push({ doc: doc.contents, broken });
          break;
        case "fill": {
          const at = Math.max(from, doc.from);
          const item = doc.items[at];
          if (item === undefined) break;
          stack.push({ doc, broken, from: at + 1 }, { doc: item, broken });
          if (at > 0) stack.push({ doc: doc.lines[at - 1] ?? "", broken });
          break;
        }
        case "ifBroken":
          left -= (broken ? doc.broken : doc.flat).length;
          break;
        case "comment":
          if (doc.ownLine) return true;
          break;
        case "call":
          stack.push({ doc: [doc.others, doc.last, doc.end], broken });
          break;
      }
    }
  }
  return false;
}
