import { watchFiles } from "@penstock/engine";
import type { PoliciesConfig } from "../config/sections/policies.ts";
import type { LoadedPolicies } from "./policy-content.ts";
import type { Loader, PoliciesResult, PutResult } from "./policy-loader.ts";

export interface PolicyCounters {
  /** Times that changed policies came into force. */
  swaps: number;
  /** Times that changed policies were refused and the old ones stayed. */
  refusals: number;
  /** Times that the bundle's address gave no answer. */
  failures: number;
}

export interface PolicySourceOptions {
  /** What is looked at for changes; `undefined` where somebody says when to load. */
  readonly watched: PoliciesConfig | undefined;
  readonly loader: Loader;
  /** To go on counting in; left out, nobody reads them. */
  readonly counters?: PolicyCounters;
  /** New policies are in force from here on. Not called when the content is the same. @param before the revision until now */
  readonly swap: (policies: LoadedPolicies, before: string) => void;
  /** Policies with mistakes; those before stay in force. */
  readonly refused: (refusal: PolicyRefusal) => void;
  /** Called at the first of several failures in a row, and with `undefined` when they are over. */
  readonly unreachable: (report: string | undefined) => void;
}

interface PolicyRefusal {
  readonly report: string;
  /** Of the policies that stay. */
  readonly inForce: string;
  /** What was refused says that it is this. */
  readonly refused: string | undefined;
}

/** So that many proxies do not ask at the same moment. */
const jitter = 0.1;

/** The policies in force, kept up to date with their files or their address. */
export class PolicySource {
  readonly counters: PolicyCounters;
  readonly #options: PolicySourceOptions;
  #stop: (() => void) | undefined;
  #revision: string;
  #loading: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #isUnreachable = false;

  /** @param first what the loader gave at start; `undefined` where it has not been asked yet */
  constructor(first: LoadedPolicies | undefined, options: PolicySourceOptions) {
    this.#revision = first?.enforcer.revision ?? "";
    this.#options = options;
    this.counters = options.counters ?? { swaps: 0, refusals: 0, failures: 0 };
  }

  /** Begins to look for changes. */
  start(): void {
    const { watched: config } = this.#options;
    if (config === undefined) return;
    if (config.kind === "bundle" && config.location.kind === "address") {
      this.#poll(config.pollMs);
      return;
    }
    const paths =
      config.kind === "folder" ? config.paths : config.location.kind === "file" ? [config.location.file] : [];
    const watch = watchFiles(paths, config.pollMs, () => void this.reload());
    this.#stop = () => watch.close();
  }

  close(): void {
    this.#closed = true;
    this.#stop?.();
  }

  /** Loads anew. Calls while a load runs lead to one more load after it, which sees what they saw. */
  reload(): Promise<void> {
    if (this.#loading !== undefined) {
      this.#again = true;
      return this.#loading;
    }
    this.#loading = this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** As `PolicyLoader.put`; nothing is loaded meanwhile. */
  async put(bytes: Buffer, decided: Parameters<Loader["put"]>[1]): Promise<PutResult> {
    while (this.#loading !== undefined) await this.#loading;
    const putting = this.#options.loader.put(bytes, decided);
    // Who waits for it to end does not want to know how.
    this.#loading = putting
      .then(
        (result) => {
          if (result.kind !== "no place") this.#take(result);
        },
        () => undefined,
      )
      .then(() => (this.#again ? this.#load() : undefined))
      .finally(() => {
        this.#loading = undefined;
      });
    await this.#loading;
    return putting;
  }

  /** The next question follows the last answer: a slow server is not asked twice at once. */
  #poll(pollMs: number): void {
    const waitMs = pollMs * (1 - jitter + 2 * jitter * Math.random());
    const timer = setTimeout(() => {
      void this.reload().then(() => {
        if (!this.#closed) this.#poll(pollMs);
      });
    }, waitMs);
    this.#stop = () => clearTimeout(timer);
  }

  async #load(): Promise<void> {
    do {
      this.#again = false;
      this.#take(await this.#options.loader.load());
    } while (this.#again && !this.#closed);
  }

  #take(result: PoliciesResult): void {
    if (this.#closed) return;
    this.#noteReach(result);
    switch (result.kind) {
      case "unchanged":
      case "unreachable":
        return;
      case "refused":
        this.counters.refusals++;
        this.#options.refused({ report: result.report, inForce: this.#revision, refused: result.revision });
        return;
      case "loaded": {
        const before = this.#revision;
        const { revision } = result.policies.enforcer;
        if (revision === before) return;
        this.#revision = revision;
        this.counters.swaps++;
        this.#options.swap(result.policies, before);
      }
    }
  }

  #noteReach(result: PoliciesResult): void {
    const isUnreachable = result.kind === "unreachable";
    if (isUnreachable) this.counters.failures++;
    if (isUnreachable === this.#isUnreachable) return;
    this.#isUnreachable = isUnreachable;
    this.#options.unreachable(isUnreachable ? result.report : undefined);
  }
}
