/** The session's temporary tables: which there may be is followed by what its statements do, which there are and with what columns the server says. */
import {
  type Catalog,
  guardedChange,
  mayRunStoredCode,
  namedIn,
  objectPath,
  readTemporaryTable,
  type Relation,
  type StatementFacts,
  withTemporaryTables,
} from "@penstock/engine";
import { type SideQuery, SideQueryError } from "./side-query.ts";

/** ER_NO_SUCH_TABLE, ER_BAD_DB_ERROR and the like, what no table can be called, and what is said of tables of others that may not be looked at: none is temporary. */
const noTemporaryTable: ReadonlySet<number> = new Set([
  1049, 1051, 1059, 1100, 1102, 1103, 1109, 1142, 1143, 1146, 1347, 1356, 1449,
]);

interface Name {
  readonly database: string;
  readonly name: string;
}

export class TemporaryTables {
  /** By `objectPath` of database and name. */
  readonly #tables = new Map<string, Relation>();
  /** Names of which the server has to be asked. */
  readonly #toAsk = new Map<string, Name>();
  /** Code that nobody has read has run since which may have made temporary tables of any name. */
  #codeHasRun = false;
  /** Names of which the server has been asked since. */
  readonly #asked = new Set<string>();
  #shared: Catalog | undefined;
  #catalog: Catalog | undefined;

  get areSure(): boolean {
    return this.#toAsk.size === 0;
  }

  /** The snapshot as the session sees it. @throws as `withTemporaryTables` */
  in(shared: Catalog): Catalog {
    if (this.#tables.size === 0) return shared;
    if (this.#shared !== shared || this.#catalog === undefined) {
      this.#catalog = withTemporaryTables(shared, this.#tables);
      this.#shared = shared;
    }
    return this.#catalog;
  }

  /** A statement has run, or failed, which it may have done in part. */
  ran(facts: StatementFacts, catalog: Catalog): void {
    const changed = facts.tables.filter(({ access }) => access.has("ddl"));
    for (const { relation } of changed) if (relation.isTemporary) this.#ask(relation);
    const isOwn = changed.length > 0 && changed.every(({ relation }) => this.#isClear(facts.kind, relation));
    const hasCode = mayRunStoredCode(catalog, facts);
    if (hasCode) {
      this.#codeHasRun = true;
      this.#asked.clear();
    }
    // Settings that matter are such as nobody changes from whom something is hidden, but others do.
    if (hasCode || (facts.category === "ddl" && !isOwn) || guardedChange(facts) !== undefined) this.askAll();
  }

  /** What there is after the change of a table, its own name tells: where none is known by it, the server may take it for another's. */
  #isClear(kind: string, relation: Relation): boolean {
    if (!relation.isTemporary) return false;
    return kind.startsWith("create_") || this.#tables.has(keyOf({ database: namedIn(relation), name: relation.name }));
  }

  /** All of them may be gone. */
  askAll(): void {
    for (const relation of this.#tables.values()) this.#ask(relation);
  }

  /**
   * After code that nobody has read, what a statement names may be a temporary table of that code's. True where the server has to be asked
   * first.
   */
  mayBeHidden(statements: readonly StatementFacts[]): boolean {
    if (!this.#codeHasRun) return false;
    for (const { tables, unknown } of statements) {
      for (const { relation } of tables) if (!relation.isSystem && !relation.isTemporary) this.#askOnce(relation);
      for (const { path } of unknown) if (path !== undefined) this.#askOnce({ database: path[0], name: path[1] });
    }
    return this.#toAsk.size > 0;
  }

  /** Asks the server. Rejects where it does not say; whatever the name means is then taken for no temporary table. */
  async read(side: SideQuery): Promise<void> {
    const query = (sql: string) =>
      side.run(sql).catch((error: unknown) => {
        if (error instanceof SideQueryError && noTemporaryTable.has(error.code)) return undefined;
        throw error;
      });
    const [first] = this.#toAsk;
    if (first === undefined) return;
    const [key, { database, name }] = first;
    this.#toAsk.delete(key);
    this.#set(key, undefined);
    this.#set(key, await readTemporaryTable(query, database, name));
    await this.read(side);
  }

  #set(key: string, table: Relation | undefined): void {
    if (table === undefined && !this.#tables.delete(key)) return;
    if (table !== undefined) this.#tables.set(key, table);
    this.#shared = undefined;
  }

  #ask(relation: Relation): void {
    const name = { database: namedIn(relation), name: relation.name };
    this.#toAsk.set(keyOf(name), name);
  }

  #askOnce(named: Relation | Name): void {
    const name = "schema" in named ? { database: namedIn(named), name: named.name } : named;
    const key = keyOf(name);
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    this.#toAsk.set(key, name);
  }
}

function keyOf({ database, name }: Name): string {
  return objectPath(database, name);
}
