import type { NameContext } from "../../enforcer.ts";
import { type Catalog, objectPath, type Relation } from "../../catalog/catalog.ts";
import type { FunctionFact } from "../facts.ts";
import { catalogIndex, type CatalogIndex } from "./catalog-index.ts";
import { builtinCategory, extensionCategory, isBuiltinFunction } from "./functions.ts";

type RelationLookup =
  /** `open`: it may have columns that the catalog does not list. */
  | { readonly kind: "found"; readonly relation: Relation; readonly open: boolean }
  | { readonly kind: "unknown"; readonly missingSchema: boolean }
  /** What the name means cannot be told before the statements ahead of it have run. */
  | { readonly kind: "uncertain" };

const unknownRelation: RelationLookup = { kind: "unknown", missingSchema: false };
const missingSchema: RelationLookup = { kind: "unknown", missingSchema: true };
const uncertain: RelationLookup = { kind: "uncertain" };
const none: ReadonlySet<string> = new Set();

/**
 * How names are resolved at one point of a text: the catalog, the search_path, and what earlier statements of the same text
 * did to both. Lives for one text.
 */
export class NameState {
  readonly catalog: Catalog;
  readonly index: CatalogIndex;
  /** `undefined` once a statement has set it to what is not known. */
  #searchPath: readonly string[] | undefined;
  #pathChanged = false;
  #mayRevert: boolean;
  /** Schemas that a name without one never means. */
  readonly #passedOver: ReadonlySet<string>;
  /** By what the text has done to them: whether they are there. */
  readonly #schemas = new Map<string, boolean>();
  readonly #created = new Map<string, Relation>();
  readonly #dropped = new Set<string>();
  readonly #altered = new Set<string>();
  readonly #createdFunctions = new Set<string>();
  #schemaUncertain = false;
  #dropsOnCommit = false;

  constructor(catalog: Catalog, { searchPath, mayRevert = false, isOtherRole = false }: NameContext) {
    this.catalog = catalog;
    this.index = catalogIndex(catalog);
    this.#searchPath = searchPath;
    this.#mayRevert = mayRevert;
    this.#passedOver = isOtherRole ? none : (catalog.unusable ?? none);
  }

  /** Schemas in the order in which PostgreSQL looks for a relation, or undefined where the path is not known. */
  get searchPath(): readonly string[] | undefined {
    return this.#searchPath;
  }

  setSearchPath(path: readonly string[] | undefined): void {
    this.#searchPath = path;
    this.#pathChanged = true;
  }

  /** COMMIT ends SET LOCAL and drops tables made ON COMMIT DROP, ROLLBACK undoes SET and DDL. */
  endTransaction(undoesSchema: boolean): void {
    const changed = this.#created.size + this.#dropped.size + this.#altered.size + this.#schemas.size > 0;
    if ((undoesSchema && changed) || this.#dropsOnCommit || this.#mayRevert) this.loseSchema();
    if (this.#pathChanged || this.#mayRevert) this.#searchPath = undefined;
  }

  /** A table of the open transaction goes when that ends. */
  dropOnCommit(): void {
    this.#dropsOnCommit = true;
  }

  addRelation(relation: Relation): void {
    this.#created.set(relation.path, relation);
    this.#dropped.delete(relation.path);
  }

  dropRelation(relation: Relation): void {
    this.#created.delete(relation.path);
    this.#dropped.add(relation.path);
  }

  /** Its columns are not what the catalog says any more. */
  alterRelation(relation: Relation): void {
    this.#altered.add(relation.path);
  }

  changeSchema(name: string, isThere: boolean): void {
    this.#schemas.set(name, isThere);
  }

  addFunction(name: string): void {
    this.#createdFunctions.add(name);
  }

  /** Relations may have changed their names: nothing that the catalog says of them can be relied on. */
  loseSchema(): void {
    this.#schemaUncertain = true;
  }

  /** @param reading rows or columns are read, so a name whose meaning has changed must not be resolved as it was before. */
  relation(schema: string | undefined, name: string, reading: boolean): RelationLookup {
    if (schema !== undefined) return this.#inSchema(schema, name, reading);
    const path = this.#searchPath;
    if (path === undefined) return uncertain;
    if (!path.includes("pg_temp")) {
      const temporary = this.#find("pg_temp", name, reading);
      if (temporary !== undefined) return temporary;
    }
    if (!path.includes("pg_catalog")) {
      const system = this.#find("pg_catalog", name, reading);
      if (system !== undefined) return system;
    }
    for (const each of path) {
      if (this.#passedOver.has(each)) continue;
      const found = this.#find(each, name, reading);
      if (found !== undefined) return found;
    }
    return this.#schemaUncertain && reading ? uncertain : unknownRelation;
  }

  /** Where CREATE without a schema puts a relation. */
  creationSchema(isTemporary: boolean): string {
    if (isTemporary) return "pg_temp";
    const path = this.#searchPath?.filter((schema) => !this.#passedOver.has(schema));
    return path?.find((schema) => this.#hasSchema(schema)) ?? this.#searchPath?.[0] ?? "";
  }

  #hasSchema(schema: string): boolean {
    return this.#schemas.get(schema) ?? this.catalog.schemas.has(schema);
  }

  #inSchema(schema: string, name: string, reading: boolean): RelationLookup {
    const found = this.#find(schema, name, reading);
    if (found !== undefined) return found;
    if (this.#schemaUncertain && reading) return uncertain;
    return schema === "pg_temp" || this.#hasSchema(schema) ? unknownRelation : missingSchema;
  }

  #find(schema: string, name: string, reading: boolean): RelationLookup | undefined {
    if (this.#created.size > 0) {
      const created = this.#created.get(objectPath(schema, name));
      if (created !== undefined) {
        return this.#schemaUncertain && reading ? uncertain : { kind: "found", relation: created, open: true };
      }
    }
    const relation = schema === "pg_temp" ? this.index.temporary.get(name) : this.index.relation(schema, name);
    if (relation === undefined) return undefined;
    if (this.#dropped.size > 0 && this.#dropped.has(relation.path)) return undefined;
    if (reading && !relation.isSystem && (this.#schemaUncertain || this.#altered.has(relation.path))) return uncertain;
    return { kind: "found", relation, open: this.index.isOpen(relation) };
  }

  /**
   * All functions that a call may mean. Which overload runs depends on argument types, which are not computed here: a user's function
   * of the same name anywhere on the search_path counts besides the built-in one.
   */
  functions(schema: string | undefined, name: string): FunctionFact[] {
    if (schema !== undefined) return [this.#functionIn(schema, name) ?? userFunction(schema, name)];
    const facts: FunctionFact[] = [];
    if (isBuiltinFunction(this.catalog, name)) facts.push(builtin("pg_catalog", name));
    const others = this.index.userFunctions.get(name);
    if (others !== undefined) {
      const path = this.#searchPath;
      for (const other of others) {
        if (path === undefined || path.includes(other)) facts.push(userFunction(other, name));
      }
    }
    if (this.#createdFunctions.has(name)) facts.push(userFunction("", name));
    if (facts.length === 0) facts.push(userFunction("", name));
    return facts;
  }

  /** Whether a function of that name, built-in or not, can be called without a schema. */
  hasFunction(name: string): boolean {
    return (
      isBuiltinFunction(this.catalog, name) || this.index.userFunctions.has(name) || this.#createdFunctions.has(name)
    );
  }

  #functionIn(schema: string, name: string): FunctionFact | undefined {
    if (schema === "pg_catalog" && isBuiltinFunction(this.catalog, name)) return builtin(schema, name);
    if (schema === "information_schema") return builtin(schema, name);
    return this.index.userFunctions.get(name)?.includes(schema) === true ? userFunction(schema, name) : undefined;
  }

  /** Functions of users' operators of that name which an expression may call. Built-in operators are pure and not listed. */
  operatorFunctions(schema: string | undefined, name: string): FunctionFact[] {
    const operators = this.index.userOperators.get(name);
    if (operators === undefined) return [];
    return operators
      .filter((operator) =>
        schema === undefined
          ? this.#searchPath === undefined || this.#searchPath.includes(operator.schema)
          : operator.schema === schema,
      )
      .map((operator) => userFunction(operator.functionSchema, operator.functionName));
  }

  /** Users' functions that making a value of the type may call: its input function and casts to it. */
  typeFunctions(schema: string | undefined, name: string): FunctionFact[] {
    const types = this.index.typesWithFunctions.get(name);
    if (types === undefined) return [];
    return types
      .filter((type) =>
        schema === undefined
          ? this.#searchPath === undefined || this.#searchPath.includes(type.schema)
          : type.schema === schema,
      )
      .flatMap((type) => type.functions.map((each) => userFunction(each.schema, each.name)));
  }
}

function builtin(schema: string, name: string): FunctionFact {
  return { schema, name, builtin: true, category: builtinCategory(name) };
}

function userFunction(schema: string, name: string): FunctionFact {
  return { schema, name, builtin: false, category: extensionCategory(name) ?? "user_defined" };
}
