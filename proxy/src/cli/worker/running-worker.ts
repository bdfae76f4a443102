/** A worker of a proxy: it has sessions, and all that they need. Ports, audit log, HTTP API and files that change are the first process's. */
import { Socket } from "node:net";
import { useDigestKey } from "@penstock/engine";
import { parseConfig, type ProxyConfig } from "../../config/load-config.ts";
import { formatProblems } from "../../config/problem.ts";
import { type Activity, ownActivity } from "../../enforce/activity.ts";
import { UserStore } from "../../identity/user-store.ts";
import { proxyLimits } from "../../limits.ts";
import { Histogram } from "../../metrics/histogram.ts";
import { GivenPolicies } from "../../policies/given-policies.ts";
import type { PolicyContent } from "../../policies/policy-content.ts";
import type { ProxyServer } from "../../proxy-server-options.ts";
import { ConfiguredTargets } from "../../targets/configured-targets.ts";
import type { Channel } from "../../workers/channel.ts";
import { FirstPeers } from "../../workers/first-peers.ts";
import { LinkedAuditLog } from "../../workers/linked-audit-log.ts";
import type { ConnectionWay, FirstMethods, GivenContent, WorkerStart } from "../../workers/methods.ts";
import { auditDescriptor } from "../../workers/worker-process.ts";
import { shareOf } from "../../workers/share-limits.ts";
import { connectParts } from "../connect-parts.ts";
import { CommandError, exitCodes } from "../exit-codes.ts";
import { createLogger } from "../logger.ts";
import type { OpenAudit } from "../open-audit.ts";
import { openTokenLogins, watchRevoked } from "../open-identity.ts";
import { openStore } from "../open-store.ts";
import { type ProxyParts, reloadUsers, startAsking, refreshCatalogs } from "../proxy-parts.ts";
import { applyReload } from "../reload/apply-reload.ts";
import { changesBetween } from "../reload/config-changes.ts";
import { discard, type PreparedReload, prepareReload } from "../reload/prepare-reload.ts";
import { readAgain } from "../reload/read-again.ts";

/** Among the processes of the proxy. */
interface Place {
  readonly audit: LinkedAuditLog;
  readonly of: number;
  /** A connection of the first process's is over. */
  readonly closed: () => void;
}

interface Given {
  readonly inForce: { content: PolicyContent | undefined };
  readonly shadow: { content: PolicyContent | undefined };
}

/** What the first process records is not recorded by each worker again. */
const recordedElsewhere: OpenAudit = {
  file: { waitingBytes: 0, hasFailed: false, writes: new Histogram() },
  sinks: [],
  proxyName: "",
  sharedIndex: undefined,
  append: () => undefined,
  appendLines: () => undefined,
  flushed: () => undefined,
  reopen: () => undefined,
  keep: () => undefined,
  close: () => Promise.resolve(),
};

export class RunningWorker {
  readonly #parts: ProxyParts;
  readonly #given: Given;
  readonly #place: Place;
  readonly activity: Activity;
  /** Tried, and not in force yet. */
  #prepared: PreparedReload | undefined;

  private constructor(parts: ProxyParts, given: Given, place: Place) {
    this.#parts = parts;
    this.#given = given;
    this.#place = place;
    this.activity = ownActivity(parts.server, () => parts.policies.shadowCounts);
  }

  /** Rejects with what keeps it from starting, for the operator. */
  static async start(start: WorkerStart, first: Channel<FirstMethods>): Promise<RunningWorker> {
    const { file, text, number, of, policies } = start;
    useDigestKey(start.digestKey);
    const started = configOf(file, text.started, of);
    const config = changesBetween(started, started, configOf(file, text.inForce, of)).config;
    const log = createLogger(config.log).child({ worker: number });
    const users = new UserStore(config.usersFile, config.identity?.reservedUsers, start.mockSecret);
    const loaded = users.load();
    if (!loaded.ok) throw new CommandError(formatProblems(loaded.problems), exitCodes.misuse);
    const given: Given = { inForce: { content: policies.inForce }, shadow: { content: policies.shadow } };
    const loader = new GivenPolicies(given.inForce, config.audit.redaction);
    const compiled = await loader.load();
    if (compiled.kind !== "loaded") throw new CommandError("the policies cannot be used", exitCodes.policies);
    const peers = new FirstPeers(first);
    const pipe = new Socket({ fd: auditDescriptor, readable: true, writable: true });
    // The first process has ended, or will not listen any more: nothing can be recorded.
    pipe.on("error", () => undefined).once("close", () => process.exit(exitCodes.failure));
    const audit = new LinkedAuditLog(pipe);
    const targets = new ConfiguredTargets(config.targets, {
      namesFolder: config.namesFolder,
      readsNamesOnly: true,
      changed: (target) => first.tell("catalogChanged", target),
    });
    const problems = await targets.open();
    if (problems.length > 0) throw new CommandError(problems.join("\n"), exitCodes.upstream);
    const parts = connectParts(
      {
        file,
        started,
        config,
        users,
        policies: { first: compiled.policies, loader },
        log,
        audit: recordedElsewhere,
        targets,
        store: await openStore(config, log),
        tokens: await openTokenLogins(config.identity, log, peers),
        usedTokens: peers,
        api: undefined,
        crew: undefined,
        worker: {
          audit,
          peers,
          shadow: new GivenPolicies(given.shadow),
        },
      },
      () => Promise.reject(new Error("the first process reads the configuration")),
    );
    await parts.policies.start();
    parts.crlWatch = watchRevoked(() => parts.config, parts.server, log);
    refreshCatalogs(parts);
    startAsking(parts);
    return new RunningWorker(parts, given, { audit, of, closed: () => first.tell("closed", undefined) });
  }

  get server(): ProxyServer {
    return this.#parts.server;
  }

  take({ protocol, only }: ConnectionWay, connection: Socket | undefined): void {
    // It may have been closed on its way here.
    if (connection === undefined) this.#place.closed();
    else this.server.take(connection, protocol, only, this.#place.closed);
  }

  async policies({ inForce, shadow }: GivenContent): Promise<void> {
    this.#given.inForce.content = inForce;
    this.#given.shadow.content = shadow;
    await this.#parts.policies.reload();
  }

  users(): void {
    reloadUsers(this.#parts);
  }

  async readAgain(): Promise<void> {
    await readAgain(this.#parts);
  }

  catalogChanged(name: string): void {
    this.#parts.targets.all.find((target) => target.name === name)?.catalog.changedElsewhere();
  }

  /** As of `WorkerMethods`. */
  async prepare(text: string, { inForce }: GivenContent): Promise<readonly string[]> {
    this.discard();
    const parts = this.#parts;
    this.#given.inForce.content = inForce;
    const changes = changesBetween(parts.started, parts.config, configOf(parts.file, text, this.#place.of));
    const prepared = await prepareReload(parts, changes);
    if (!("changes" in prepared)) return prepared;
    this.#prepared = prepared;
    return [];
  }

  apply(): void {
    const prepared = this.#prepared;
    this.#prepared = undefined;
    if (prepared === undefined) return;
    // Others come from the first process, when it has loaded them.
    if (prepared.policies.isShadowNew) this.#given.shadow.content = undefined;
    const { log } = this.#parts;
    for (const report of applyReload(this.#parts, prepared))
      log.error(
        { report },
        "a part of the changed configuration needs a restart: a fault of the proxy. Please report this",
      );
  }

  discard(): void {
    if (this.#prepared !== undefined) discard(this.#parts, this.#prepared);
    this.#prepared = undefined;
  }

  async stop(): Promise<void> {
    const { policies, crlWatch, targets, server, webhook, store } = this.#parts;
    policies.close();
    crlWatch?.close();
    targets.close();
    await server.close();
    webhook?.close();
    await store?.close();
    await this.#place.audit.close();
  }
}

/** Throws a CommandError. */
function configOf(file: string, text: string, workers: number): ProxyConfig {
  const read = parseConfig(file, text, process.env);
  if (!read.ok) throw new CommandError(formatProblems(read.problems), exitCodes.misuse);
  return { ...read.config, limits: shareOf({ ...proxyLimits, ...read.config.limits }, workers) };
}
