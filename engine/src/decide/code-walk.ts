import { type AccessKind, type StatementKind, statementKinds } from "@penstock/language";
import {
  type Catalog,
  type FunctionInfo,
  objectPath,
  type Relation,
  triggerBodyName,
  type TriggerInfo,
} from "../catalog/catalog.ts";
import { type BodyFacts, userFunction } from "../catalog/body-facts.ts";
import { bodyFacts, pathInside } from "../catalog/function-body.ts";
import { type CopiedColumn, copiedColumns, copiedInto } from "../catalog/copied-columns.ts";
import { readBelow } from "../catalog/labels.ts";
import { codeFacts, conditionFacts } from "../catalog/relation-code.ts";
import {
  codeSetOff,
  columnsThatFail,
  type RelationUse,
  triggersFired,
  usesBrought,
  waysOfKeys,
} from "../catalog/set-off.ts";
import { columnsOfRow } from "../catalog/trigger-row.ts";
import type { ColumnFact, FunctionFact, StatementFacts, TableFact, TableUse } from "../sql/facts.ts";
import { catalogIndex } from "../sql/postgres/catalog-index.ts";
import { builtinAggregateNames } from "../sql/postgres/builtin-names.ts";
import { builtinCategory, isBuiltinFunction } from "../sql/postgres/functions.ts";
import { setReturning } from "../sql/postgres/set-returning.ts";
import type { CalledRead, UnreadCode } from "./called-functions.ts";

/** How code comes to run. */
interface Way {
  readonly searchPath: readonly string[];
  /** What of a relation sets it off, as messages name it. Absent: the statement calls it. */
  readonly setOffBy?: string;
  /** It is the body of a trigger, which has no function. */
  readonly isTrigger?: true;
  /** It runs with the rights of the owner of a function (SECURITY DEFINER). */
  readonly asOwner: boolean;
  /** The row for which it is run, where the statement does not give all of its values. */
  readonly row?: OwnRow;
}

interface OwnRow {
  readonly relation: Relation;
  /** Columns that are handed to the code. */
  readonly columns: readonly number[];
  /** The code is a trigger's, and sees the whole row as NEW and OLD. */
  readonly ofTrigger: boolean;
}

interface Call {
  readonly called: Pick<FunctionFact, "schema" | "name" | "category">;
  readonly way: Way;
}

/** Goes through all code that one statement may run, each piece once for each way that makes a difference. */
export class CodeWalk {
  readonly reads: CalledRead[] = [];
  readonly unread: UnreadCode[] = [];
  readonly tables: TableUse[] = [];
  readonly writers: string[] = [];
  seesDetails = false;
  #seesErrors = false;
  readonly #saidInErrors: (() => void)[] = [];
  /** Of the functions that the statement calls, and those that these call. */
  readonly inCalled: {
    readonly tables: TableFact[];
    readonly columns: ColumnFact[];
    readonly functions: FunctionFact[];
    readonly wheres: NonNullable<BodyFacts["where"]>[];
  } = { tables: [], columns: [], functions: [], wheres: [] };

  readonly #catalog: Catalog;
  readonly #searchPath: readonly string[];
  readonly #before: readonly StatementFacts[];
  readonly #isUncertain: boolean;
  /** Names mean what they meant before the text. */
  readonly #isSettled: boolean;
  readonly #calls: Call[] = [];
  readonly #seen = new Set<string>();

  constructor(catalog: Catalog, searchPath: readonly string[], before: readonly StatementFacts[]) {
    this.#catalog = catalog;
    this.#searchPath = searchPath;
    this.#before = before;
    this.#isUncertain = before.some(changesMeaning);
    this.#isSettled =
      !this.#isUncertain && before.every(({ session }) => session?.kind !== "set" && session?.kind !== "set_any");
  }

  run(facts: StatementFacts): void {
    const way: Way = { searchPath: this.#searchPath, asOwner: false };
    for (const called of facts.functions) if (isUsersOwn(called)) this.#calls.push({ called, way });
    this.#follow(facts.tables, facts.columns, way);
    this.#earlierChanges(facts);
    this.#ofDatabase(facts);
    if (changesSchema.has(facts.category)) this.#losesCopies(facts);
    for (let call = this.#calls.pop(); call !== undefined; call = this.#calls.pop()) this.#call(call);
    // The proxy withholds what errors say, but cannot from code that reads them.
    if (this.#seesErrors) for (const read of this.#saidInErrors) read();
  }

  /** What earlier statements of the text have changed may run when this one writes, wherever it is now. */
  #earlierChanges({ kind: now, tables }: StatementFacts): void {
    const isWriting = tables.some(({ access }) => !access.isDisjointFrom(writing));
    for (const { kind, tables: changed } of this.#before) {
      for (const { relation, access } of changed) {
        if (!access.has("ddl") || relation.isSystem) continue;
        if (isWriting) this.#use({ relation, access: writing }, this.#searchPath);
        // DROP runs nothing of what it takes away. A table made in this text has no more code than its statements name, unless it joins others.
        const isAlone = changed.length === 1 && this.#catalog.relations.get(relation.path) !== relation;
        const mayHaveMore = kind === "alter_table" && !isAlone && !now.startsWith("drop_");
        if (mayHaveMore && tables.some((table) => table.relation === relation)) {
          this.unread.push({
            code: `what a statement on ${relation.path} runs`,
            problem: "may be something else after an earlier statement of the same text",
          });
        }
      }
    }
  }

  #ofDatabase({ kind, category, inner, tables, functions }: StatementFacts): void {
    if (maintenance.has(kind) && tables.length === 0) {
      for (const relation of this.#catalog.relations.values()) {
        if (relation.code !== undefined) this.#use({ relation, access: new Set(["ddl"]) }, this.#searchPath);
      }
    }
    const { implicitCasts = [], eventTriggers = [] } = this.#catalog;
    const { definitionPath: searchPath } = this.#catalog;
    if (tables.length + functions.length > 0) {
      for (const cast of implicitCasts) {
        this.#push(userFunction(cast), { searchPath, asOwner: false, setOffBy: "an implicit cast" });
      }
    }
    const changes = [kind, inner ?? kind].filter(
      (each) => alsoFiring.has(each) || changesSchema.has(statementKinds[each]),
    );
    if (changes.length === 0 && !changesSchema.has(category)) return;
    for (const { name, tags, function: called } of eventTriggers) {
      if (tags.length > 0 && !tags.some((tag) => changes.some((each) => isTagOf(each, tag)))) continue;
      const setOffBy = `event trigger \`${name}\``;
      this.#push(userFunction(called), { searchPath: this.#searchPath, asOwner: false, setOffBy });
    }
  }

  #push(called: Call["called"], way: Way): void {
    this.#calls.push({ called, way });
  }

  #call({ called, way }: Call): void {
    const path = called.schema === "" ? called.name : objectPath(called.schema, called.name);
    const { setOffBy, row } = way;
    const key = JSON.stringify([path, way.searchPath, setOffBy, way.asOwner, row?.relation.path, row?.columns]);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const code = codeOf(path, way);
    if (this.#seen.size > bodiesMax) {
      if (this.#seen.size === bodiesMax + 1) {
        this.unread.push({ code, problem: `is one of more than ${bodiesMax} that are called` });
      }
      return;
    }
    const overloads = this.#catalog.functions.get(path) ?? [];
    const problem = problemOf(this.#catalog, called, overloads, this.#isUncertain && setOffBy === undefined);
    if (problem !== undefined) this.unread.push({ code, problem });
    for (const info of overloads.filter(hasReadableBody)) {
      const body = bodyFacts(this.#catalog, info, way.searchPath);
      const asOwner = way.asOwner || info.body?.isSecurityDefiner === true;
      if (body.problem !== undefined) this.unread.push({ code, problem: body.problem });
      if (asOwner && body.ambiguous !== undefined) {
        const message = `runs with the rights of its owner (SECURITY DEFINER) and names \`${body.ambiguous}\`, of which there are several`;
        this.unread.push({ code, problem: message });
      }
      this.#seesErrors ||= body.seesErrors;
      if (row?.ofTrigger === true) {
        const { relation } = row;
        this.#readRow(code, relation, columnsOfRow(relation, body.row));
        for (const copied of copiedColumns(this.#catalog, relation, info, way.searchPath)) {
          if (!copied.isQuiet || !this.#isSettled) this.#readCopied(code, copied);
        }
        this.#saidInErrors.push(() => this.#readRow(code, relation, columnsOfRow(relation, body.rowInErrors)));
      }
      if (row?.ofTrigger === false && body.acts) this.#readRow(code, row.relation, row.columns);
      if (body.acts && setOffBy === undefined) this.writers.push(code);
      this.seesDetails ||= body.seesDetails;
      const { isTrigger: _, ...inside } = way;
      this.#enter(code, body, { ...inside, asOwner, searchPath: pathInside(info, way.searchPath) });
    }
  }

  /** @param way of what the code itself runs. */
  #enter(code: string, body: BodyFacts, way: Way): void {
    const own = way.setOffBy === undefined ? this.inCalled : undefined;
    own?.tables.push(...body.tables);
    own?.columns.push(...body.columns);
    if (body.where !== undefined) own?.wheres.push(body.where);
    own?.functions.push(...body.functions.map((each): FunctionFact => ({ ...each, isInBody: true })));
    if (own === undefined) this.tables.push(...body.tables);
    for (const { relation, access } of body.tables) {
      const onlyAdds = way.setOffBy !== undefined && access.size === 1 && access.has("insert");
      // What is put there is whose who made the table, and nobody sees it there but as the policies say.
      const seen = onlyAdds ? body.columns.filter(({ uses }) => uses.size > 1 || !uses.has("write")) : body.columns;
      const isNamedByPath = body.namedByPath.has(relation);
      const isChange = access.has("insert") || access.has("update");
      const columns = touchedOf(relation, seen);
      this.reads.push({ code, relation, columns, isChange, isNamedByPath, isOwnRow: false, onlyAdds });
    }
    for (const called of body.functions) if (isUsersOwn(called)) this.#push(called, way);
    this.#follow(body.tables, body.columns, way, code);
  }

  #readCopied(code: string, { from, sources }: CopiedColumn): void {
    this.#readRow(
      code,
      from,
      sources.map(({ attnum }) => attnum),
    );
  }

  /** Changes after which it is not known any more what triggers have put into which column. */
  #losesCopies({ kind, tables, columns }: StatementFacts): void {
    const changed = tables.filter(({ access }) => access.has("ddl")).map(({ relation }) => relation);
    const dropped = kind.startsWith("drop_")
      ? changed.flatMap((each) => [each, ...catalogIndex(this.#catalog).descendants(each)])
      : [];
    const isPlaceLost = (into: Relation) => kind === "alter_table" && columns.some(({ relation }) => relation === into);
    for (const copied of [...copiedInto(this.#catalog).values()].flat()) {
      const { from, into, isListed } = copied;
      const isLost = droppingCode.has(kind) || dropped.includes(from) || (!isListed && isPlaceLost(into));
      if (isLost) this.#readCopied(`\`${kind}\`, after which a copy of rows in ${into.path} would be shown,`, copied);
    }
  }

  #readRow(code: string, relation: Relation, columns: readonly number[]): void {
    if (columns.length === 0) return;
    // The statement may have come to it by a view, a parent or a key, and not name it.
    this.tables.push({ relation, access: rowLooked });
    this.reads.push({
      code,
      relation,
      columns: new Set(columns),
      isChange: false,
      isNamedByPath: false,
      isOwnRow: true,
      onlyAdds: false,
    });
  }

  /** What the relations set off that a statement or a piece of code uses. */
  #follow(tables: readonly TableFact[], columns: readonly ColumnFact[], { searchPath }: Way, code?: string): void {
    for (const { relation, access } of tables) {
      if (relation.isSystem) continue;
      const written = columns.filter(({ uses }) => uses.has("write"));
      const use = { relation, access, touched: touchedOf(relation, columns), written: touchedOf(relation, written) };
      this.#use(use, searchPath);
      this.#noteFollowers(use, code);
    }
  }

  #use(first: RelationUse, searchPath: readonly string[]): void {
    for (const use of usesBrought(this.#catalog, first)) {
      const { relation, access } = use;
      const columns = [use.touched, use.written].map((each) => each && [...each]);
      const key = JSON.stringify(["use", relation.path, [...access].sort(), columns, searchPath]);
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      for (const trigger of triggersFired(use)) this.#fire(trigger, use, searchPath);
      for (const code of codeSetOff(use)) {
        const setOffBy = `${code.name} of ${relation.path}`;
        const body = codeFacts(this.#catalog, relation, code);
        const tells = !access.isDisjointFrom(rowStays);
        const computedFrom = [...touchedOf(relation, body.columns)];
        const ofRow = tells ? computedFrom : [];
        this.#readRow(setOffBy, relation, code.tellsOfRow ? ofRow : columnsThatFail(use, code, computedFrom));
        this.#enterDefinition(setOffBy, relation, body, ofRow);
      }
      if (access.has("read") && relation.definition !== undefined) this.#callOfView(relation);
    }
  }

  /** Rows that foreign keys change with those that they refer to: what is hidden of them counts. */
  #noteFollowers(use: RelationUse, code: string | undefined): void {
    // The rewriter of PostgreSQL asks nothing of them. In code nothing is rewritten.
    if (this.#catalog.engine === "postgres" || !(use.access.has("delete") || use.access.has("update"))) return;
    const { access } = use;
    const ofView = [...readBelow(this.#catalog, use.relation).tables].map(
      (relation): RelationUse => ({ relation, access }),
    );
    for (const way of [use, ...ofView].flatMap((each) => waysOfKeys(this.#catalog, each))) {
      const relation = way.at(-1)?.relation;
      if (relation === undefined) continue;
      this.tables.push({ relation, access: rowLooked });
      if (code === undefined) continue;
      const columns = new Set<number>();
      this.reads.push({
        code,
        relation,
        columns,
        isChange: true,
        onlyAdds: false,
        isNamedByPath: false,
        isOwnRow: false,
      });
    }
  }

  #fire(
    { name, function: called, conditional, transitionTables }: TriggerInfo,
    use: RelationUse,
    searchPath: readonly string[],
  ): void {
    const { relation, access } = use;
    const setOffBy = `trigger \`${name}\` of ${relation.path}`;
    const isStored = !access.isDisjointFrom(rowStays);
    const all = relation.columns.map(({ attnum }) => attnum);
    if (conditional !== undefined) {
      const condition = conditionFacts(this.#catalog, relation, conditional);
      const columns = isStored ? [...touchedOf(relation, condition.columns)] : [];
      this.#readRow(setOffBy, relation, columns);
      this.#enterDefinition(setOffBy, relation, condition, columns);
    }
    if (isStored && transitionTables !== undefined) this.#readRow(setOffBy, relation, all);
    const row = isStored ? { row: { relation, columns: all, ofTrigger: true } } : {};
    const isTrigger = called.name === triggerBodyName(name) ? { isTrigger: true as const } : {};
    this.#push(userFunction(called), { searchPath, asOwner: false, setOffBy, ...isTrigger, ...row });
  }

  /** @param columns of the row for which it is run. */
  #enterDefinition(setOffBy: string, relation: Relation, body: BodyFacts, columns: readonly number[]): void {
    if (body.problem !== undefined) this.unread.push({ code: setOffBy, problem: body.problem });
    const tables = body.tables.filter((table) => table.relation !== relation);
    const way: Way = {
      searchPath: this.#searchPath,
      asOwner: false,
      setOffBy,
      ...(columns.length === 0 ? {} : { row: { relation, columns, ofTrigger: false } }),
    };
    this.#enter(setOffBy, { ...body, tables }, way);
  }

  /** What is stored in a materialised view was computed by them too. */
  #callOfView(view: Relation): void {
    const { functions } = readBelow(this.#catalog, view);
    const row = { relation: view, columns: view.columns.map(({ attnum }) => attnum), ofTrigger: false };
    const way: Way = { searchPath: this.#searchPath, asOwner: false, setOffBy: `view ${view.path}`, row };
    for (const called of functions) if (isUsersOwn(called)) this.#push(called, way);
  }
}

const bodiesMax = 500;

/** What can take triggers with it that it does not name. */
const droppingCode: ReadonlySet<string> = new Set(["drop_function", "drop_extension", "drop_owned"]);

/** As messages name it. */
function codeOf(path: string, { setOffBy, isTrigger }: Way): string {
  if (setOffBy === undefined) return `function \`${path}\``;
  return isTrigger === true ? setOffBy : `function \`${path}\`, which ${setOffBy} runs,`;
}

const changesSchema: ReadonlySet<string> = new Set(["ddl", "privilege"]);

/** What fires event triggers besides. */
const alsoFiring: ReadonlySet<string> = new Set(["select_into", "reindex"]);

/** Without a name they are about all tables. */
const maintenance: ReadonlySet<string> = new Set(["analyze", "vacuum", "cluster", "reindex"]);

/** A row that was there before: its values are not those that the statement gives. */
const rowStays: ReadonlySet<AccessKind> = new Set(["read", "update", "delete", "lock", "ddl"]);
const rowLooked: ReadonlySet<AccessKind> = new Set(["read"]);
const writing: ReadonlySet<AccessKind> = new Set(["insert", "update", "delete", "truncate"]);

function touchedOf(relation: Relation, columns: readonly ColumnFact[]): Set<number> {
  return new Set(columns.filter((fact) => fact.relation === relation).map(({ column }) => column.attnum));
}

/** Whatever its category: that goes by names, and any function can have the name of an extension's. */
function isUsersOwn({ builtin }: FunctionFact): boolean {
  return !builtin;
}

/** Functions in C are extensions' own code, listed by category where they reach further. */
function hasReadableBody({ language }: FunctionInfo): boolean {
  return language !== "c" && language !== "internal";
}

function problemOf(
  catalog: Catalog,
  { name, category }: Call["called"],
  overloads: readonly FunctionInfo[],
  isUncertain: boolean,
): string | undefined {
  if (overloads.length === 0) return category === "user_defined" ? "is not known" : undefined;
  if (!overloads.some(hasReadableBody)) return undefined;
  // By the name alone it would be taken for an aggregate, or for what a rule is about.
  const isOfPostgres = overloads.some(({ language }) => language !== "psm");
  if (isOfPostgres && isBuiltinFunction(catalog, name) && !isOrdinary(name))
    return "has the name of a built-in function";
  return isUncertain ? "may mean something else after an earlier statement of the same text" : undefined;
}

/** Whether nothing is known of a built-in function by its name but that it computes a value. */
function isOrdinary(name: string): boolean {
  if (builtinAggregateNames.has(name) || setReturning.has(name)) return false;
  const category = builtinCategory(name);
  return category === "pure" || category === "volatile";
}

/** Statements after which the catalog may not say any more what is in the database. */
function changesMeaning({ category, session }: StatementFacts): boolean {
  if (category === "read" || category === "write") return false;
  return session?.kind !== "set" && session?.kind !== "begin";
}

/** Kinds are named after the first and last word of their tags, but for these. */
const lastWords: Readonly<Record<string, string>> = {
  aggregate: "function",
  procedure: "function",
  routine: "function",
  domain: "type",
  wrapper: "server",
  mapping: "server",
};

/** A rename, and a change of owner, have the tag of what they change. */
function isTagOf(kind: StatementKind, tag: string): boolean {
  const words = tag.toLowerCase().split(" ");
  const [verb = "", last = ""] = [words[0], words.at(-1)];
  if (kind === "rename" || kind === "alter_owner") return verb === "alter";
  const near = `${verb}_${lastWords[last] ?? last}`;
  const named = [words.join("_"), near].find((name) => Object.hasOwn(statementKinds, name));
  return kind === (named ?? `${verb}_other`);
}
