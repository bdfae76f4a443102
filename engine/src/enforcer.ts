/**
 * The contract between the engine and an enforcement point (the proxy, `policy eval`, the tests): text in, verdict out.
 * Pure computation; no sockets, no files.
 */
import type { AuthMethod, PrincipalKind, Reads } from "@penstock/language";
import type { Catalog, Engine } from "./catalog/catalog.ts";
import type { Decision, Reason } from "./decide/decision.ts";
import type { StatementFacts } from "./sql/facts.ts";
import type { SqlMode } from "./sql/mysql/dialect.ts";

/** Who asks. One object a session: caches hang from its identity, so it is never mutated. */
export interface PrincipalContext {
  readonly principal: Principal;
  readonly session: {
    readonly id: string;
    readonly database: string;
    readonly user: string;
    readonly client: { readonly address: string; readonly application: string; readonly tls: boolean };
    readonly startedAtNs: bigint;
    readonly tags: Readonly<Record<string, string>>;
  };
  readonly target: {
    readonly name: string;
    readonly engine: Engine;
    readonly version: string;
    readonly environment: string;
    readonly tags: Readonly<Record<string, string>>;
  };
}

export interface Principal {
  readonly id: string;
  readonly name: string;
  readonly kind: PrincipalKind;
  readonly groups: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
  readonly onBehalfOf?: Principal;
  readonly auth: { readonly method: AuthMethod; readonly atNs: bigint; readonly mfa: boolean };
}

/** What of the session's state changes how names are resolved. */
export interface NameContext {
  /** Effective search_path, `pg_temp` and implicit schemas not included, `$user` already replaced. Of MySQL the current database, if any. */
  readonly searchPath: readonly string[];
  /** MySQL's, as far as it changes what texts mean. Absent: the server's default. */
  readonly sqlMode?: SqlMode;
  /**
   * The transaction that is open has changed search_path, role or schema before this text: when it ends within the text, names may mean
   * again what they meant before.
   */
  readonly mayRevert?: boolean;
  /** Of PostgreSQL: the server may run the text as another role than the one that the proxy logs in as. */
  readonly isOtherRole?: boolean;
}

/** What to do with one text (a simple Query, or the text of a Parse). */
export type Verdict = ForwardVerdict | ApproveVerdict | DenyVerdict;

/** Which of what may differ at the next execution of the same text a verdict depends on. */
export type VerdictReads = Pick<Reads, "parameters" | "time">;

export interface ForwardVerdict {
  readonly action: "forward";
  /** The text to send, byte for byte the original where nothing had to be rewritten. */
  readonly text: string;
  readonly rewritten: boolean;
  /**
   * From a position in the rewritten text to the one in the original, both in characters from 1, as in the server's error field P:
   * the client must see the place in the text that it sent. Absent where the text is the original.
   */
  readonly mapPosition?: (position: number) => number;
  readonly statements: readonly StatementVerdict[];
  /** With `time` it holds for one execution only; with `parameters`, decide again at Bind, with their values. */
  readonly reads: VerdictReads;
  /**
   * The verdict on another text, of which this one is a copy but for what the text says itself: `text`, where its only statement ends, and
   * `text` in its `auditFields`. Whatever else was worked out for that one holds for this one.
   */
  readonly template?: ForwardVerdict;
}

/** It may run when people have said yes: for each approval of each statement, somebody of any of its groups. */
export interface ApproveVerdict {
  readonly action: "approve";
  /** What goes on then: nobody is asked about what could not run. Its records say who had to be asked, not that anybody was. */
  readonly approved: ForwardVerdict;
  /** For the client where nobody can be asked. */
  readonly sqlstate: "42501";
  /** Of the first rule that asks. */
  readonly reason: Reason;
  /** As they stand while nobody has said yes. */
  readonly statements: readonly StatementVerdict[];
  readonly reads: VerdictReads;
}

export interface DenyVerdict {
  readonly action: "deny";
  /** The SQLSTATE for the client: 42501 for policy, 42601 syntax, 42P01 unknown relation, 3F000 unknown schema, 54000 limits. */
  readonly sqlstate: string;
  readonly reason: Reason;
  /** Position of the error in characters from 1, where the server would give one. */
  readonly position: number | undefined;
  readonly statements: readonly StatementVerdict[];
  /** The fault behind a verdict with SQLSTATE XX000: for the log, never for the client. */
  readonly cause?: unknown;
  readonly reads: VerdictReads;
}

export interface StatementVerdict {
  readonly facts: StatementFacts;
  readonly decision: Decision;
  readonly fingerprint: string;
  /** What the proxy must count and time; `rows` stands in the text too where that can carry it. */
  readonly limits: StatementLimits;
  /**
   * `tableOid << 16 | attnum` as a number (oid * 65536 + attnum) of masked columns. A RowDescription that names one as the
   * origin of an output ends the statement: it must never happen.
   */
  readonly forbiddenOrigins: ReadonlySet<number>;
  /** What of its result has to be replaced by tokens before anybody sees it; `undefined` where nothing has. */
  readonly tokens: TokenResult | undefined;
  /**
   * The part of the audit record that depends on text, principal and revision only, as JSON without the outer braces:
   * `"text":…,"fingerprint":…,"kind":…,"tables":…,"columns":…,"labels":…,"decision":…,"rules":…,"rewritten":…,"revision":…`.
   */
  readonly auditFields: string;
}

export interface TokenResult {
  readonly columns: readonly TokenColumn[];
  /** How many columns the result must have. */
  readonly width: number;
  /** The server may not say of which column an output is, since it comes out of a set operation. */
  readonly hasUnion: boolean;
}

/** A column of a result that holds raw values of type text, in either format. */
export interface TokenColumn {
  /** From 0. */
  readonly index: number;
  /** Equal values of one domain have equal tokens. */
  readonly domain: string;
  /** As in `forbiddenOrigins`. */
  readonly origin: number;
  /** Of `char(n)`: spaces at the end do not count. */
  readonly isPadded: boolean;
  /** Characters to which the token is padded; 0 for none. */
  readonly paddedTo: number;
  /** Of MySQL: the character set in which the column is stored. Tokens are made of UTF-8, so nothing may be lost on the way to it. */
  readonly characterSet: string | undefined;
}

export interface StatementLimits {
  readonly rows: number | undefined;
  readonly durationMs: number | undefined;
  /** Of row messages to the client. */
  readonly bytes: number | undefined;
}

/**
 * One set of compiled policies, ready to decide. Replaced as a whole when policies change; a session compares identity to see
 * that what it decided before (prepared statements, portals) may be stale.
 */
export interface Enforcer {
  readonly revision: string;
  /** How `decide` came to its verdicts so far. */
  readonly decisions: Readonly<DecisionCounts>;
  /**
   * Decides all statements of a text; one denied, all denied. Never throws: whatever goes wrong is a deny verdict. Cached by text,
   * `who`, `catalog` (both by identity) and search_path, so that a repeated call costs a map look-up.
   * @param parameters values bound to $1, $2, … in text form, `null` for NULL, `undefined` for one that could not be decoded.
   */
  decide(
    text: string,
    who: PrincipalContext,
    names: NameContext,
    catalog: Catalog,
    parameters?: readonly (string | null | undefined)[],
  ): Verdict;
  /** Columns that have a label, of views too, as in `StatementVerdict.forbiddenOrigins`. Worked out once a catalog. */
  labelledOrigins(catalog: Catalog): ReadonlySet<number>;
  /**
   * Names, without schemas, of all relations of which something is hidden from the principal; `undefined` where that could not be worked out.
   * Worked out once a session and catalog, when first asked for.
   */
  hiddenRelations(who: PrincipalContext, catalog: Catalog): Pick<ReadonlySet<string>, "has" | "size"> | undefined;
  /** What the policies know by a name that it no longer has. Slow: for the log. */
  outdatedNames(catalog: Catalog): readonly OutdatedName[];
}

export interface DecisionCounts {
  /** The same session had sent the same text before. */
  text: number;
  /** It had sent one that differs in its constants only. */
  template: number;
  /** Rules were evaluated. */
  none: number;
}

/** A table or column: what policies call it, and what it is called now. */
export interface OutdatedName {
  readonly was: string;
  readonly now: string;
}
