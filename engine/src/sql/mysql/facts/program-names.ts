import type { Relation } from "../../../catalog/catalog.ts";
import type { Source } from "./scope.ts";

/** What names mean in the body of a stored program, besides tables and columns. None of them knows a case. */
export class ProgramNames {
  readonly #variables = new Set<string>();
  readonly #row: ReadonlyMap<string, Source>;
  readonly #assigned = new Set<string>();

  constructor(parameters: readonly string[], row: Relation | undefined) {
    for (const name of parameters) this.declare(name);
    this.#row = new Map(
      row?.columns.map((column) => [column.name.toLowerCase(), { relation: row, column, uses: 0 }] as const),
    );
  }

  declare(name: string): void {
    this.#variables.add(name.toLowerCase());
  }

  /** `x`, or `x.field` of a row. */
  isVariable([first = ""]: readonly string[]): boolean {
    return this.#variables.has(first.toLowerCase());
  }

  /** The column of the row for which a trigger runs: `NEW.x`, `OLD.x`. */
  rowColumn(parts: readonly string[]): Source | undefined {
    const [row = "", column = ""] = parts.map((part) => part.toLowerCase());
    return parts.length === 2 && (row === "new" || row === "old") ? this.#row.get(column) : undefined;
  }

  /** Notes that a name is given a value. @returns whether it is a column of NEW */
  assign(parts: readonly string[]): boolean {
    const source = this.rowColumn(parts);
    if (source !== undefined) this.#assigned.add(source.column.name);
    return source !== undefined;
  }

  get read(): ReadonlySet<string> {
    return new Set(
      this.#row
        .values()
        .filter(({ uses }) => uses !== 0)
        .map(({ column }) => column.name),
    );
  }

  get assigned(): ReadonlySet<string> {
    return this.#assigned;
  }
}
