/**
 * One client's session after its login: one command at a time goes to the server, decided, and its answer comes back. What the client sends
 * meanwhile waits.
 *
 * The pieces: `commands.ts` decides what the client sent, `answers.ts` follows what the server answers, `knowledge.ts` keeps what decisions
 * depend on up to date. This class holds what they share, and the sockets. Hot.
 */
import type { Socket } from "node:net";
import type { PrincipalContext } from "@penstock/engine";
import { SessionRecords } from "../audit/audit-records.ts";
import type { Refused } from "../enforce/gate.ts";
import { type Grant, Holding } from "../enforce/holding.ts";
import { redactorFor } from "../detect/detection.ts";
import type { Redactor } from "../detect/redactor.ts";
import type { Expiry } from "../identity/identity.ts";
import { OutBatch } from "../enforce/out-batch.ts";
import type { StatementPlan } from "../enforce/plan.ts";
import { ProtocolError } from "../enforce/protocol-error.ts";
import { RowParts } from "../enforce/row-change.ts";
import type { OpenSession, SessionEnd, SessionHost } from "../enforce/session-host.ts";
import { StatementLog, unrecorded, unrecordedState } from "../enforce/statement-log.ts";
import type { Target } from "../enforce/target.ts";
import { handleAnswer } from "./answers.ts";
import { Cancelling } from "./cancelling.ts";
import { status } from "./capabilities.ts";
import { CommandReader, found } from "./command-reader.ts";
import { handleCommand } from "./commands.ts";
import { denialOf, errOf } from "./errors.ts";
import { Exchange, phase } from "./exchange.ts";
import { frame, Framer } from "./framer.ts";
import { MysqlHolding } from "./holding-session.ts";
import { Knowledge } from "./knowledge.ts";
import { encodeErr, type ErrFields } from "./messages/err.ts";
import type { ChangeUser } from "./messages/handshake-response.ts";
import { encodeOk } from "./messages/ok.ts";
import type { ComputedText } from "./computed-text.ts";
import type { Prepared } from "./prepared.ts";
import { Run } from "./run.ts";
import { StatementNames } from "./statement-names.ts";
import { reuseReads } from "../sockets/reused-reads.ts";
import { SideQuery } from "./side-query.ts";
import type { Upstream } from "./upstream.ts";
import { packetBytesMax } from "./wire.ts";

/** What of MySQL's protocol a session needs besides. */
export interface SessionFront {
  /** KILL, for a connection of the same principal: what came of it. `waits`: other processes are asked, then the session goes on and asks again. */
  kill(session: Session, connectionId: number, kind: "query" | "connection"): ErrFields | "waits" | undefined;
  /** Cancels what runs on that connection of the target. Calls back when that is done, or cannot be done. */
  killUpstream(target: Target, connectionId: number, done: () => void): void;
}

export interface SessionStart {
  readonly client: Socket;
  readonly upstream: Upstream;
  readonly target: Target;
  readonly who: PrincipalContext;
  /** Of the login; `undefined` where it holds for the whole session. */
  readonly expiry: Expiry | undefined;
  /** Of the connection, on both sides. */
  readonly capabilities: number;
  /** What the client sent after its last login message. */
  readonly early: Buffer;
  /** The character set of results, where it is not the one of the connection. */
  readonly results: string | undefined;
  /** What becomes of the client's connection after COM_CHANGE_USER. @param packets of the command @param early what came behind it */
  readonly loginAgain: (asked: ChangeUser, packets: number, early: Buffer) => void;
}

const shutdown: SessionEnd = { reason: "shutdown", sqlstate: "57P01", message: "Server shutdown in progress" };

/** Up to here a copy costs less than another buffer to read into. */
const copiedBytesMax = 2 * 1024;
const noBytes = Buffer.alloc(0);
const quitCommand = Buffer.from([1, 0, 0, 0, 1]);

export class Session implements OpenSession {
  readonly host: SessionHost;
  readonly front: SessionFront;
  who: PrincipalContext;
  readonly expiry: Expiry | undefined;
  target: Target;
  readonly upstream: Upstream;
  readonly capabilities: number;
  records: SessionRecords;
  readonly log: StatementLog;
  /** Of COM_STMT_PREPARE, by the client's number for them. */
  readonly statements = new Map<number, Prepared>();
  /** Of PREPARE as a statement. */
  readonly names = new StatementNames();
  /** What the text that waits prepares, where the server had to be asked. */
  computed: ComputedText | undefined;
  readonly knowledge: Knowledge;
  readonly side: SideQuery;
  readonly holding: Holding;
  readonly rowParts = new RowParts();
  /** Looks into the values of results; `undefined` where nobody does. */
  readonly redactor: Redactor | undefined;
  readonly toClient = new OutBatch();
  /** Of COM_STMT_PREPARE, when it was the last such command and has succeeded. */
  lastPreparedId: number | undefined;
  /** What the server has to say of the statement before can tell of nothing hidden. */
  areWordsSafe = true;
  /** The command that the server answers; `undefined` while it has nothing to do. */
  exchange: Exchange | undefined;
  /** Status flags of the server's last answer. */
  status: number = status.autocommit;

  readonly #client: Socket;
  readonly #loginAgain: SessionStart["loginAgain"];
  readonly #commands: CommandReader;
  readonly #answers = new Framer(packetBytesMax);
  readonly #cancelling: Cancelling;
  /** What came while a command waited or ran, and its size. */
  readonly #ahead: Buffer[] = [];
  #aheadBytes = 0;
  /** The command that leaves when what was recorded of it is written; whether it is still where it was read. */
  #unsent: Buffer = noBytes;
  #keepsUnsent = false;
  #pumping = false;
  #closed = false;
  #ending: SessionEnd | undefined;

  constructor(host: SessionHost, front: SessionFront, start: SessionStart) {
    this.host = host;
    this.front = front;
    this.who = start.who;
    this.expiry = start.expiry;
    this.target = start.target;
    this.upstream = start.upstream;
    this.capabilities = start.capabilities;
    this.records = new SessionRecords(start.who, host.redacts);
    this.log = new StatementLog(host, this);
    this.redactor = redactorFor(start.target.detection, start.who, host.limits.detectedValueBytes);
    this.#client = start.client;
    this.#loginAgain = start.loginAgain;
    this.#commands = new CommandReader(host.limits);
    this.knowledge = new Knowledge(this, start.results);
    this.side = new SideQuery(this);
    this.holding = new Holding(new MysqlHolding(this));
    this.#cancelling = new Cancelling(this);
    this.#listen();
    if (start.early.length > 0) this.#clientBytes(start.early);
    this.#client.resume();
    this.upstream.socket.resume();
  }

  get awaitedAfterBytes(): number | undefined {
    const { socket } = this.upstream;
    // Where the client does not read, it is not the target that is waited for.
    return this.exchange === undefined || socket.isPaused() ? undefined : socket.bytesRead;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  endWhenIdle(why = shutdown): void {
    this.#ending = why;
    this.#endIfIdle(why);
  }

  retarget(target: Target, who: PrincipalContext): void {
    this.target = target;
    this.who = who;
    this.renewRecords();
  }

  renewRecords(): void {
    this.records = new SessionRecords(this.who, this.host.redacts);
  }

  /** The client becomes somebody else, or itself anew: this session ends, and its connection goes on with a login. */
  changeUser(asked: ChangeUser): void {
    this.#sendClient();
    const client = this.#client;
    const early = Buffer.concat([this.#commands.unread, ...this.#ahead]);
    this.#closed = true;
    client.pause();
    client.setTimeout(0);
    for (const [event, listener] of this.#listeners) client.off(event, listener);
    reuseReads(client, { keeps: () => true, expectsMore: () => false });
    this.#over("user changed");
    this.#loginAgain(asked, this.#commands.packets, early);
  }

  end(reason: string, error?: { readonly sqlstate: string; readonly message: string }): void {
    if (this.#closed) return;
    this.#closed = true;
    // Within a row it would be read as the rest of the row.
    if (error !== undefined && !this.#isWithinRow) {
      this.toClient.push(encodeErr(errOf(error.sqlstate, error.message), this.#nextClientSequence));
    }
    if (!this.toClient.isEmpty) this.#client.write(this.toClient.take());
    this.#client.end();
    // A client that does not read must not hold the connection.
    setTimeout(() => this.#client.destroy(), this.host.limits.closeMs).unref();
    this.#over(reason);
  }

  /** The client's connection is somebody else's matter. */
  #over(reason: string): void {
    // The server rolls back what is open.
    if (this.exchange === undefined) this.upstream.socket.end(quitCommand);
    else this.upstream.socket.destroy();
    setTimeout(() => this.upstream.socket.destroy(), this.host.limits.closeMs).unref();
    this.exchange?.asked?.reject(new Error("the session has ended"));
    this.holding.end(reason);
    for (const run of this.exchange?.runs ?? []) this.endRun(run, "08006");
    for (const prepared of this.statements.values()) this.closeCursor(prepared);
    this.host.audit.append(this.records.disconnect(this.log.count, reason));
    this.host.closed(this, reason);
  }

  get #isWithinRow(): boolean {
    const { exchange } = this;
    return exchange !== undefined && exchange.asked === undefined && this.#answers.isWithinPacket && exchange.rowPasses;
  }

  get #nextClientSequence(): number {
    const { exchange } = this;
    return exchange === undefined || exchange.asked !== undefined ? 0 : exchange.clientSequence;
  }

  /** Goes on with the client's commands, where they waited for something that may have come. */
  resume(): void {
    if (!this.#pumping) this.#pump();
  }

  // Towards the server.

  /** Begins the record of an execution, which leaves for the server with the next command. */
  begin(plan: StatementPlan, auditFields: string, grant?: Grant): Run {
    const run = new Run(this.log.begin(plan, auditFields, this.knowledge.epoch.names, grant), plan);
    run.grant = grant;
    if (this.redactor !== undefined) {
      const { enforcer, catalog } = this.knowledge.epoch;
      run.detecting = { labelled: enforcer.labelledOrigins(catalog), found: new Map() };
    }
    if (plan.limits.durationMs !== undefined) this.#cancelling.watch(run, plan.limits.durationMs);
    return run;
  }

  /** Sends a command, once what was recorded of it is written. */
  ask(exchange: Exchange, bytes: Buffer): void {
    this.exchange = exchange;
    if (!this.log.isWaiting) {
      this.#write(bytes);
      return;
    }
    this.log.isWaiting = false;
    this.#unsent = bytes.length <= copiedBytesMax ? Buffer.from(bytes) : bytes;
    this.#keepsUnsent = this.#unsent === bytes;
    this.host.audit.flushed(this.#whenFlushed);
  }

  /** Sends a command that the server does not answer. */
  tell(bytes: Buffer): void {
    this.#write(bytes);
  }

  readonly #whenFlushed = (error?: Error): void => {
    const { exchange } = this;
    const bytes = this.#unsent;
    this.#unsent = noBytes;
    this.#keepsUnsent = false;
    if (this.#closed || exchange === undefined) return;
    if (error === undefined) this.#write(bytes);
    else this.#unrecorded(exchange, error);
  };

  #write(bytes: Buffer): void {
    if (this.#closed) return;
    if (!this.upstream.socket.write(bytes)) this.#client.pause();
  }

  /** The client is told, the server was never asked. */
  #unrecorded(exchange: Exchange, error: Error): void {
    const { sqlstate, message } = unrecorded(error);
    for (const run of exchange.runs) this.endRun(run, sqlstate);
    this.exchange = undefined;
    this.toClient.push(encodeErr(errOf(sqlstate, message, "tell whoever operates the proxy"), exchange.clientSequence));
    this.#sendClient();
    this.resume();
  }

  // Towards the client.

  /** Refuses the command that has just been read. */
  deny(refused: Refused): void {
    this.recordRefusal(refused);
    this.answer(encodeErr(denialOf(refused), this.#commands.packets));
  }

  answerOk(): void {
    this.answer(encodeOk(this.status & (status.inTransaction | status.autocommit), this.#commands.packets));
  }

  answerErr(error: ErrFields): void {
    this.answer(encodeErr(error, this.#commands.packets));
  }

  /** Answers the command that has just been read, without the server. */
  answer(packets: Buffer): void {
    this.toClient.push(packets);
  }

  // Towards the record.

  recordRefusal(refused: Refused): void {
    this.log.refused(refused, this.knowledge.epoch.names);
  }

  /** Records something that the proxy has done itself. @param fields as audit records have them */
  recordOwn(fields: string, sqlstate: string): void {
    this.log.own(fields, sqlstate, this.knowledge.epoch.names);
  }

  endRun(run: Run, sqlstate: string, rows = run.isCut ? run.passedRows : run.rows): void {
    if (run.ended) return;
    run.ended = true;
    if (run.timer !== undefined) clearTimeout(run.timer);
    // One that failed may have run in part.
    if (sqlstate !== unrecordedState) {
      this.knowledge.ran(run.plan);
      this.names.ran(run, sqlstate === "00000", (facts) => this.knowledge.mayHavePrepared(facts));
    }
    this.log.ended(run, sqlstate, rows, run.detecting?.found);
  }

  /** The rows that wait in its cursor are nobody's any more. */
  closeCursor(prepared: Prepared): void {
    const { cursor } = prepared;
    prepared.cursor = undefined;
    if (cursor !== undefined) this.endRun(cursor, "00000");
  }

  /** Cancels what runs, if anything does, for the client's own sake. */
  cancel(): void {
    if (this.exchange !== undefined) this.#cancelling.cancel();
  }

  /** The server has answered the command wholly. */
  answered(exchange: Exchange): void {
    this.exchange = undefined;
    exchange.ended?.(!exchange.isSettled);
  }

  // The sockets.

  #listen(): void {
    const client = this.#client;
    const server = this.upstream.socket;
    client.removeAllListeners("error");
    server.removeAllListeners("error");
    for (const [event, listener] of this.#listeners) client.on(event, listener);
    reuseReads(client, { keeps: () => this.#keepsClientBytes, expectsMore: () => false });
    server.on("data", (chunk) => this.#serverBytes(chunk));
    reuseReads(server, {
      keeps: () => client.writableLength > 0 || !this.toClient.isEmpty,
      expectsMore: () => this.exchange !== undefined,
    });
    server.on("drain", () => this.#readClient());
    for (const event of ["end", "close", "error"] as const) server.on(event, () => this.#upstreamLost());
    if (this.host.limits.idleMs > 0) client.setTimeout(this.host.limits.idleMs);
  }

  /** Of the client's connection, which may outlive the session. */
  readonly #listeners: readonly (readonly [event: string, listener: (chunk: Buffer) => void])[] = [
    ["data", (chunk) => this.#clientBytes(chunk)],
    ["drain", () => this.upstream.socket.resume()],
    ["end", () => this.end("client closed")],
    ["close", () => this.end("client closed")],
    ["error", () => this.end("client connection failed")],
    ["timeout", () => this.#endIfUnused()],
  ];

  #endIfUnused(): void {
    if (this.exchange !== undefined || this.holding.isActive) return;
    this.end("idle", { sqlstate: "57P05", message: "the connection was closed for having been idle too long" });
  }

  #upstreamLost(): void {
    this.end("upstream closed", {
      sqlstate: "08006",
      message: `the connection to the target "${this.target.name}" was lost`,
    });
  }

  #clientBytes(chunk: Buffer): void {
    if (this.#closed) return;
    this.#ahead.push(chunk);
    this.#aheadBytes += chunk.length;
    if (!this.#pumping) this.#pump();
  }

  #pump(): void {
    if (this.#closed) return;
    this.#pumping = true;
    try {
      while (!this.#isOccupied && !this.#closed) {
        const which = this.#commands.next();
        if (which === found.none) {
          if (!this.#readAhead()) break;
          continue;
        }
        if (!handleCommand(this, this.#commands, which)) {
          this.#commands.repeat(which);
          break;
        }
        // Whatever became of the command that waited, it waits no longer.
        if (this.holding.isActive) this.holding.end("decided otherwise");
      }
    } catch (error) {
      this.#broken(error);
      return;
    } finally {
      this.#pumping = false;
    }
    if (this.#closed) return;
    this.#readClient();
    this.#sendClient();
    if (this.#ending !== undefined) this.#endIfIdle(this.#ending);
  }

  /** The next command has to wait for an answer. */
  get #isOccupied(): boolean {
    return this.exchange !== undefined || this.knowledge.isBusy || this.#cancelling.isCancelling;
  }

  /** Something still looks at what was read last. */
  get #keepsClientBytes(): boolean {
    return (
      this.#keepsUnsent || this.#ahead.length > 0 || this.#commands.isHolding || this.upstream.socket.writableLength > 0
    );
  }

  #readAhead(): boolean {
    const chunk = this.#ahead.shift();
    if (chunk === undefined) return false;
    this.#aheadBytes -= chunk.length;
    this.#commands.push(chunk);
    return true;
  }

  /** Reads on, or leaves the client waiting. While a command runs it is read all the same: only so is it seen when a client leaves. */
  #readClient(): void {
    if (this.#aheadBytes > this.host.limits.heldBytes || this.upstream.socket.writableNeedDrain) this.#client.pause();
    else if (this.#client.isPaused()) this.#client.resume();
  }

  #serverBytes(chunk: Buffer): void {
    if (this.#closed) return;
    const framer = this.#answers;
    framer.push(chunk);
    try {
      for (;;) {
        const { exchange } = this;
        framer.streams = exchange?.phase === phase.rows && !exchange.needsWholeRows;
        const what = framer.next();
        if (what === frame.none) break;
        handleAnswer(this, framer, what);
        if (this.#closed) return;
      }
    } catch (error) {
      this.#broken(error);
      return;
    }
    this.#sendClient();
    if (this.exchange === undefined) this.resume();
  }

  #sendClient(): void {
    if (this.toClient.isEmpty || this.#closed) return;
    if (!this.#client.write(this.toClient.take())) this.upstream.socket.pause();
  }

  #endIfIdle({ reason, ...error }: SessionEnd): void {
    const inTransaction = (this.status & status.inTransaction) !== 0;
    if (this.exchange !== undefined || inTransaction) return;
    // Whoever waits for approval while the proxy ends waits for as long as that takes.
    if (this.holding.isActive && reason === shutdown.reason) return;
    this.end(reason, error);
  }

  #broken(error: unknown): void {
    if (error instanceof ProtocolError) {
      this.end("protocol violation", { sqlstate: error.sqlstate, message: error.message });
      return;
    }
    this.host.fault(this, error instanceof Error ? error : new Error(String(error)));
    this.end("fault", { sqlstate: "XX000", message: "internal error of the proxy: the connection is closed" });
  }
}
