/**
 * Policies as plain Rego v1: each decision statement as the set rule that defines it, everything else as it was written, comments included.
 * The text is edited where the vocabulary and the statements stand, not printed anew, so that a reader finds what he knows.
 *
 * `input` has the roots, `columns` (those that `mask` statements range over), `catalog` (those of `label` statements) and `rows` (by table, those
 * that `filter` statements choose from; comparing null with anything is Rego's business there, and never true in Penstock). What fails with
 * an error is undefined in Rego, where the compiled policies deny: these rules say what fires, not what happens when they cannot tell.
 */
import { analyse } from "./compile/analyse.ts";
import { partsOf } from "./compile/parts.ts";
import type { Body, DecisionPlan, Literal, Term } from "./compile/plan.ts";
import { roots } from "./check/vocabulary.ts";
import { diagnostic, type Diagnostic, type SourceFile, type Span } from "./diagnostics.ts";
import { parseModule } from "./syntax/parse.ts";
import type * as tree from "./syntax/tree.ts";

export interface RegoResult {
  /** One for each source, and one for functions of the language that Rego lacks, where they are called. Empty where there is an error. */
  readonly files: readonly SourceFile[];
  readonly diagnostics: readonly Diagnostic[];
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Functions of the language that Rego lacks, by the name that they get. */
const ownFunctions: ReadonlyMap<string, string> = new Map([["label.within", "data.penstock.labels.within"]]);

const labels: SourceFile = {
  path: "penstock/labels.policy",
  text: `# Labels are dotted, and general implies specific.
package penstock.labels

within(label, general) if label == general

within(label, general) if startswith(label, concat("", [general, "."]))
`,
};

export function toRego(sources: readonly SourceFile[]): RegoResult {
  const parsed = sources.map((source) => parseModule(source));
  const modules = parsed.flatMap(({ tree: module }) => module ?? []);
  const syntax = parsed.flatMap(({ diagnostics }) => diagnostics);
  if (syntax.some(isError)) return { files: [], diagnostics: syntax };
  const { rules, decisions, diagnostics } = analyse(modules);
  if (diagnostics.some(isError)) return { files: [], diagnostics };
  const edits = new EditedSources(sources);
  for (const group of rules.groups) {
    for (const { params, path, branches } of group.definitions) {
      for (const term of [...params, ...path]) edits.term(term);
      for (const { value, body } of branches) {
        edits.term(value);
        edits.body(body);
      }
    }
  }
  const statements = modules.flatMap((module) => module.decisions);
  decisions.forEach(({ plan }, index) => {
    const statement = statements[index];
    if (statement === undefined) throw new Error("a plan without its statement");
    edits.body(plan.body);
    edits.body(plan.rows?.body ?? []);
    for (const term of [...plan.values, ...Object.values(plan.options)]) edits.term(term);
    edits.statement(statement, plan);
  });
  for (const module of modules) for (const clause of withClauses(module)) edits.withTarget(clause);
  const problems = clashes(modules, edits.asked);
  if (problems.length > 0) return { files: [], diagnostics: problems };
  const files = [...edits.results(), ...(edits.usesLabels ? [labels] : [])];
  return {
    files: files.map(({ path, text }) => ({ path: path.replace(/\.policy$/, ".rego"), text })),
    diagnostics: [],
  };
}

const isError = ({ severity }: Diagnostic): boolean => severity === "error";

/** A name is one rule in Rego, and here it is the set of what a statement gives. */
function clashes(modules: readonly tree.Module[], asked: ReadonlySet<string>): Diagnostic[] {
  return modules.flatMap((module) => {
    const kinds = new Set<string>(module.decisions.map(({ kind }) => kind));
    const own = modules.filter((other) => other.package.join(".") === module.package.join("."));
    return [...kinds].flatMap((kind): Diagnostic[] => {
      const rule = own.flatMap((other) => other.rules).find(({ name }) => name.text === kind);
      // Every `allow` is a rule of that name too: only whoever asks for it would get a set.
      if (rule === undefined || (kind === "allow" && !asked.has([...module.package, kind].join(".")))) return [];
      return [
        diagnostic(
          "P216",
          `in Rego, \`${kind}\` would be a rule and the statements of that name`,
          rule.name.span,
          "give the rule another name",
        ),
      ];
    });
  });
}

class EditedSources {
  private readonly edits = new Map<string, Map<string, Edit>>();
  private readonly texts: ReadonlyMap<string, string>;
  /** Paths below `data` that something asks for. */
  readonly asked = new Set<string>();
  usesLabels = false;

  constructor(sources: readonly SourceFile[]) {
    this.texts = new Map(sources.map(({ path, text }) => [path, text] as const));
  }

  /** @throws where an edit broke the text, which would be a mistake of this module */
  results(): SourceFile[] {
    return [...this.texts].map(([path, text]) => {
      let [result, at] = ["", 0];
      const edits = [...(this.edits.get(path)?.values() ?? [])].sort((a, b) => a.start - b.start || a.end - b.end);
      for (const edit of edits) {
        if (edit.start < at) throw new Error(`${path}: two edits at ${edit.start}`);
        result += text.slice(at, edit.start) + edit.text;
        at = edit.end;
      }
      result += text.slice(at);
      const mistake = parseModule({ path, text: result }).diagnostics.find(isError);
      if (mistake !== undefined) throw new Error(`${path}: the Rego does not parse: ${mistake.message}`);
      return { path, text: result };
    });
  }

  /** Editing one place twice in the same way is editing it once: some bodies are planned twice. */
  private edit(file: string, start: number, end: number, text: string): void {
    const edits = this.edits.get(file) ?? new Map<string, Edit>();
    this.edits.set(file, edits);
    edits.set(`${start}:${end}:${text}`, { start, end, text });
  }

  private textOf(file: string): string {
    return this.texts.get(file) ?? "";
  }

  // The vocabulary.

  body(body: Body): void {
    for (const literal of body) this.literal(literal);
  }

  private literal(literal: Literal): void {
    switch (literal.kind) {
      case "test":
        return this.term(literal.term);
      case "unify":
        this.term(literal.left);
        return this.term(literal.right);
      case "some":
        if (literal.key !== undefined) this.term(literal.key);
        this.term(literal.value);
        return this.term(literal.domain);
      case "every":
        this.term(literal.domain);
        return this.body(literal.body);
      case "not":
        return this.body(literal.body);
      case "with":
        for (const { value } of literal.overrides) if (value !== undefined) this.term(value);
        return this.literal(literal.literal);
    }
  }

  term(term: Term): void {
    if (term.kind === "ref") {
      if (term.base.kind === "root") this.root(term.span, term.base.root);
      if (term.base.kind === "data") this.asked.add(constantPath(term.path));
    } else if (term.kind === "call" && term.callee.kind === "builtin") {
      this.ownFunction(term.span, term.callee.builtin.name);
    } else if (term.kind === "comprehension") {
      if (term.key !== undefined) this.term(term.key);
      this.term(term.value);
      this.body(term.body);
    }
    for (const part of partsOf(term)) this.term(part);
  }

  private root({ file, start }: Span, name: string): void {
    // `input.query` is the root too, and stays.
    if (this.textOf(file).startsWith("input", start)) return;
    if (!this.textOf(file).startsWith(name, start)) throw new Error(`${file}: no \`${name}\` at ${start}`);
    this.edit(file, start, start, "input.");
  }

  private ownFunction({ file, start }: Span, name: string): void {
    const own = ownFunctions.get(name);
    if (own === undefined) return;
    if (!this.textOf(file).startsWith(name, start)) throw new Error(`${file}: no \`${name}\` at ${start}`);
    this.edit(file, start, start + name.length, own);
    this.usesLabels = true;
  }

  withTarget({ target: [root = ""], span: { file, start } }: tree.With): void {
    const at = start + (/^with\s+/.exec(this.textOf(file).slice(start))?.[0].length ?? 0);
    if ((roots as readonly string[]).includes(root) && this.textOf(file).startsWith(root, at))
      this.edit(file, at, at, "input.");
  }

  // Statements.

  /** `deny "no" code "x" if B` → `deny contains {"message": "no", "code": "x", "rule": "a:3"} if B` */
  statement(statement: tree.Decision, plan: DecisionPlan): void {
    const { file, start, line } = statement.span;
    const rule = `"rule": ${JSON.stringify(`${plan.package.join(".")}:${line}`)}`;
    const head = (from: number, fields: string): void =>
      this.edit(file, start, from, `${statement.kind} contains {${fields}`);
    const after = (
      expr: tree.Expr | tree.Name | undefined,
      word: string,
      next: tree.Expr | undefined,
      text: string,
    ): void => {
      if (expr === undefined || next === undefined) return;
      const gap = this.word(file, expr.span.end, next.span.start, word);
      this.edit(file, gap.start, gap.end, text);
    };
    const from = (pattern: RegExp): number => start + (pattern.exec(this.textOf(file).slice(start))?.[0].length ?? 0);
    switch (statement.kind) {
      case "allow":
        head(from(/^allow/), rule);
        return this.close(statement, undefined, "}");
      case "deny": {
        const { message, code } = statement;
        head(from(/^deny/), '"message":');
        after(message, "code", code, ', "code":');
        return this.close(statement, code ?? message, `, ${rule}}`);
      }
      case "approve": {
        const { groups, duration, because } = statement;
        head(from(/^approve\s+by\s*/), '"groups": [');
        after(groups.at(-1), "for", duration, '], "for":');
        after(duration ?? groups.at(-1), "because", because, `${duration === undefined ? "]" : ""}, "because":`);
        const open = duration === undefined && because === undefined ? "]" : "";
        return this.close(statement, because ?? duration ?? groups.at(-1), `${open}, ${rule}}`);
      }
      case "notify": {
        const { channel, because } = statement;
        head(from(/^notify/), '"channel":');
        after(channel, "because", because, ', "because":');
        return this.close(statement, because ?? channel, `, ${rule}}`);
      }
      case "limit":
        head(statement.what.span.end, `"what": "${statement.what.text}", "value":`);
        return this.close(statement, statement.value, `, ${rule}}`);
      case "label": {
        const { subject, value } = statement;
        const as = this.word(file, spanOf(subject).end, value.span.start, "as");
        head(as.end, `"column": ${columnOf(subject, plan)}, "label":`);
        this.range(statement, plan, "catalog");
        return this.close(statement, value, `, ${rule}}`);
      }
      case "mask": {
        const { subject, mask, args } = statement;
        const open = this.word(file, mask.span.end, Number.POSITIVE_INFINITY, "\\(");
        head(open.end, `"column": ${columnOf(subject, plan)}, "mask": {"name": "${mask.text}", "args": [`);
        this.range(statement, plan, "columns");
        const paren = this.textOf(file).lastIndexOf(")", this.headEnd(statement, args.at(-1) ?? mask) - 1);
        return this.edit(file, paren, paren + 1, `]}, ${rule}}`);
      }
      case "filter":
        return this.filter(statement, plan, rule);
    }
  }

  /** `filter T as row where ROWS if B` → the rows of `T`, which are given, for which ROWS holds. */
  private filter(statement: Extract<tree.Decision, { kind: "filter" }>, plan: DecisionPlan, rule: string): void {
    const { row, rows, span } = statement;
    const { file, start } = span;
    const table = JSON.stringify(plan.path ?? "");
    const text = this.textOf(file);
    const where = this.word(file, row.span.end, Number.POSITIVE_INFINITY, "where");
    const brace = /^\s*\{/.exec(text.slice(where.end, rows[0]?.span.start));
    const from = brace === null ? where.end : where.end + brace[0].length;
    const end = this.headEnd(statement, rows.at(-1));
    const to = brace === null ? end : text.lastIndexOf("}", end - 1);
    const range = `some ${row.text} in input.rows[${table}]`;
    this.edit(file, start, from, `filter contains {"table": ${table}, "rows": {${row.text} | ${range};`);
    this.edit(file, to, end, `}, ${rule}}`);
  }

  /** A word between two expressions, with the white space before it: parentheses of either stay with them. */
  private word(file: string, from: number, to: number, word: string): { readonly start: number; readonly end: number } {
    const text = this.textOf(file).slice(from, Math.min(to, this.textOf(file).length));
    const found = new RegExp(/\w/.test(word) ? `\\s*\\b${word}\\b` : `\\s*${word}`).exec(text);
    if (found === null) throw new Error(`${file}: no \`${word}\` after ${from}`);
    return { start: from + found.index, end: from + found.index + found[0].length };
  }

  /** Where `if` begins, or the statement ends. */
  private headEnd({ body, span }: tree.Decision, last: { readonly span: Span } | undefined): number {
    const [first] = body;
    return first === undefined
      ? span.end
      : this.word(span.file, last?.span.end ?? span.start, first.span.start, "if").start;
  }

  private close(statement: tree.Decision, last: tree.Expr | undefined, text: string): void {
    const at = this.headEnd(statement, last);
    this.edit(statement.span.file, at, at, text);
  }

  /** The candidates over which a `mask` or `label` ranges. */
  private range({ body, span }: tree.Decision, { subject, path }: DecisionPlan, collection: string): void {
    const { file } = span;
    const range =
      path === undefined
        ? `some ${subject?.name ?? "_"} in input.${collection}`
        : `${JSON.stringify(path)} in {one.path | some one in input.${collection}}`;
    const [first] = body;
    if (first === undefined) return this.edit(file, span.end, span.end, ` if ${range}`);
    const text = this.textOf(file);
    const word = this.word(file, span.start, first.span.start, "if");
    const brace = /^\s*\{/.exec(text.slice(word.end, first.span.start));
    if (brace !== null) {
      const at = word.end + brace[0].length;
      return this.edit(file, at, at, `\n    ${range}`);
    }
    this.edit(file, word.end, word.end, ` {\n    ${range}\n   `);
    this.edit(file, span.end, span.end, "\n}");
  }
}

function constantPath(path: readonly Term[]): string {
  return path
    .flatMap((step) => (step.kind === "const" && typeof step.value === "string" ? [step.value] : []))
    .join(".");
}

function spanOf(subject: tree.Subject): Span {
  return subject.kind === "each" ? subject.name.span : subject.span;
}

function columnOf(subject: tree.Subject, plan: DecisionPlan): string {
  return subject.kind === "each" ? `${subject.name.text}.path` : JSON.stringify(plan.path ?? "");
}

/** All `with` of a module. */
function withClauses(module: tree.Module): tree.With[] {
  const found: tree.With[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== "object" || value === null) return;
    for (const [key, part] of Object.entries(value)) {
      // The tree's own word for it, wherever it may stand.
      if (key === "with" && Array.isArray(part)) found.push(...(part as readonly tree.With[]));
      visit(part);
    }
  };
  visit([module.rules, module.decisions]);
  return found;
}
