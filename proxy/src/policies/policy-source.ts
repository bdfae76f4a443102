import type { PoliciesConfig } from "../config/load-config.ts";
import { watchFiles, type FileWatch } from "../config/watch-files.ts";
import { type LoadedPolicies, loadPolicies, type PoliciesResult } from "./load-policies.ts";

export interface PolicyCounters {
  /** Times that changed policies came into force. */
  swaps: number;
  /** Times that changed policies were refused and the old ones stayed. */
  refusals: number;
}

export interface PolicySourceOptions {
  readonly config: PoliciesConfig;
  /** New policies are in force from here on. Not called when the content is the same. */
  readonly swap: (policies: LoadedPolicies) => void;
  /** Policies with mistakes; those before stay in force. */
  readonly refused: (report: string) => void;
}

/** The policies in force, kept up to date with their files. */
export class PolicySource {
  readonly counters: PolicyCounters = { swaps: 0, refusals: 0 };
  readonly #options: PolicySourceOptions;
  #watch: FileWatch | undefined;
  #revision: string;
  #loading: Promise<void> | undefined;
  #again = false;
  #closed = false;

  /** @param first what `loadPolicies` gave at start. */
  constructor(first: LoadedPolicies, options: PolicySourceOptions) {
    this.#revision = first.enforcer.revision;
    this.#options = options;
  }

  /** Begins to watch the files. */
  start(): void {
    const { config } = this.#options;
    const paths = config.kind === "folder" ? config.paths : [config.file];
    this.#watch = watchFiles(paths, config.pollMs, () => void this.reload());
  }

  close(): void {
    this.#closed = true;
    this.#watch?.close();
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

  async #load(): Promise<void> {
    do {
      this.#again = false;
      this.#take(await loadPolicies(this.#options.config));
    } while (this.#again && !this.#closed);
  }

  #take(result: PoliciesResult): void {
    if (this.#closed) return;
    if (!result.ok) {
      this.counters.refusals++;
      this.#options.refused(result.report);
      return;
    }
    const { revision } = result.policies.enforcer;
    if (revision === this.#revision) return;
    this.#revision = revision;
    this.counters.swaps++;
    this.#options.swap(result.policies);
  }
}
