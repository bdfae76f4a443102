import { type ChildProcess, fork } from "node:child_process";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

/** A child process that serves on a port and tells its own processor time when asked. */
export interface MeasuredProcess {
  readonly port: number;
  /** Processor time so far, user and system together, in microseconds. */
  cpuUs(): Promise<number>;
  /** Resident memory after a garbage collection. */
  memoryBytes(): Promise<number>;
  /** What JavaScript holds of it, buffers included: without what was freed and not given back to the system. */
  heldBytes(): Promise<number>;
  /** The longest time since it was last asked in which its event loop stood still, in milliseconds. Measured from the first question on. */
  longestTurnMs(): Promise<number>;
  stop(): Promise<void>;
}

/** Messages of a child: `{port}` once when it listens, else the answer to a question of the same name. */
interface ChildMessage {
  readonly port?: number;
  readonly cpuUs?: number;
  readonly memoryBytes?: number;
  readonly heldBytes?: number;
  readonly longestTurnMs?: number;
}

type Question = "cpuUs" | "memoryBytes" | "heldBytes" | "longestTurnMs";

/** @param script file name beside this one. Its parameters go as JSON in one argument. */
export async function startMeasured(script: string, parameters: unknown): Promise<MeasuredProcess> {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), [JSON.stringify(parameters)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    execArgv: [...process.execArgv, "--expose-gc"],
  });
  const ask = async (question: Question): Promise<number> => {
    child.send(question);
    const answer = await nextMessage(child, (message) => message[question] !== undefined);
    return answer[question] ?? Number.NaN;
  };
  const { port } = await nextMessage(child, (message) => message.port !== undefined);
  return {
    port: port ?? 0,
    cpuUs: () => ask("cpuUs"),
    memoryBytes: () => ask("memoryBytes"),
    heldBytes: () => ask("heldBytes"),
    longestTurnMs: () => ask("longestTurnMs"),
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.kill();
      }),
  };
}

function nextMessage(child: ChildProcess, wanted: (message: ChildMessage) => boolean): Promise<ChildMessage> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: ChildMessage): void => {
      if (!wanted(message)) return;
      child.off("message", onMessage).off("exit", onExit);
      resolve(message);
    };
    const onExit = (code: number | null): void =>
      reject(new Error(`the measured process ended with ${code ?? "a signal"}`));
    child.on("message", onMessage).on("exit", onExit);
  });
}

/** In the child: says where it listens and answers questions until the parent is gone. */
export function reportMeasured(port: number): void {
  process.on("message", (question: Question) =>
    process.send?.({ [question]: answers[question]() } satisfies ChildMessage),
  );
  // By exit and not by the signal, so that `NODE_OPTIONS=--cpu-prof` leaves a profile behind.
  process.on("disconnect", () => process.exit(0));
  process.on("SIGTERM", () => process.exit(0));
  process.send?.({ port } satisfies ChildMessage);
}

/** How often the event loop is looked at, in milliseconds: so much of a delay is no delay. */
const resolution = 1;
let delays: ReturnType<typeof monitorEventLoopDelay> | undefined;

const answers: Readonly<Record<Question, () => number>> = {
  cpuUs: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  memoryBytes: () => {
    globalThis.gc?.();
    return process.memoryUsage.rss();
  },
  heldBytes: () => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  },
  longestTurnMs: () => {
    if (delays === undefined) {
      // Not before it is asked for: a timer costs what other sections measure.
      delays = monitorEventLoopDelay({ resolution });
      delays.enable();
      return 0;
    }
    const longest = delays.max / 1e6 - resolution;
    delays.reset();
    return Math.max(longest, 0);
  },
};

/** In the child: what the parent passed. The caller names the type, both sides being this project's. */
export function measuredParameters<T>(): T {
  return JSON.parse(process.argv[2] ?? "null") as T;
}
