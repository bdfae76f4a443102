/** The reference that `policy doc` prints. */
import type { Metadata } from "@penstock/language";

export interface DocumentedPackage {
  readonly name: string;
  /** One of each file that says something of the package. */
  readonly about: readonly Metadata[];
  readonly decisions: readonly DocumentedStatement[];
  readonly rules: readonly DocumentedStatement[];
}

export interface DocumentedStatement {
  readonly kind: string;
  /** As it is written, without conditions. */
  readonly head: string;
  /** `file:line`. */
  readonly place: string;
  readonly about: Metadata | undefined;
}

/** Without a line break at its end. */
export function toMarkdown(packages: readonly DocumentedPackage[]): string {
  return ["# Policies", ...packages.flatMap(sectionOf)].join("\n\n");
}

function sectionOf({ name, about, decisions, rules }: DocumentedPackage): string[] {
  const labels = decisions.filter(({ kind }) => kind === "label");
  const others = decisions.filter(({ kind }) => kind !== "label");
  return [
    `## ${code(name)}`,
    ...about.flatMap(paragraphsOf),
    ...listOf("Decisions", others),
    ...listOf("Labels", labels),
    ...listOf("Rules", merged(rules)),
  ];
}

function paragraphsOf({ title, description, custom }: Metadata): string[] {
  const fields = custom.map(([name, value]) => `- ${text(name)}: ${text(printed(value))}`).join("\n");
  return [
    ...(title === undefined ? [] : [`**${text(title)}**`]),
    ...(description === undefined ? [] : [text(description)]),
    ...(fields === "" ? [] : [fields]),
  ];
}

function listOf(heading: string, statements: readonly DocumentedStatement[]): string[] {
  if (statements.length === 0) return [];
  return [`### ${heading}`, statements.map(itemOf).join("\n")];
}

function itemOf({ head, place, about }: DocumentedStatement): string {
  const said = [about?.title, about?.description].flatMap((part) => (part === undefined ? [] : [text(part)]));
  const fields = (about?.custom ?? []).map(([name, value]) => `  - ${text(name)}: ${text(printed(value))}`);
  const first = `- ${code(head)} (${code(place)})${said.length === 0 ? "" : `: ${said.join(". ")}`}`;
  return [first, ...fields].join("\n");
}

/** The definitions of one rule as one item, with what any of them says. */
function merged(rules: readonly DocumentedStatement[]): DocumentedStatement[] {
  const byHead = new Map<string, DocumentedStatement>();
  for (const rule of rules) {
    const known = byHead.get(rule.head);
    if (known === undefined) byHead.set(rule.head, rule);
    else if (known.about === undefined && rule.about !== undefined)
      byHead.set(rule.head, { ...known, about: rule.about });
  }
  return [...byHead.values()];
}

function printed(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What authors write may be Markdown, but neither end its line nor begin HTML. */
function text(value: string): string {
  return value.replaceAll(/\s+/g, " ").replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** Between as many backticks as it takes. */
function code(value: string): string {
  const longest = Math.max(0, ...[...value.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest === 0 ? `${fence}${value}${fence}` : `${fence} ${value} ${fence}`;
}
