/** Every node says where it stands: UTF-16 offsets in the text, `end` behind its last character. */
export interface Node {
  readonly start: number;
  readonly end: number;
}

/** An identifier, without its quotes. */
export interface Name extends Node {
  readonly text: string;
}

/** A name with its qualifiers before it: `table`, `schema.table`, `schema.table.column`. */
export interface QualifiedName extends Node {
  readonly parts: readonly Name[];
}

/** `'user'@'host'`, a role, CURRENT_USER. */
export interface AccountName extends Node {
  /** The statement says how it proves who it is: GRANT makes the account, or gives it another password. */
  readonly isIdentified?: true;
  readonly kind: "account" | "current_user" | "current_role" | "public" | "none" | "all" | "default";
  readonly user: string;
  readonly host: string | undefined;
}
