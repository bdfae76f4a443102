/** The SQL that both engines understand: `$1` for values, texts and whole numbers, no more. */
export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

export interface SqlTransaction {
  readonly engine: "sqlite" | "postgres";
  /** The store's clock when the transaction began. */
  readonly nowMs: number;
  all(sql: string, ...values: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /** Others are told when the transaction has been committed. */
  tellOthers(): void;
}

/** One that exists for sure, such as what `returning` gives. */
export function text(row: SqlRow, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new Error(`the store's column ${column} holds no text`);
  return value;
}

export function textOrNone(row: SqlRow, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column);
}

export function number(row: SqlRow, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw new Error(`the store's column ${column} holds no number`);
  return value;
}

export function numberOrNone(row: SqlRow, column: string): number | undefined {
  return row[column] === null ? undefined : number(row, column);
}

/** In one statement, while everybody else waits for the transaction. */
const valuesTogether = 100;

/** For `in (…)`. */
export function lists(values: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(values.length / valuesTogether);
  return Array.from({ length: count }, (_, n) => values.slice(n * valuesTogether, (n + 1) * valuesTogether));
}

export function places(values: readonly string[]): string {
  return values.map((_, index) => `$${index + 1}`).join();
}
