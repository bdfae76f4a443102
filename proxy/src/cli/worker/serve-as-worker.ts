import type { Socket } from "node:net";
import { errorMessage } from "../../config/system-error.ts";
import { Channel } from "../../workers/channel.ts";
import type { FirstMethods, WorkerMethods } from "../../workers/methods.ts";
import { exitCodes } from "../exit-codes.ts";
import { RunningWorker } from "./running-worker.ts";

/** Does what the first process says, until that lets it end or ends itself. */
export function serveAsWorker(): void {
  if (process.send === undefined) {
    process.stderr.write(
      "policy-proxy-worker: it is started by `policy-proxy serve`, with `workers` in penstock.yaml\n",
    );
    process.exitCode = exitCodes.misuse;
    return;
  }
  // A terminal and a supervisor send theirs to all processes: the first one says when to end.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
  process.once("disconnect", () => process.exit(exitCodes.failure));
  let running: RunningWorker | undefined;
  const worker = (): RunningWorker => {
    if (running === undefined) throw new Error("the worker has not started");
    return running;
  };
  const methods: WorkerMethods = {
    start: async (start) => {
      running = await RunningWorker.start(start, first).catch((error: unknown) => {
        throw new Error(errorMessage(error));
      });
    },
    connection: (way, connection?: Socket) => worker().take(way, connection),
    policies: (content) => worker().policies(content),
    users: () => worker().users(),
    readAgain: () => worker().readAgain(),
    catalogChanged: (target) => running?.catalogChanged(target),
    prepare: ({ text, policies }) => worker().prepare(text, policies),
    apply: () => worker().apply(),
    discard: () => worker().discard(),
    sessions: () => worker().activity.sessions(),
    readings: () => worker().activity.readings(),
    end: ({ session, why }) => worker().activity.end(session, why),
    loginFailed: (address) => running?.server.forPeers.loginFailed(address),
    cancel: (key) => running?.server.forPeers.cancel(key),
    kill: (kill) => worker().server.forPeers.kill(kill),
    stop: () => worker().stop(),
  };
  const first: Channel<FirstMethods> = new Channel(process, { ...methods });
}
