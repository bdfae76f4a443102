/** What decisions depend on beyond the text: policies, catalog and search_path, and how the session keeps up with them. */
import { type Catalog, type Enforcer, loadPostgresCatalog, type NameContext } from "@penstock/engine";
import { effect } from "../enforce/plan.ts";
import type { Refusal } from "../enforce/session-rules.ts";
import { parseSearchPath, sameSearchPath } from "../enforce/search-path.ts";
import { transactionStatus } from "./messages/ready-for-query.ts";
import type { Session } from "./session.ts";
import { message } from "./wire.ts";

/** Compared by identity: what was decided under another one may be stale. */
export interface Epoch {
  readonly enforcer: Enforcer;
  readonly catalog: Catalog;
  readonly names: NameContext;
}

const searchPathSql = "select pg_catalog.current_setting('search_path'), (current_user)::pg_catalog.text";

export class Knowledge {
  /** Current as far as is known; ask `isSure` first. */
  epoch: Epoch;
  /** The last text named an unknown relation, and the catalog was read anew for it. */
  retried = false;

  readonly #session: Session;
  /** Why decisions cannot be made. */
  #problem: string | undefined;
  /** PostgreSQL 18 tells when search_path changes; older servers have to be asked. */
  readonly #pathIsReported: boolean;
  #pathUnsure: boolean;
  /** As which role the server runs the session's statements: what `$user` means in its search_path. */
  #role: string;
  #roleUnsure = false;
  /** The role may have changed in this transaction. */
  #roleTouched = false;
  /** search_path may have changed in this transaction, so that its end may change it back. */
  #pathTouched = false;
  #schemaChanged = false;
  #schemaTouched = false;
  /** What has changed of it so far was told to the target's catalog, which reads it anew by itself. */
  #isChangeTold = false;
  /** Other sessions will see what this one has changed. */
  #sharedTouched = false;
  /** As this session alone sees it: uncommitted changes, temporary tables. */
  #ownCatalog: Catalog | undefined;
  /** The shared snapshot when `#ownCatalog` was read. */
  #ownSince: Catalog | undefined;
  #hasTemporary = false;
  /** What decided on the last code that nobody has read, if any ran. */
  #hiddenCodeUnder: Enforcer | undefined;
  #setGuarded = false;
  #busy = false;

  constructor(session: Session) {
    this.#session = session;
    const reported = session.upstream.parameters.get("search_path");
    this.#role = session.target.user;
    this.#pathIsReported = reported !== undefined;
    this.#pathUnsure = !this.#pathIsReported;
    this.epoch = {
      enforcer: session.host.enforcer,
      catalog: session.target.catalog.current(),
      names: parseSearchPath(reported ?? "", this.#role),
    };
  }

  /**
   * Whether the next statement can be decided now, or refused because what that takes could not be read: ask `takeProblem`. If not, what is
   * missing has been asked for and the session resumes by itself.
   */
  isSure(): boolean {
    const session = this.#session;
    if (this.#problem !== undefined) return true;
    if (session.effectsInFlight > 0) {
      this.askForAnswers();
      return false;
    }
    if (this.#busy) return false;
    if (session.target.catalog.isStale) {
      this.#work(() => session.target.catalog.caughtUp());
      return false;
    }
    if (this.#ownCatalog !== undefined && this.#ownSince !== session.target.catalog.current())
      this.#schemaChanged = true;
    if (this.#pathUnsure || this.#roleUnsure || this.#schemaChanged) {
      // A failed transaction answers no question, and runs nothing that needs one.
      if (session.status !== transactionStatus.failed || session.groupOpen) {
        if (session.pending.length > 0) this.askForAnswers();
        else this.#work(() => this.#catchUp());
        return false;
      }
    }
    const catalog = this.#ownCatalog ?? session.target.catalog.current();
    const { enforcer } = session.host;
    const names = this.#namesNow();
    if (catalog !== this.epoch.catalog || enforcer !== this.epoch.enforcer || names !== this.epoch.names)
      this.epoch = { enforcer, catalog, names };
    return true;
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

  /** Reads the catalog anew for a name that it does not have. False when that has been tried for this text. */
  retryUnknown(): boolean {
    if (this.retried) {
      this.retried = false;
      return false;
    }
    const session = this.#session;
    if (session.status === transactionStatus.failed) return false;
    if (session.pending.length > 0) {
      this.askForAnswers();
      return true;
    }
    this.retried = true;
    this.#work(async () => {
      if (this.#ownCatalog !== undefined || this.#hiddenCodeUnder !== undefined) {
        this.#hasTemporary = true;
        this.#schemaChanged = true;
        await this.#catchUp();
      } else await session.target.catalog.refresh();
    });
    return true;
  }

  /** A statement with these effects has run. */
  ran(effects: number): void {
    if ((effects & effect.path) !== 0) this.#pathUnsure = this.#pathTouched = true;
    if ((effects & effect.role) !== 0) this.#roleUnsure = this.#roleTouched = true;
    if ((effects & effect.guarded) !== 0) this.#setGuarded = true;
    if ((effects & effect.schema) !== 0) {
      this.#schemaChanged = this.#schemaTouched = true;
      this.#isChangeTold = false;
    }
    if ((effects & effect.shared) !== 0) this.#sharedTouched = true;
    if ((effects & effect.commit) !== 0) this.#tellOthers();
    if ((effects & effect.revert) !== 0) {
      if (this.#pathTouched) this.#pathUnsure = true;
      if (this.#roleTouched) this.#roleUnsure = true;
      if (this.#schemaTouched) this.#schemaChanged = true;
    }
    if ((effects & effect.hiddenCode) !== 0) this.#hiddenCodeUnder = this.epoch.enforcer;
  }

  /**
   * Whether a cursor that nobody has seen declared may be one that permitted code has opened: a function that returns a refcursor. It gives
   * what the function could have given itself, as long as the policies are those that let it run.
   */
  mayHaveOpened(): boolean {
    return this.#hiddenCodeUnder === this.epoch.enforcer;
  }

  /** Temporary relations are this session's alone. */
  madeTemporary(): void {
    this.#hasTemporary = true;
  }

  /** The server reported a new search_path. */
  reportedPath(value: string): void {
    this.#learnPath(value);
  }

  /**
   * Whether the session has set what it might not have set if the policies had been as they are now. That it has set it back is not
   * followed.
   */
  hasForbiddenSetting(): boolean {
    const { enforcer, catalog } = this.epoch;
    return this.#setGuarded && enforcer.hiddenRelations(this.#session.who, catalog)?.size !== 0;
  }

  /** The server is ready for the next query. */
  ready(status: number): void {
    if (this.#pathIsReported) this.#pathUnsure = false;
    if (status !== transactionStatus.idle) return;
    if (this.#pathTouched) {
      this.#pathTouched = false;
      // The transaction may have been rolled back, and with it the change.
      if (!this.#pathIsReported) this.#pathUnsure = true;
    }
    if (this.#roleTouched) {
      this.#roleTouched = false;
      this.#roleUnsure = true;
    }
    if (this.#schemaTouched) {
      this.#schemaTouched = false;
      this.#schemaChanged = true;
    }
    this.#tellOthers();
  }

  /** What the transaction has changed is there for all sessions. */
  #tellOthers(): void {
    if (!this.#sharedTouched) return;
    this.#sharedTouched = false;
    this.#isChangeTold = true;
    this.#session.target.catalog.changed();
  }

  #namesNow(): NameContext {
    const { names } = this.epoch;
    const mayRevert = this.#pathTouched || this.#roleTouched || this.#schemaTouched;
    const isOtherRole = this.#role !== this.#session.target.user;
    const isSame = (names.mayRevert === true) === mayRevert && (names.isOtherRole === true) === isOtherRole;
    return isSame ? names : { searchPath: names.searchPath, mayRevert, isOtherRole };
  }

  #learnPath(value: string): void {
    const names = parseSearchPath(value, this.#role);
    if (sameSearchPath(names, this.epoch.names)) return;
    this.epoch = { ...this.epoch, names };
    // Definitions of views were written out for the path that the session had.
    if (this.#ownCatalog !== undefined) this.#schemaChanged = true;
  }

  async #catchUp(): Promise<void> {
    const session = this.#session;
    if (this.#pathUnsure || this.#roleUnsure) {
      const [row] = await session.side.run(searchPathSql);
      const role = row?.[1] ?? "";
      // What it may use and read is in the catalog.
      if (role !== this.#role && this.#ownCatalog !== undefined) this.#schemaChanged = true;
      this.#role = role;
      this.#learnPath(row?.[0] ?? "");
      this.#pathUnsure = this.#roleUnsure = false;
    }
    if (this.#schemaChanged) {
      const isOwn = this.#hasTemporary || session.groupOpen || session.status !== transactionStatus.idle;
      if (isOwn) {
        this.#ownSince = session.target.catalog.current();
        this.#ownCatalog = await loadPostgresCatalog((sql) => session.side.run(sql), this.#ownSince);
      } else {
        const { catalog } = session.target;
        await (this.#isChangeTold ? catalog.caughtUp() : catalog.refresh());
        this.#ownCatalog = undefined;
      }
      this.#schemaChanged = this.#isChangeTold = false;
    }
  }

  #work(task: () => Promise<unknown>): void {
    this.#busy = true;
    task()
      .catch((error: unknown) => {
        // A group that failed by it has been told already.
        if (!this.#session.skipping) this.#problem = error instanceof Error ? error.message : String(error);
      })
      .finally(() => {
        this.#busy = false;
        this.#session.resume();
      });
  }

  /** Inside an open group the server keeps answers back until it is asked for them. */
  askForAnswers(): void {
    const session = this.#session;
    if (!session.groupOpen || session.flushAsked) return;
    session.flushAsked = true;
    session.toUpstream.push(message("H"));
  }
}
