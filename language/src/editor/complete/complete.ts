/**
 * What can stand at the cursor. The statement there is nearly always unfinished: a name is put in the cursor's place, what is missing is
 * closed, and that reading of it is resolved and checked among the other rules as if it had been written.
 */
import { unknownInLabels } from "../../check/checker.ts";
import type { RecordName } from "../../check/vocabulary.ts";
import type { CatalogNames } from "../catalog-names.ts";
import { importedName } from "../../compile/imports.ts";
import { RuleTree } from "../../compile/rule-tree.ts";
import { parseStatement, type StatementFile } from "../../syntax/statements.ts";
import type { PolicySet } from "../policy-set.ts";
import { type Completion, type Completions, completion } from "./completion.ts";
import { type Cursor, cursorAt } from "./cursor.ts";
import { type Focus, focusOn } from "./focus.ts";
import { columnsOf, decisionHead, keywords, statementStarts } from "./heads.ts";
import { below, builtinsBelow, fieldsOf, importedNames, locals, rootNames } from "./names.ts";
import { type Reading, readings } from "./repair.ts";
import { labels, valuesOfField } from "./strings.ts";

/** No name that somebody would write. */
const placeholder = "cursor__";

export function complete(set: PolicySet, path: string, offset: number, catalog: CatalogNames): Completions | undefined {
  const file = set.files.get(path);
  const cursor = file === undefined ? undefined : cursorAt(file, offset);
  if (file === undefined || cursor === undefined) return undefined;
  const items = new Completer(set, file, cursor, catalog).items();
  return { start: cursor.start, end: cursor.end, items: distinct(items) };
}

class Completer {
  private readonly set: PolicySet;
  private readonly file: StatementFile;
  private readonly cursor: Cursor;
  private readonly catalog: CatalogNames;

  constructor(set: PolicySet, file: StatementFile, cursor: Cursor, catalog: CatalogNames) {
    this.set = set;
    this.file = file;
    this.cursor = cursor;
    this.catalog = catalog;
  }

  items(): readonly Completion[] {
    const { statement, before, isString } = this.cursor;
    if (statement === undefined) return isString ? [] : statementStarts(this.file.module);
    const words = before.map(({ image }) => image);
    if (isString) return this.stringValues(words);
    if (words[0] === "package") return [];
    if (words[0] === "import") return this.importable(words.slice(1));
    const head = decisionHead(before, this.catalog);
    if (head !== undefined) return head;
    const member = this.dottedBefore();
    if (member !== undefined) return this.members(member);
    const last = before.at(-1);
    const { text } = this.file.source;
    const isSameLine =
      last !== undefined && !text.slice(last.startOffset + statement.start, this.cursor.start).includes("\n");
    if (isSameLine && operandEnds.has(last.tokenType.name))
      return keywords(["if", "in", "with", "as", "else", "contains", "code", "for", "because"]);
    if (words.at(-1) === "with") return this.replaceable();
    return this.expression();
  }

  private expression(): readonly Completion[] {
    const { isTest } = this;
    const focus = this.focusWhere(
      ({ resolver }) =>
        resolver.occurrences.find(({ meaning }) => meaning.kind === "local" && meaning.local.name === placeholder)
          ?.meaning,
    );
    const scope = focus?.found.kind === "local" ? focus.found.scope : undefined;
    const visible = (scope?.visible() ?? []).filter(({ name }) => name !== placeholder && name !== "_");
    return [
      ...(focus === undefined ? [] : locals(visible, focus.focus.checker)),
      ...this.rules([...this.file.module.package]).filter(({ label }) => !label.startsWith("test_")),
      ...importedNames(this.file.module),
      ...rootNames(),
      ...keywords(["some", "every", "not", "true", "false", "null", "data", "input"]),
      ...(isTest
        ? [
            completion("function", "decide", {
              detail: "decide(sql, [parameters])",
              snippet: 'decide("${1:select 1}")',
            }),
          ]
        : []),
      ...builtinsBelow([]),
    ];
  }

  private get isTest(): boolean {
    return this.file.source.path.endsWith("_test.policy") || this.cursor.before[0]?.image.startsWith("test_") === true;
  }

  /** After `with`: what can be replaced. */
  private replaceable(): readonly Completion[] {
    return [...rootNames(), ...keywords(["input", "data"]), ...importedNames(this.file.module), ...builtinsBelow([])];
  }

  private importable(written: readonly string[]): readonly Completion[] {
    const [root, ...path] = written.filter((word) => word !== ".");
    if (written.at(-1) !== "." && root !== undefined) return keywords(["as"]);
    if (root === undefined) return keywords(["data", "input"]);
    if (root === "input") return rootNames();
    return root === "data" ? this.rules(path) : [];
  }

  private rules(path: readonly string[]): Completion[] {
    return below(new RuleTree(this.set.modules), this.set.data, path);
  }

  /** The names before the cursor's word, `["data", "acme"]` for `data.acme.`; empty where what stands there is no name. */
  private dottedBefore(): readonly string[] | undefined {
    const { before } = this.cursor;
    if (before.at(-1)?.tokenType.name !== "Dot") return undefined;
    const names: string[] = [];
    for (let at = before.length - 2; at >= 0; at -= 2) {
      const token = before[at];
      if (token?.tokenType.name !== "Identifier") return [];
      names.unshift(token.image);
      if (before[at - 1]?.tokenType.name !== "Dot") return names;
    }
    return [];
  }

  private members(names: readonly string[]): readonly Completion[] {
    const typed = this.focusWhere(({ observed }) => {
      const owner = observed.fields.find(({ name }) => name === placeholder)?.owner;
      return owner?.kind === "record" ? owner : undefined;
    });
    if (typed !== undefined) return this.knownFields(typed.found.record);
    const [first, ...rest] = names;
    if (first === undefined) return [];
    const row = this.rowOfFilter(first);
    if (row !== undefined && rest.length === 0) return row;
    if (first === "data") return this.rules(rest);
    if (first === "input" && rest.length === 0) return rootNames();
    const clause = this.file.module.imports.find((each) => importedName(each) === first);
    if (clause !== undefined) return clause.path[0] === "data" ? this.rules([...clause.path.slice(1), ...rest]) : [];
    return [...this.rules([...this.file.module.package, ...names]), ...builtinsBelow(names)];
  }

  /** In `filter public.orders as row where row.`: the columns. */
  private rowOfFilter(name: string): readonly Completion[] | undefined {
    const words = this.cursor.before.map(({ image }) => image);
    const end = words.indexOf("as");
    if (words[0] !== "filter" || end < 0 || words[end + 1] !== name) return undefined;
    const [, schema, , table] = words;
    const relation = this.catalog.relations.find((each) => each.schema === schema && each.name === table);
    return columnsOf(relation);
  }

  /** Labels are not known yet where they are computed. */
  private knownFields(record: RecordName): readonly Completion[] {
    const inLabel = record === "column" && this.cursor.before[0]?.image === "label";
    return fieldsOf(record).filter(({ label }) => !inLabel || !unknownInLabels.includes(label));
  }

  private stringValues(words: readonly string[]): readonly Completion[] {
    const [first] = words;
    const isHead = !words.includes("if");
    if (first === "label" && words.at(-1) === "as" && isHead) return labels(this.set);
    if (first === "mask" && isHead && words.includes("truncate"))
      return ["year", "quarter", "month", "week", "day", "hour"].map((unit) => completion("value", unit));
    if (first === "approve" && isHead) return valuesOfField(this.set, "principal.groups", this.catalog);
    const focus = this.focusWhere(({ observed }, { offset }) =>
      observed.constants.find(({ span }) => span.start === offset - 1),
    );
    const field = focus?.found.type.field;
    return field === undefined ? [] : valuesOfField(this.set, field, this.catalog);
  }

  /** The first reading of the statement in which `find` finds something. */
  private focusWhere<Found>(
    find: (focus: Focus, reading: Reading) => Found | undefined,
  ): { readonly focus: Focus; readonly found: Found } | undefined {
    const { statement, start, end, isString, isClosed } = this.cursor;
    if (statement === undefined) return undefined;
    const { text, path } = this.file.source;
    const next = this.file.statements.find((other) => other.start > statement.start);
    const before = text.slice(statement.start, start);
    const after = text.slice(end, next?.start ?? text.length);
    const closed = isString && !isClosed ? `${placeholder}"` : placeholder;
    for (const reading of readings(before, closed, after)) {
      const part = parseStatement({ path, text: reading.text });
      if (part === undefined) continue;
      const focus = focusOn(this.set, this.file, statement, part);
      const found = find(focus, reading);
      if (found !== undefined) return { focus, found };
    }
    return undefined;
  }
}

/** Tokens after which, on the same line, only a keyword or an operator can follow. */
const operandEnds: ReadonlySet<string> = new Set([
  "Identifier",
  "Number",
  "String",
  "RawString",
  "Template",
  "True",
  "False",
  "Null",
  "RightParen",
  "RightBracket",
  "RightBrace",
]);

/** Of two with the same name the first: a variable hides a rule. */
function distinct(items: readonly Completion[]): Completion[] {
  const seen = new Set<string>();
  return items.filter(({ label }) => !seen.has(label) && seen.add(label));
}
