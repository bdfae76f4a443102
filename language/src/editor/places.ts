/** Every name of a set of policy files at its place, with what it means there. */
import { type Field, type RecordName, records, rootRecords } from "../check/vocabulary.ts";
import type { Type } from "../check/types.ts";
import type { Understanding } from "../compile/analyse.ts";
import { importedName, isRoot } from "../compile/imports.ts";
import type { Target } from "../compile/names.ts";
import type { Span } from "../diagnostics.ts";
import type { StatementFile } from "../syntax/statements.ts";
import type { Decision } from "../syntax/tree.ts";
import { identityOf, type Meaning, type Place } from "./meaning.ts";
import { pathNames, unquoted } from "./path-names.ts";

/** What the checker saw. */
export interface Observed {
  readonly fields: { readonly span: Span; readonly owner: Type; readonly name: string }[];
  readonly constants: { readonly span: Span; readonly type: Extract<Type, { kind: "string" }> }[];
}

export const labelFields: ReadonlySet<string> = new Set(["column.label", "column.labels", "table.labels"]);

export function placesOf(
  files: ReadonlyMap<string, StatementFile>,
  understanding: Understanding,
  observed: Observed,
): ReadonlyMap<string, readonly Place[]> {
  const places = new Places(files);
  const heads = headsIn(files);
  for (const { span, meaning } of understanding.resolver.occurrences) {
    places.add(span, meaning, meaning.kind === "rule" && heads.get(span.file)?.has(span.start) === true);
    if (meaning.kind === "local") places.add(meaning.local.span, meaning, true);
  }
  for (const target of understanding.resolver.targets) addTarget(places, files, understanding, target);
  for (const { span, owner, name } of observed.fields) {
    if (owner.kind === "record" && fieldOf(owner.record, name) !== undefined)
      places.add(span, { kind: "field", record: owner.record, name }, false);
  }
  for (const { span, type } of observed.constants) {
    const meaning = valueMeaning(type, unquoted(places.textOf(span)));
    if (meaning !== undefined) places.add(span, meaning, false);
  }
  for (const file of files.values()) {
    const { module, source } = file;
    if (module.span.end > module.span.start) {
      const names = pathNames(source, module.span);
      names.forEach((name, index) =>
        places.add(name.span, { kind: "data", path: module.package.slice(0, index + 1) }, index === names.length - 1),
      );
    }
    for (const clause of module.imports) {
      const names = pathNames(source, clause.span);
      const [root, ...steps] = clause.path;
      clause.path.forEach((_, index) => {
        const name = names[index];
        if (name === undefined || index === 0 || root !== "data") return;
        places.add(name.span, dataMeaning(understanding, steps.slice(0, index)), false);
      });
      const alias = clause.alias === undefined ? undefined : names.at(-1);
      if (alias !== undefined && importedName(clause) === alias.text)
        places.add(alias.span, { kind: "import", import: clause }, true);
    }
    for (const decision of module.decisions) addDecision(places, file, decision);
  }
  return places.sorted();
}

/** Each name of a `with`'s target. The first can stand for several steps of the path, the others stand for one each. */
function addTarget(
  places: Places,
  files: ReadonlyMap<string, StatementFile>,
  understanding: Understanding,
  { span, path }: Target,
): void {
  const names = pathNames(places.source(span), span);
  const [first] = names;
  const ahead = path.length - names.length;
  const clause = files.get(span.file)?.module.imports.find((each) => importedName(each) === first?.text);
  if (ahead > 0 && first !== undefined && clause !== undefined)
    places.add(first.span, { kind: "import", import: clause }, false);
  let record: RecordName | undefined;
  names.forEach((name, index) => {
    const upTo = path.slice(0, ahead + 1 + index);
    const [root, ...below] = upTo;
    const last = upTo.at(-1) ?? "";
    if (root === "data") {
      if (below.length > 0) places.add(name.span, dataMeaning(understanding, below), false);
    } else if (record !== undefined) {
      const field = fieldOf(record, last);
      if (field !== undefined) places.add(name.span, { kind: "field", record, name: last }, false);
      record = field?.type.kind === "record" ? field.type.record : undefined;
    } else if (isRoot(last) && upTo.length <= 2) {
      places.add(name.span, { kind: "root", root: last }, false);
      record = rootRecords[last];
    }
  });
}

/** By file, where the names begin that heads of rules are made of. */
function headsIn(files: ReadonlyMap<string, StatementFile>): ReadonlyMap<string, ReadonlySet<number>> {
  return new Map(
    [...files].map(([path, { module }]) => {
      const names = module.rules.flatMap((rule) => [rule.name, ...rule.path]);
      return [path, new Set(names.map(({ span }) => span.start))];
    }),
  );
}

function dataMeaning(understanding: Understanding, path: readonly string[]): Meaning {
  const { node, depth } = understanding.rules.find(path);
  return depth === path.length && node.group !== undefined
    ? { kind: "rule", group: node.group }
    : { kind: "data", path };
}

function valueMeaning(type: Extract<Type, { kind: "string" }>, text: string): Meaning | undefined {
  if (type.field === undefined) return undefined;
  if (labelFields.has(type.field)) return { kind: "label", label: text };
  const isListed = type.enum !== undefined;
  return type.enum?.includes(text) === false ? undefined : { kind: "value", field: type.field, text, isListed };
}

function addDecision(places: Places, { source }: StatementFile, decision: Decision): void {
  const { span, kind } = decision;
  const addPath = (parts: readonly string[], at: Span): void =>
    pathNames(source, at).forEach((name, index) =>
      places.add(name.span, { kind: "relation", path: parts.slice(0, index + 1) }, false),
    );
  places.add({ ...span, end: span.start + kind.length }, { kind: "decision", word: kind }, false);
  if (kind === "filter") addPath(decision.table.parts, decision.table.span);
  if (kind !== "mask" && kind !== "label") return;
  if (kind === "mask") places.add(decision.mask.span, { kind: "mask", name: decision.mask.text }, false);
  else if (decision.value.kind === "scalar" && typeof decision.value.value === "string")
    places.add(decision.value.span, { kind: "label", label: decision.value.value }, true);
  if (decision.subject.kind === "path") addPath(decision.subject.parts, decision.subject.span);
}

class Places {
  private readonly files: ReadonlyMap<string, StatementFile>;
  /** By file and where they begin: few begin at the same offset. */
  private readonly byFile = new Map<string, Map<number, Place[]>>();

  constructor(files: ReadonlyMap<string, StatementFile>) {
    this.files = files;
  }

  source(span: Span): StatementFile["source"] {
    return this.files.get(span.file)?.source ?? { path: span.file, text: "" };
  }

  textOf(span: Span): string {
    return this.source(span).text.slice(span.start, span.end);
  }

  /** What is there already is not there twice, but becomes a definition where it is one. */
  add(span: Span, meaning: Meaning, isDefinition: boolean): void {
    let starts = this.byFile.get(span.file);
    if (starts === undefined) this.byFile.set(span.file, (starts = new Map()));
    const place = { span, meaning, isDefinition };
    const places = starts.get(span.start);
    if (places === undefined) {
      starts.set(span.start, [place]);
      return;
    }
    const known = places.findIndex((other) => other.span.end === span.end && isSame(other.meaning, meaning));
    if (known < 0) places.push(place);
    else if (isDefinition && places[known]?.isDefinition === false) places[known] = place;
  }

  sorted(): ReadonlyMap<string, readonly Place[]> {
    return new Map(
      [...this.byFile].map(([file, places]) => [
        file,
        [...places.values()].flat().sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end),
      ]),
    );
  }
}

function isSame(a: Meaning, b: Meaning): boolean {
  return a === b || (a.kind === b.kind && identityOf(a) === identityOf(b));
}

export function fieldOf(record: RecordName, name: string): Field | undefined {
  return Object.hasOwn(records[record], name) ? records[record][name] : undefined;
}
