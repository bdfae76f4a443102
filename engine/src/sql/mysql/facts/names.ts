import { type Catalog, type Column, objectPath, type Relation, relationToBe } from "../../../catalog/catalog.ts";
import { temporaryToBe } from "../../../catalog/temporary-tables.ts";
import type { QualifiedName } from "../tree/node.ts";

/** What names mean at one point of a session: which database they are looked for in, and which of them are the same. */
export class NameState {
  readonly catalog: Catalog;
  /** `undefined`: none was chosen, and names have to be qualified. */
  database: string | undefined;
  readonly #isFolding: boolean;
  /** Tables that statements of the text before have made, of whose columns nothing is known. */
  readonly #made = new Map<string, Relation>();
  readonly #sequences = new Map<string, Relation>();
  /** Temporary tables as the statements of the text before leave them, where they do not leave those of the catalog. */
  readonly #temporary = new Map<string, Relation | undefined>();

  constructor(catalog: Catalog, database: string | undefined) {
    this.catalog = catalog;
    this.database = database;
    this.#isFolding = (catalog.mysql?.lowerCaseTableNames ?? 0) !== 0;
  }

  /** The same names, of which changes stay without effect here. */
  copy(): NameState {
    const copy = new NameState(this.catalog, this.database);
    for (const [key, relation] of this.#temporary) copy.#temporary.set(key, relation);
    return copy;
  }

  /** Equal for names of databases, tables and aliases that the server takes for the same. */
  key(name: string): string {
    return this.#isFolding ? inLowerCase(name) : name;
  }

  /** The same for names of WITH: to MariaDB they never know a case. */
  cteKey(name: string): string {
    return this.catalog.engine === "mariadb" ? inLowerCase(name) : this.key(name);
  }

  isSame(one: string, other: string): boolean {
    return one === other || this.key(one) === this.key(other);
  }

  /** The relation of a name, a temporary table before any other. */
  find(name: QualifiedName): Relation | undefined {
    return this.temporary(name) ?? this.lasting(name);
  }

  temporary(name: QualifiedName): Relation | undefined {
    const { temporary } = this.catalog;
    if (temporary === undefined && this.#temporary.size === 0) return undefined;
    const key = this.#keyOf(name);
    return this.#temporary.has(key) ? this.#temporary.get(key) : temporary?.byName.get(key);
  }

  /** From here on the text has a temporary table of that name, of whose columns nothing is known. */
  makeTemporary(name: QualifiedName): Relation {
    const made = this.temporaryToBe(name);
    this.#temporary.set(this.#keyOf(name), made);
    return made;
  }

  /** What CREATE TEMPORARY TABLE makes. */
  temporaryToBe(name: QualifiedName): Relation {
    return temporaryToBe(...this.pathOf(name));
  }

  /** From here on the name means what it would without a temporary table. */
  dropTemporary(name: QualifiedName): void {
    const key = this.#keyOf(name);
    this.#temporary.set(key, undefined);
    // Which letters beyond ASCII the server takes for the same is not known here.
    if (!this.#isFolding || isAscii(key)) return;
    for (const other of this.catalog.temporary?.byName.keys() ?? [])
      if (!isAscii(other)) this.#temporary.set(other, undefined);
  }

  #keyOf(name: QualifiedName): string {
    return objectPath(...this.pathOf(name));
  }

  /** Equal for names by which a statement here would mean the same table. */
  pathOf({ parts }: QualifiedName): readonly [database: string, name: string] {
    return [this.key(parts.at(-2)?.text ?? this.database ?? ""), this.key(parts.at(-1)?.text ?? "")];
  }

  /** The same without temporary tables; the server's own databases know no case anywhere. */
  lasting(name: QualifiedName): Relation | undefined {
    const table = name.parts.at(-1)?.text ?? "";
    const schema = name.parts.at(-2)?.text ?? this.database;
    if (schema === undefined) return undefined;
    const { relations } = this.catalog;
    return (
      relations.get(objectPath(schema, table)) ??
      this.#folded(schema, table) ??
      this.#made.get(this.#keyOf(name)) ??
      this.#sequence(schema, table)
    );
  }

  /** From here on the text has a table of that name that was not there before: the server refuses to make one twice. */
  makeLasting(name: QualifiedName, made: Relation): void {
    this.#made.set(this.#keyOf(name), made);
  }

  /** Another may have that name from here on, with what it holds. */
  forgetMade(name: QualifiedName): void {
    this.#made.delete(this.#keyOf(name));
  }

  /** MariaDB's SEQUENCE engine has a table for every such name, with numbers in it and no data of anybody's. */
  #sequence(schema: string, table: string): Relation | undefined {
    if (this.catalog.engine !== "mariadb" || !sequenceTable.test(table)) return undefined;
    const path = objectPath(this.key(schema), table);
    const sequence = this.#sequences.get(path) ?? sequenceRelation(this.key(schema), table);
    this.#sequences.set(path, sequence);
    return sequence;
  }

  #folded(schema: string, table: string): Relation | undefined {
    const found = byLowerCase(this.catalog).get(objectPath(schema, table).toLowerCase());
    return found?.isSystem === true || this.#isFolding ? found : undefined;
  }
}

const sequenceTable = /^seq_\d+_to_\d+(?:_step_\d+)?$/i;
const sequenceColumn: Column = {
  attnum: 1,
  name: "seq",
  type: "bigint",
  typeSql: "bigint(20) unsigned",
  typeCategory: "integer",
  isDomain: false,
  notNull: true,
  generated: undefined,
  comment: undefined,
};

function sequenceRelation(schema: string, name: string): Relation {
  return { ...relationToBe(schema, name, "table"), columns: [sequenceColumn] };
}

function isAscii(name: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(name);
}

/** Of ASCII alone: a letter too few makes a name unknown, one too many would take a table for what a query calls alike. */
function inLowerCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

const folded = new WeakMap<Catalog, ReadonlyMap<string, Relation>>();

function byLowerCase(catalog: Catalog): ReadonlyMap<string, Relation> {
  let map = folded.get(catalog);
  if (map === undefined) {
    map = new Map([...catalog.relations].map(([path, relation]) => [path.toLowerCase(), relation]));
    folded.set(catalog, map);
  }
  return map;
}
