/**
 * One client's session after its login: what goes through in both directions, in order, and nothing undecided.
 *
 * The pieces: `client-messages.ts` decides what the client sent, `denials.ts` refuses it, `server-messages.ts` matches answers with
 * what was asked, `knowledge.ts` keeps what decisions depend on up to date. This class holds what they share, and the sockets.
 *
 * Hot: one read of the client is one batch: its messages are decided, their audit lines appended, and what goes upstream leaves
 * with one write when the lines are flushed. Answers leave with one write a read.
 */
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import type { PrincipalContext } from "@penstock/engine";
import { SessionRecords } from "../audit/audit-records.ts";
import type { Refused } from "../enforce/gate.ts";
import { effect, type StatementPlan } from "../enforce/plan.ts";
import type { OpenSession, SessionEnd, SessionHost } from "../enforce/session-host.ts";
import { StatementLog, unrecorded } from "../enforce/statement-log.ts";
import { CopyIn } from "./copy-in.ts";
import { handleClientMessage } from "./client-messages.ts";
import { refuseBatch } from "./denials.ts";
import type { SessionFrames } from "./frame-rules.ts";
import { frame, Framer } from "./framer.ts";
import { type Grant, Holding } from "../enforce/holding.ts";
import { PostgresHolding } from "./holding-session.ts";
import { Knowledge } from "./knowledge.ts";
import { DurationLimits } from "./duration-limits.ts";
import { encodeError } from "./messages/error-response.ts";
import { transactionStatus } from "./messages/ready-for-query.ts";
import { NameTable } from "./names.ts";
import type { Expiry } from "../identity/identity.ts";
import { OutBatch } from "../enforce/out-batch.ts";
import { PendingQueue } from "./pending.ts";
import type { Portal, Prepared } from "./prepared.ts";
import { Run } from "./run.ts";
import { handleServerMessage } from "./server-messages.ts";
import { SideQuery } from "./side-query.ts";
import { applyNames } from "./sql-names.ts";
import type { Target } from "../enforce/target.ts";
import type { Upstream } from "./upstream.ts";
import { redactorFor } from "../detect/detection.ts";
import type { Redactor } from "../detect/redactor.ts";
import { reuseReads } from "../sockets/reused-reads.ts";
import { RowParts } from "../enforce/row-change.ts";
import { tokenChange } from "../enforce/token-columns.ts";
import { dataRowValues } from "./data-row-values.ts";
import { ProtocolError } from "../enforce/protocol-error.ts";

export interface SessionStart {
  readonly frames: SessionFrames;
  readonly client: Socket;
  readonly upstream: Upstream;
  readonly target: Target;
  readonly who: PrincipalContext;
  /** Of the login; `undefined` where it holds for the whole session. */
  readonly expiry: Expiry | undefined;
  /** What the client sent after its last login message. */
  readonly early: Buffer;
}

/** As the server says it when it shuts down. */
const shutdown: SessionEnd = {
  reason: "shutdown",
  sqlstate: "57P01",
  message: "terminating connection: the proxy is shutting down",
};

/** Up to here a copy costs less than another buffer to read into. */
const copiedBytesMax = 2 * 1024;

/** Bytes that leave together once their audit lines are written. */
interface HeldBatch {
  readonly bytes: Buffer;
  /** Which entries of the queue they belong to, by number; end exclusive. */
  readonly firstEntry: number;
  readonly endEntry: number;
  readonly hasCopyData: boolean;
}

export class Session implements OpenSession {
  readonly host: SessionHost;
  who: PrincipalContext;
  readonly expiry: Expiry | undefined;
  target: Target;
  readonly upstream: Upstream;
  records: SessionRecords;
  readonly log: StatementLog;
  readonly pending = new PendingQueue();
  readonly statements = new NameTable<Prepared>();
  readonly portals = new NameTable<Portal>();
  readonly knowledge: Knowledge;
  readonly side: SideQuery;
  readonly holding = new Holding(new PostgresHolding(this));
  readonly rowParts = new RowParts();
  /** Looks into the values of results; `undefined` where nobody does. */
  readonly redactor: Redactor | undefined;
  readonly toUpstream = new OutBatch();
  readonly toClient = new OutBatch();
  /** A name that no client guesses, for statements and portals of the proxy's own. */
  readonly ownName = `penstock_${randomBytes(9).toString("hex")}`;

  /** Transaction status of the last ReadyForQuery. */
  status: number = transactionStatus.idle;
  /** Counts Syncs and Queries sent. */
  group = 0;
  /** Messages were sent since the last Sync. */
  groupOpen = false;
  /** Something of this group was bound or run, so that its transaction may have work in it. */
  groupRuns = false;
  /** A message of this group failed: like the server, drop everything up to the next Sync. */
  skipping = false;
  /** The server was asked to send the answers it holds back. */
  flushAsked = false;
  readonly copy = new CopyIn();
  /** CopyData or what ends it goes out with the current batch. */
  copyDataInBatch = false;
  /** Statements sent whose effects later decisions have to wait for. */
  effectsInFlight = 0;
  /** A result named a forbidden origin: nothing passes until the next ReadyForQuery. */
  suppressing = false;
  /** The client got the first parts of a row, and the rest is due. */
  withinRow = false;
  /** The server's last words were FATAL. */
  fatalSeen = false;

  readonly #client: Socket;
  readonly #clientFramer: Framer;
  readonly #serverFramer: Framer;
  /** Parts of what was read last from the client wait to be decided or sent. */
  #clientBytesKept = false;
  readonly #durations = new DurationLimits(this);
  readonly #held: HeldBatch[] = [];
  #heldBytes = 0;
  #entriesInBatches = 0;
  #waiting = false;
  /** What came while a message waited, and its size. */
  readonly #ahead: Buffer[] = [];
  #aheadBytes = 0;
  #pumping = false;
  #upstreamFull = false;
  #closed = false;
  #ending: SessionEnd | undefined;

  constructor(host: SessionHost, start: SessionStart) {
    this.host = host;
    this.who = start.who;
    this.expiry = start.expiry;
    this.target = start.target;
    this.upstream = start.upstream;
    this.records = new SessionRecords(start.who, host.redacts);
    this.log = new StatementLog(host, this);
    this.#client = start.client;
    const { limits } = host;
    const { frames } = start;
    this.#clientFramer = new Framer(frames.client, limits.messageBytes);
    this.#serverFramer = new Framer(frames.server, limits.messageBytes);
    this.redactor = redactorFor(start.target.detection, start.who, limits.detectedValueBytes);
    this.knowledge = new Knowledge(this);
    this.side = new SideQuery(this);
    this.#listen();
    if (start.early.length > 0) this.#clientBytes(start.early);
    this.#client.resume();
    this.upstream.socket.resume();
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

  /** Ends both connections; the client is told why, unless it left. */
  end(reason: string, error?: { readonly sqlstate: string; readonly message: string }): void {
    if (this.#closed) return;
    this.#closed = true;
    // Within a row it would be read as the rest of the row.
    if (error !== undefined && !this.fatalSeen && !this.withinRow) {
      this.toClient.push(encodeError({ severity: "FATAL", ...error }));
    }
    if (!this.toClient.isEmpty) this.#client.write(this.toClient.take());
    this.#client.end();
    // A client that does not read must not hold the connection.
    setTimeout(() => this.#client.destroy(), this.host.limits.closeMs).unref();
    // Terminate; the server rolls back what is open.
    this.upstream.socket.end(Buffer.from([0x58, 0, 0, 0, 4]));
    setTimeout(() => this.upstream.socket.destroy(), this.host.limits.closeMs).unref();
    this.side.fail(new Error("the session has ended"));
    this.holding.end(reason);
    this.#endRuns();
    this.host.audit.append(this.records.disconnect(this.log.count, reason));
    this.host.closed(this, reason);
  }

  get awaitedAfterBytes(): number | undefined {
    const { socket } = this.upstream;
    // Where the client does not read, it is not the target that is waited for.
    return this.pending.length === 0 || socket.isPaused() ? undefined : socket.bytesRead;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  // Towards the server.

  /** A Sync or Query went out, or was put in. */
  endGroup(): void {
    this.group++;
    this.groupOpen = false;
    this.groupRuns = false;
    this.flushAsked = false;
  }

  /** Begins the record of an execution, which leaves for the server with this batch. */
  begin(plan: StatementPlan, auditFields: string, grant?: Grant): Run {
    const run = new Run(this.log.begin(plan, auditFields, this.knowledge.epoch.names, grant), plan);
    run.grant = grant;
    if (plan.tokens !== undefined && this.host.tokenKey !== undefined)
      run.change = tokenChange(this.host.tokenKey, plan.tokens, dataRowValues);
    if (this.redactor !== undefined) {
      const { enforcer, catalog } = this.knowledge.epoch;
      run.detecting = { labelled: enforcer.labelledOrigins(catalog), found: new Map() };
    }
    if (plan.effects !== effect.none) this.effectsInFlight++;
    if (plan.limits.durationMs !== undefined) this.#durations.watch(run, plan.limits.durationMs);
    return run;
  }

  /** Records a statement that the proxy refuses. */
  recordRefusal(refused: Refused): void {
    this.log.refused(refused, this.knowledge.epoch.names);
  }

  /** Goes on with the client's messages, where they waited for something that may have come. */
  resume(): void {
    if (this.#waiting && !this.#pumping) this.#pumpClient();
  }

  // Towards the record.

  endRun(run: Run, sqlstate: string, rows: number): void {
    if (run.ended) return;
    run.ended = true;
    if (run.timer !== undefined) clearTimeout(run.timer);
    if (run.source !== undefined) run.source.bytes += run.bytes;
    const { effects } = run.plan;
    if (effects !== effect.none) {
      this.effectsInFlight--;
      if (sqlstate === "00000") {
        this.knowledge.ran(effects);
        if ((effects & effect.names) !== 0) applyNames(this, run);
      }
    }
    this.log.ended(run, sqlstate, rows, run.detecting?.found);
  }

  // The sockets.

  #listen(): void {
    const client = this.#client;
    const server = this.upstream.socket;
    client.on("data", (chunk) => this.#clientBytes(chunk));
    reuseReads(client, { keeps: () => this.#clientBytesKept, expectsMore: () => false });
    client.on("drain", () => server.resume());
    client.on("end", () => this.end("client closed"));
    client.on("close", () => this.end("client closed"));
    client.on("error", () => this.end("client connection failed"));
    server.on("data", (chunk) => this.#serverBytes(chunk));
    reuseReads(server, {
      keeps: () => client.writableLength > 0 || !this.toClient.isEmpty,
      expectsMore: () => this.pending.length > 0,
    });
    server.on("drain", () => {
      this.#upstreamFull = false;
      this.#readClient();
    });
    server.on("end", () => this.#upstreamLost());
    server.on("close", () => this.#upstreamLost());
    server.on("error", () => this.#upstreamLost());
    if (this.host.limits.idleMs > 0) {
      client.setTimeout(this.host.limits.idleMs, () => {
        if (this.pending.length === 0 && !this.holding.isActive) {
          this.end("idle", { sqlstate: "57P05", message: "terminating connection due to idle-session timeout" });
        }
      });
    }
  }

  #upstreamLost(): void {
    this.end("upstream closed", {
      sqlstate: "08006",
      message: `the connection to the target "${this.target.name}" was lost`,
    });
  }

  #clientBytes(chunk: Buffer): void {
    if (this.#closed) return;
    this.#clientBytesKept = this.#waiting;
    if (this.#waiting) {
      this.#ahead.push(chunk);
      this.#aheadBytes += chunk.length;
      this.#readClient();
      return;
    }
    this.#clientFramer.push(chunk);
    this.#pumpClient();
  }

  #pumpClient(): void {
    if (this.#closed) return;
    this.#pumping = true;
    this.#waiting = false;
    const framer = this.#clientFramer;
    try {
      for (let found = framer.next(); found !== frame.none || this.#readAhead(); found = framer.next()) {
        if (found === frame.none) continue;
        if (!handleClientMessage(this, framer, found)) {
          framer.repeat(found);
          this.#waiting = this.#clientBytesKept = true;
          break;
        }
        // Whatever became of the message that waited, it waits no longer.
        if (this.holding.isActive) this.holding.end("decided otherwise");
        if (this.#closed) return;
      }
    } catch (error) {
      this.#broken(error);
      return;
    } finally {
      this.#pumping = false;
    }
    this.#readClient();
    this.#sendUpstream();
    this.#sendClient();
  }

  /** Gives the framer what came while a message waited. */
  #readAhead(): boolean {
    const chunk = this.#ahead.shift();
    if (chunk === undefined) return false;
    this.#aheadBytes -= chunk.length;
    this.#clientFramer.push(chunk);
    return true;
  }

  /** Reads on, or leaves the client waiting. While people are asked it is read all the same: only so is it seen when a client leaves. */
  #readClient(): void {
    const full =
      (this.#waiting && !this.holding.isActive) ||
      this.#aheadBytes > this.host.limits.heldBytes ||
      this.#upstreamFull ||
      this.#heldBytes > this.host.limits.heldBytes ||
      this.pending.length > this.host.limits.pipelinedMessages;
    if (full) this.#client.pause();
    else if (this.#client.isPaused()) this.#client.resume();
  }

  #sendUpstream(): void {
    if (this.toUpstream.isEmpty) return;
    const taken = this.toUpstream.take();
    const firstEntry = this.#entriesInBatches;
    const endEntry = this.pending.pushed;
    const hasCopyData = this.copyDataInBatch;
    this.#entriesInBatches = endEntry;
    this.copyDataInBatch = false;
    if (!this.log.isWaiting && this.#held.length === 0) {
      this.#writeUpstream(taken);
      return;
    }
    this.log.isWaiting = false;
    const isShort = taken.length <= copiedBytesMax;
    const bytes = isShort ? Buffer.from(taken) : taken;
    this.#clientBytesKept ||= !isShort;
    this.#heldBytes += bytes.length;
    this.#held.push({ bytes, firstEntry, endEntry, hasCopyData });
    this.host.audit.flushed(this.#whenFlushed);
  }

  readonly #whenFlushed = (error?: Error): void => {
    const batch = this.#held.shift();
    if (batch === undefined || this.#closed) return;
    this.#heldBytes -= batch.bytes.length;
    if (error === undefined) this.#writeUpstream(batch.bytes);
    else if (batch.hasCopyData) this.end("audit log failed", unrecorded(error));
    else this.#writeUpstream(refuseBatch(this, batch.firstEntry, batch.endEntry, unrecorded(error)));
    if (this.#client.isPaused()) this.#readClient();
  };

  #writeUpstream(bytes: Buffer): void {
    if (this.#durations.holdsBack(bytes) || !this.upstream.socket.write(bytes)) {
      this.#upstreamFull = true;
      this.#client.pause();
    }
    this.#clientBytesKept ||= this.#upstreamFull || this.upstream.socket.writableLength > 0;
  }

  /** Sends what waited for a cancel request to be over. */
  release(batches: readonly Buffer[]): void {
    if (batches.length === 0 || this.#closed) return;
    this.#upstreamFull = false;
    for (const bytes of batches) this.#writeUpstream(bytes);
    this.#readClient();
  }

  #serverBytes(chunk: Buffer): void {
    if (this.#closed) return;
    const framer = this.#serverFramer;
    framer.push(chunk);
    try {
      for (let found = framer.next(); found !== frame.none; found = framer.next()) {
        handleServerMessage(this, framer, found);
        if (this.#closed) return;
      }
    } catch (error) {
      this.#broken(error);
      return;
    }
    this.#sendClient();
    if (this.#waiting) this.#pumpClient();
    else if (this.#client.isPaused()) this.#readClient();
    // The proxy itself may have asked for something.
    this.#sendUpstream();
    if (this.#ending !== undefined) this.#endIfIdle(this.#ending);
  }

  #sendClient(): void {
    if (this.toClient.isEmpty || this.#closed) return;
    if (!this.#client.write(this.toClient.take())) {
      this.upstream.socket.pause();
    }
  }

  /** Sends what the proxy has put in for the server outside of a batch. */
  flushOut(): void {
    this.#sendUpstream();
    this.#sendClient();
  }

  #endIfIdle({ reason, ...error }: SessionEnd): void {
    if (this.pending.length > 0 || this.status !== transactionStatus.idle || this.#held.length > 0) return;
    this.end(reason, error);
  }

  #endRuns(): void {
    for (let index = 0; index < this.pending.length; index++) {
      const { run, later } = this.pending.at(index);
      if (run !== undefined) this.endRun(run, "08006", run.rows);
      for (const next of later ?? []) this.endRun(next, "08006", 0);
    }
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
