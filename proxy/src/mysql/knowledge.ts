/** What decisions depend on beyond the text: policies, catalog, database and sql_mode, and how the session keeps up with them. */
import {
  type Catalog,
  type Enforcer,
  type NameContext,
  parseSqlMode,
  type SqlMode,
  type StatementFacts,
} from "@penstock/engine";
import { effect, type StatementPlan } from "../enforce/plan.ts";
import type { Refusal } from "../enforce/session-rules.ts";
import type { Session } from "./session.ts";
import { TemporaryTables } from "./temporary-tables.ts";

/** Compared by identity: what was decided under another one may be stale. */
export interface Epoch {
  readonly enforcer: Enforcer;
  readonly catalog: Catalog;
  readonly names: NameContext;
}

/** Settings of the session must not change the answer: bytes come as they are in every character set, and a LIMIT of its own stands above `sql_select_limit`. */
const stateSql = `select ${[
  "database()",
  "@@session.sql_mode",
  "@@session.character_set_client",
  "@@session.character_set_results",
  "@@session.sql_select_limit",
  "@@session.character_set_connection",
]
  .map((value) => `cast(${value} as binary)`)
  .join(", ")} limit 1`;
/** Of `sql_select_limit`. */
const unlimited = "18446744073709551615";
/** The character set in which the server reads statements: always the one in which they are decided. */
const readAs = "utf8mb4";

/** Character sets in which all of ASCII is what it is in UTF-8. */
const withAscii: ReadonlySet<string> = new Set(["latin1", "latin2", "ascii", "cp1250", "cp1251", "cp1252", "koi8r"]);
const isUtf8 = /^utf8(?:mb3)?$/;

/**
 * Means the same whatever the schema is, which may be unreadable as long as the session holds its locks: after an ALTER that has failed under
 * LOCK TABLES.
 */
const endsLocks = /^\s*(?:unlock\s+tables?|commit|rollback)\s*;?\s*$/i;

/** Means the same in every mode, and is the way out of one under which nothing else can be read. */
const setsMode =
  /^\s*set\s+(?:session\s+|local\s+|@@(?:session\.|local\.)?)?sql_mode\s*=\s*(?:default|@[a-z_]\w*|'[a-z_,]*')\s*;?\s*$/i;

export class Knowledge {
  /** Current as far as is known; ask `isSure` first. */
  epoch: Epoch;
  /** The last text named an unknown relation, and the catalog was read anew for it. */
  retried = false;
  /**
   * The client's character set is another one than UTF-8, as it shows in which results it wants: then its statements may hold ASCII only,
   * which is the same in all of them.
   */
  readsAsciiOnly = false;
  /** The character set that results come in; `null` where each column comes in its own. */
  results: string | null = null;

  readonly #session: Session;
  /** Why decisions cannot be made. */
  #problem: string | undefined;
  #stateUnsure = true;
  /** `sql_mode` as the server shows it. */
  #modeText = "";
  #busy = false;
  readonly #temporary = new TemporaryTables();
  /** Where the answers to SHOW would not come as UTF-8 or whole: what makes them, and what makes the session again what it is. */
  #forAnswers: { readonly plain: string; readonly own: string } | undefined;
  /** The character set in which the server keeps strings of statements. */
  #connection = "";
  /** The character set of results that the client has asked for when it connected, until it is set. */
  #wantedResults: string | undefined;

  /** @param results the character set of results, where it is not the one of the connection */
  constructor(session: Session, results: string | undefined) {
    this.#session = session;
    this.#wantedResults = results;
    this.epoch = {
      enforcer: session.host.enforcer,
      catalog: session.target.catalog.current(),
      names: { searchPath: [] },
    };
  }

  /**
   * Whether the next statement can be decided now, or refused because what that takes could not be read: ask `takeProblem`. If not, what is
   * missing has been asked for and the session resumes by itself.
   * @param text of the statement, where it is known: some mean the same whatever the schema and the session are
   */
  isSure(text = ""): boolean {
    const session = this.#session;
    if (this.#problem !== undefined) return true;
    if (this.#busy) return false;
    if (session.target.catalog.isStale && !endsLocks.test(text)) {
      this.#work(() => session.target.catalog.caughtUp());
      return false;
    }
    if (this.#stateUnsure && !setsMode.test(text)) {
      this.#work(() => this.#readState());
      return false;
    }
    if (!this.#temporary.areSure) {
      this.#work(() => this.#readTemporary());
      return false;
    }
    const catalog = this.#catalogNow();
    if (catalog === undefined) return true;
    const { enforcer } = session.host;
    if (catalog !== this.epoch.catalog || enforcer !== this.epoch.enforcer)
      this.epoch = { enforcer, catalog, names: this.epoch.names };
    return true;
  }

  /** A question of the proxy's own is on its way, or the next one is about to be: no command may go out in between. */
  get isBusy(): boolean {
    return this.#busy;
  }

  /** Why the next statement is refused; the one after tries again. */
  takeProblem(): Refusal | undefined {
    const reason = this.#problem;
    if (reason === undefined) return undefined;
    this.#problem = undefined;
    return {
      sqlstate: "58000",
      message: `the statement cannot be decided: ${reason}`,
      hint: "try again",
      code: "catalog",
    };
  }

  /** Whether a string of a statement, as PREPARE takes its text, still holds these characters when the server has put it into its character set. */
  keepsText(text: string): boolean {
    if (this.#connection === readAs) return true;
    // oxlint-disable-next-line no-control-regex
    if (withAscii.has(this.#connection)) return /^[\x00-\x7f]*$/.test(text);
    return isUtf8.test(this.#connection) && !/[\u{10000}-\u{10ffff}]/u.test(text);
  }

  /** Asks something of the server or of others; the session resumes when it is known. What goes wrong refuses the statement that waits. */
  ask(task: () => Promise<unknown>): void {
    this.#work(task);
  }

  /** Reads the catalog anew for a name that it does not have. False when that has been tried for this text. */
  retryUnknown(): boolean {
    if (this.retried) {
      this.retried = false;
      return false;
    }
    this.retried = true;
    this.#work(() => this.#session.target.catalog.refresh());
    return true;
  }

  /** Whether the server has to be asked first of temporary tables that these statements may mean. If so, the session resumes by itself. */
  asksForTemporary(statements: readonly StatementFacts[]): boolean {
    if (!this.#temporary.mayBeHidden(statements)) return false;
    this.#work(() => this.#readTemporary());
    return true;
  }

  /** The statement has run. */
  ran(plan: StatementPlan): void {
    this.#temporary.ran(plan.facts, this.epoch.catalog);
    if ((plan.effects & effect.shared) !== 0) this.#session.target.catalog.changed();
    if (mayChangeState(plan)) this.#stateUnsure = true;
  }

  /** Code that has run may have prepared statements: such that stands in functions and triggers may not. */
  mayHavePrepared({ kind, category }: StatementFacts): boolean {
    return category === "opaque" || kind === "do" || (kind === "call" && mayPrepare(this.epoch.catalog));
  }

  /** The server has taken back all that the session has made its own. */
  wasReset(): void {
    this.#stateUnsure = true;
    this.#temporary.askAll();
  }

  /** Database, sql_mode and character sets may differ now. */
  stateChanged(): void {
    this.#stateUnsure = true;
  }

  /** What the server tells of its sql_mode with each answer. */
  reportedBackslashes(areOff: boolean): void {
    if (areOff !== (this.epoch.names.sqlMode?.noBackslashEscapes === true)) this.#stateUnsure = true;
  }

  #catalogNow(): Catalog | undefined {
    try {
      return this.#temporary.in(this.#session.target.catalog.current());
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  async #readState(): Promise<void> {
    const { side } = this.#session;
    if (this.#wantedResults !== undefined) await side.run(`set character_set_results = ${this.#wantedResults}`);
    this.#wantedResults = undefined;
    const [row] = await side.run(stateSql);
    if (row === undefined) throw new Error("the server does not say which database and sql_mode the session has");
    const [database = null, mode = null, client = null, results = null, limit = null, connection = null] = row;
    this.#learn(database, mode ?? "");
    this.#connection = connection ?? "";
    this.results = results;
    this.readsAsciiOnly = results !== null && !/^(?:utf8|utf8mb3|utf8mb4|binary)$/.test(results);
    this.#forAnswers =
      this.readsAsciiOnly || limit !== unlimited
        ? {
            plain: `set character_set_results = ${readAs}, sql_select_limit = ${unlimited}`,
            own: `set character_set_results = ${results ?? "null"}, sql_select_limit = ${limit}`,
          }
        : undefined;
    if (client !== readAs) await side.run(`set character_set_client = ${readAs}`);
    this.#stateUnsure = false;
  }

  async #readTemporary(): Promise<void> {
    const { side } = this.#session;
    if (this.#forAnswers === undefined) return this.#temporary.read(side);
    await side.run(this.#forAnswers.plain);
    try {
      await this.#temporary.read(side);
    } finally {
      await side.run(this.#forAnswers.own);
    }
  }

  #learn(database: string | null, modeText: string): void {
    const { names } = this.epoch;
    const path = database === null ? [] : [database];
    const isSame =
      modeText === this.#modeText && path.length === names.searchPath.length && path[0] === names.searchPath[0];
    if (isSame && names.sqlMode !== undefined) return;
    const sqlMode: SqlMode | undefined = parseSqlMode(modeText);
    if (sqlMode === undefined)
      throw new Error(`statements under sql_mode ${modeText} follow another grammar: set it to another one`);
    this.#modeText = modeText;
    this.epoch = { ...this.epoch, names: { searchPath: path, sqlMode } };
  }

  #work(task: () => Promise<unknown>): void {
    this.#busy = true;
    task()
      .catch((error: unknown) => {
        this.#problem = error instanceof Error ? error.message : String(error);
      })
      .finally(() => {
        this.#busy = false;
        this.#session.resume();
      });
  }
}

const onlyTells: ReadonlySet<string> = new Set(["prepare", "deallocate", "show", "get_diagnostics", "signal"]);

const preparing = new WeakMap<Catalog, boolean>();

/** Whether a stored procedure could prepare a statement, as far as their bodies are known. */
function mayPrepare(catalog: Catalog): boolean {
  let may = preparing.get(catalog);
  if (may === undefined) {
    const procedures = [...catalog.functions.values()]
      .flat()
      .filter(({ kind, isSystem }) => kind === "procedure" && !isSystem);
    may = procedures.some(({ body }) => body === undefined || /prepare/i.test(body.text));
    preparing.set(catalog, may);
  }
  return may;
}

/** Categories of statements that leave database, sql_mode and character sets as they are, whatever stored programs run with them. */
const leavesState: ReadonlySet<string> = new Set(["read", "write", "transaction"]);

function mayChangeState({ facts, effects }: StatementPlan): boolean {
  // Nothing of what PREPARE has prepared has run. To ask after the others would take from the client what the server has to say.
  if (onlyTells.has(facts.kind) && (effects & effect.hiddenCode) === 0) return false;
  return !leavesState.has(facts.category) || (effects & effect.hiddenCode) !== 0;
}
