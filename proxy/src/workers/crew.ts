/** The first process's side of its workers: starts them, gives them clients and whatever changes, and speaks for all of them. */
import type { Socket } from "node:net";
import type { Activity } from "../enforce/activity.ts";
import type { PeerKill } from "../enforce/peers.ts";
import type { SessionEnd } from "../enforce/session-host.ts";
import type { SessionState } from "../enforce/session-state.ts";
import { Meters, type MeterReadings, sumOfReadings } from "../metrics/meters.ts";
import type { ConnectionWay, GivenContent, WorkerStart } from "./methods.ts";
import { PlacingPorts } from "./placing-ports.ts";
import { SharedCounts } from "./shared-counts.ts";
import { WorkerProcess, type WrittenLog } from "./worker-process.ts";

/** How long until a worker that has ended, or could not start, is started again. */
const againMs = 1000;

export interface CrewOptions {
  readonly count: number;
  /** As of `PlacingPorts`. */
  readonly keepAliveMs: () => number;
  /** What a worker that is started now is told, without what the crew knows itself. */
  readonly start: () => Omit<WorkerStart, "number" | "of">;
  readonly audit: WrittenLog;
  /** A session has changed the schema of a target. */
  readonly catalogChanged: (target: string) => void;
  /** Must not throw. */
  readonly report: (event: CrewEvent) => void;
}

export type CrewEvent =
  /** It is started again. */
  | { readonly kind: "ended"; readonly worker: number; readonly how: string }
  | { readonly kind: "not started"; readonly worker: number; readonly problem: string }
  | { readonly kind: "started again"; readonly worker: number };

export class Crew implements Activity {
  /** Whose connections go to workers. */
  readonly ports: PlacingPorts;
  readonly #options: CrewOptions;
  readonly #counts = new SharedCounts();
  /** By number. */
  readonly #workers = new Map<number, WorkerProcess>();
  /** What those that have ended had counted. */
  #before: MeterReadings = new Meters().read();
  /** Those that have tried the configuration that is about to come into force. */
  readonly #prepared = new Set<WorkerProcess>();
  /** How often something has changed that a worker is told when it starts. */
  #changes = 0;
  /** Those that take no clients yet. */
  readonly #starting = new Set<WorkerProcess>();
  /** Of workers that start: targets whose schema has changed since they began to. */
  readonly #missed = new Set<Set<string>>();
  #spreading: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.ports = new PlacingPorts(options.keepAliveMs, (connection, way) => this.#place(connection, way));
  }

  /** Starts all of them. Rejects with what keeps one from starting, for the operator. */
  async open(): Promise<void> {
    const numbers = Array.from({ length: this.#options.count }, (_, index) => index + 1);
    await Promise.all(numbers.map((number) => this.#start(number)));
  }

  /** How many take clients. */
  get size(): number {
    return this.#workers.size;
  }

  get unready(): readonly string[] {
    return this.size === 0 ? ["no worker runs"] : [];
  }

  /** Gives a connection to the worker that has the fewest. */
  #place(connection: Socket, way: ConnectionWay): void {
    let least: WorkerProcess | undefined;
    for (const worker of this.#workers.values())
      if (least === undefined || worker.connections < least.connections) least = worker;
    if (least === undefined) connection.destroy();
    else least.give(connection, way);
  }

  /** Puts them in force in all workers. One that cannot take them is started anew, with them. Never rejects. */
  async policies(content: GivenContent): Promise<void> {
    this.#changes++;
    const before = this.#spreading;
    this.#spreading = this.#each((worker) => worker.channel.ask("policies", content), "end").then(() => before);
    await this.#spreading;
  }

  /** Resolves when all workers have the policies that they were given so far. */
  async settled(): Promise<void> {
    await this.#spreading;
  }

  users(): void {
    this.#changes++;
    for (const { channel } of this.#workers.values()) channel.tell("users", undefined);
  }

  async readAgain(): Promise<void> {
    await this.#each((worker) => worker.channel.ask("readAgain", undefined), "keep");
  }

  /** Lets all of them try a changed configuration. @returns why it cannot be used */
  async prepare(text: string, policies: GivenContent): Promise<readonly string[]> {
    this.#prepared.clear();
    const problems = await this.#each(async (worker) => {
      const found = await worker.channel.ask("prepare", { text, policies });
      if (found.length === 0) this.#prepared.add(worker);
      return found;
    }, "keep");
    return [...new Set(problems.flat())];
  }

  /** Puts what was prepared in force. Those that were started meanwhile have not heard of it: they are started anew. Never rejects. */
  async apply(): Promise<void> {
    this.#changes++;
    const prepared = new Set(this.#prepared);
    this.#prepared.clear();
    await this.#each(async (worker) => {
      if (prepared.has(worker)) await worker.channel.ask("apply", undefined);
      else worker.kill();
    }, "end");
  }

  discard(): void {
    for (const { channel } of this.#prepared) channel.tell("discard", undefined);
    this.#prepared.clear();
  }

  /** Lets statements end, and ends all. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.ports.close();
    for (const worker of this.#starting) worker.kill();
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
  }

  // Activity

  async sessions(): Promise<readonly SessionState[]> {
    return (await this.#each(({ channel }) => channel.ask("sessions", undefined), "keep")).flat();
  }

  async end(session: string, why: SessionEnd): Promise<void> {
    await this.#each(({ channel }) => channel.ask("end", { session, why }), "keep");
  }

  async readings(): Promise<MeterReadings> {
    const now = await this.#each((worker) => worker.read(), "keep");
    return sumOfReadings([this.#before, ...now]);
  }

  async #start(number: number): Promise<void> {
    const places = this.#counts.places();
    const { count: of, start, audit, catalogChanged } = this.#options;
    const others = () => [...this.#workers.values()].filter((other) => other !== worker).map(({ channel }) => channel);
    const worker: WorkerProcess = new WorkerProcess(audit, {
      takePlace: (asked) => places.take(asked),
      givePlaceBack: (place) => places.giveBack(place),
      useToken: (use) => this.#counts.useToken(use),
      loginFailed: (address) => {
        for (const other of others()) other.tell("loginFailed", address);
      },
      cancel: (key) => {
        for (const other of others()) other.tell("cancel", key);
      },
      kill: (kill) => this.#kill(others(), kill),
      catalogChanged: (target) => {
        for (const other of others()) other.tell("catalogChanged", target);
        for (const missed of this.#missed) missed.add(target);
        catalogChanged(target);
      },
    });
    worker.onEnd((how) => {
      places.giveAllBack();
      this.#prepared.delete(worker);
      if (!this.#workers.delete(number)) return;
      this.#before = sumOfReadings([this.#before, worker.lastReadings]);
      if (this.#isStopping) return;
      this.#options.report({ kind: "ended", worker: number, how });
      this.#startLater(number);
    });
    const missed = new Set<string>();
    this.#missed.add(missed);
    this.#starting.add(worker);
    try {
      const changes = this.#changes;
      await worker.channel.ask("start", { ...start(), number, of });
      if (changes !== this.#changes) throw new Error("policies, users or the configuration have changed meanwhile");
      if (this.#isStopping) throw new Error("the proxy is shutting down");
    } catch (error) {
      worker.kill();
      throw error;
    } finally {
      this.#missed.delete(missed);
      this.#starting.delete(worker);
    }
    for (const target of missed) worker.channel.tell("catalogChanged", target);
    this.#workers.set(number, worker);
  }

  #startLater(number: number): void {
    setTimeout(() => {
      if (this.#isStopping) return;
      this.#start(number).then(
        () => this.#options.report({ kind: "started again", worker: number }),
        (error: unknown) => {
          if (this.#isStopping) return;
          const problem = error instanceof Error ? error.message : String(error);
          this.#options.report({ kind: "not started", worker: number, problem });
          this.#startLater(number);
        },
      );
    }, againMs).unref();
  }

  async #kill(others: readonly WorkerProcess["channel"][], kill: PeerKill): Promise<boolean> {
    const found = await Promise.allSettled(others.map((other) => other.ask("kill", kill)));
    return found.some((each) => each.status === "fulfilled" && each.value);
  }

  /**
   * Asks all of them. One that has ended says nothing.
   * @param otherwise what becomes of one that fails and goes on: `end` where it must not go on without
   */
  async #each<T>(ask: (worker: WorkerProcess) => Promise<T>, otherwise: "keep" | "end"): Promise<T[]> {
    const workers = [...this.#workers.values()];
    const answers = await Promise.allSettled(workers.map((worker) => ask(worker)));
    return answers.flatMap((answer, index) => {
      if (answer.status === "fulfilled") return [answer.value];
      if (otherwise === "end") workers[index]?.kill();
      return [];
    });
  }
}
