import { format, type RowPredicate, type RowTerm } from "@penstock/language";

/** A predicate as the policy language writes it, its row called `row`. */
export function printPredicate(predicate: RowPredicate): string {
  switch (predicate.kind) {
    case "constant":
      return String(predicate.holds);
    case "all":
      return predicate.of.map(printPart).join(" and ");
    case "any":
      return predicate.of.map(printPart).join(" or ");
    case "not":
      return `not ${printPart(predicate.of)}`;
    case "is_null":
      return `${printColumn(predicate.column)} == null`;
    case "is_true":
      return printColumn(predicate.column);
    case "compare":
      return `${printTerm(predicate.left)} ${predicate.operator} ${printTerm(predicate.right)}`;
    case "member":
      return `${printTerm(predicate.value)} in {${predicate.members.map(format).join(", ")}}`;
    case "text":
      return `${predicate.test}(${printTerm(predicate.text)}, ${printTerm(predicate.part)})`;
    default:
      return predicate satisfies never;
  }
}

function printPart(part: RowPredicate): string {
  return part.kind === "all" || part.kind === "any" ? `(${printPredicate(part)})` : printPredicate(part);
}

function printTerm(term: RowTerm): string {
  switch (term.kind) {
    case "constant":
      return format(term.value);
    case "column":
      return printColumn(term.column);
    case "case":
      return `${term.to}(${printTerm(term.text)})`;
    case "trim":
      return `${term.how}(${printTerm(term.text)}${term.how === "trim_space" ? "" : `, ${format(term.cutset)}`})`;
    case "arithmetic":
      return `(${printTerm(term.left)} ${term.operator} ${printTerm(term.right)})`;
    default:
      return term satisfies never;
  }
}

function printColumn(column: string): string {
  return /^[A-Za-z_]\w*$/.test(column) ? `row.${column}` : `row[${format(column)}]`;
}
