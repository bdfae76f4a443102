/** A decision as data: what `decide(sql)` gives to a test and `policy eval --format json` prints. */
export interface DecisionRecord {
  readonly outcome: "allow" | "approve" | "deny";
  readonly sqlstate?: string;
  readonly reasons: readonly {
    readonly message: string;
    readonly code?: string;
    readonly rule?: string;
    readonly hint?: string;
  }[];
  /** By column path. */
  readonly masks: Readonly<
    Record<string, { readonly name: string; readonly args: readonly unknown[]; readonly rules: readonly string[] }>
  >;
  /** By table path: conditions on `row` as the language writes them, all of which hold. */
  readonly filters: Readonly<Record<string, { readonly where: readonly string[]; readonly rules: readonly string[] }>>;
  /** For `approve`: each is needed. */
  readonly approvals: readonly {
    readonly groups: readonly string[];
    readonly for_ms?: number;
    readonly message?: string;
    readonly rule: string;
  }[];
  readonly notifications: readonly { readonly channel: string; readonly message?: string; readonly rule: string }[];
  readonly limits: { readonly rows?: number; readonly duration_ms?: number; readonly bytes?: number };
  readonly rules: readonly string[];
  readonly errors: readonly { readonly rule: string; readonly message: string }[];
  /** The text that the server would get; absent for a denial. */
  readonly sql?: string;
  /** For each statement: what the facts say. */
  readonly statements: readonly {
    readonly kind: string;
    readonly tables: readonly string[];
    readonly columns: readonly string[];
  }[];
}
