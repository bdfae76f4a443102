import type { Enforcer } from "@penstock/engine";
import type { Logger } from "pino";
import type { PolicyState } from "../admin/admin-host.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import { shadowLine } from "../audit/audit-records.ts";
import type { ProxyConfig } from "../config/load-config.ts";
import type { PoliciesConfig } from "../config/sections/policies.ts";
import type { LoadedPolicies } from "../policies/policy-content.ts";
import { type Loader, PolicyLoader, type PutResult } from "../policies/policy-loader.ts";
import { type PolicyCounters, PolicySource } from "../policies/policy-source.ts";
import { Shadow } from "../policies/shadow.ts";

/** What is in force at start, and who loads what comes after. */
export interface StartPolicies {
  readonly first: LoadedPolicies;
  readonly loader: Loader;
}

type PolicySettings = Pick<ProxyConfig, "policies" | "shadowPolicies" | "audit">;

interface PolicyParts {
  readonly config: PolicySettings;
  readonly start: StartPolicies;
  readonly log: Logger;
  readonly audit: AuditLog;
  /** Other policies are in force from here on. */
  readonly swapped: () => void;
  /** Others are in the shadow. */
  readonly shadowSwapped: () => void;
  /** Loads what another process gives, when `reload` is called. Left out, the policies come from where the configuration says. */
  readonly shadowGiven?: Loader | undefined;
}

/** Policies of a changed configuration, loaded and not in force yet. */
export interface PreparedPolicies {
  readonly config: PolicySettings;
  /** `undefined` where those in force come from where they did. */
  readonly inForce: (StartPolicies & { readonly replaces: LoadedPolicies }) | undefined;
  readonly isShadowNew: boolean;
}

/** The policies of a running proxy: those in force, and those in their shadow. */
export class RunningPolicies {
  readonly #log: Logger;
  readonly #audit: AuditLog;
  readonly #swapped: () => void;
  readonly #shadowSwapped: () => void;
  readonly #shadowGiven: Loader | undefined;
  readonly #counters: PolicyCounters = { swaps: 0, refusals: 0, failures: 0 };
  #source: PolicySource;
  #loader: Loader;
  #shadow: Shadow | undefined;
  #shadowSource: PolicySource | undefined;
  #redacts: boolean;
  #current: LoadedPolicies;
  #currentShadow: LoadedPolicies | undefined;
  #enforcer: Enforcer;
  #sinceMs = Date.now();

  constructor({ config, start, log, audit, swapped, shadowSwapped, shadowGiven }: PolicyParts) {
    this.#log = log;
    this.#audit = audit;
    this.#swapped = swapped;
    this.#shadowSwapped = shadowSwapped;
    this.#shadowGiven = shadowGiven;
    this.#redacts = config.audit.redaction !== undefined;
    this.#current = start.first;
    this.#loader = start.loader;
    this.#openShadow(config.shadowPolicies);
    this.#enforcer = this.#wrapped(start.first);
    this.#source = this.#sourceOf(config.policies, start);
  }

  /** Those in force, with the shadow beside them. */
  get enforcer(): Enforcer {
    return this.#enforcer;
  }

  get current(): LoadedPolicies {
    return this.#current;
  }

  /** `undefined` where there are none, or none could be loaded yet. */
  get shadow(): LoadedPolicies | undefined {
    return this.#currentShadow;
  }

  /** Of the shadow: how many statements would be decided alike, and how often each kind of difference came. */
  get shadowCounts(): ReadonlyMap<string, number> {
    return this.#shadow?.counts ?? new Map();
  }

  get state(): PolicyState {
    const { enforcer, origin, files } = this.#current;
    const shadow = this.#shadow;
    return {
      ...this.#counters,
      revision: enforcer.revision,
      origin,
      files,
      sinceMs: this.#sinceMs,
      shadow: shadow === undefined ? undefined : { revision: shadow.revision },
    };
  }

  /** Reads the shadow's, and begins to look for changes of both. */
  async start(): Promise<void> {
    this.#source.start();
    await this.#shadowSource?.reload();
    this.#shadowSource?.start();
  }

  async reload(): Promise<void> {
    await Promise.all([this.#source.reload(), this.#shadowSource?.reload()]);
  }

  /** Loads what a changed configuration names. @returns why it cannot be used, for the operator */
  async prepare(
    config: PolicySettings,
    isNew: { readonly inForce: boolean; readonly shadow: boolean },
  ): Promise<PreparedPolicies | string> {
    if (!isNew.inForce) return { config, inForce: undefined, isShadowNew: isNew.shadow };
    const replaces = this.#current;
    const loader = this.#loader.renewed(config.policies, config.audit.redaction);
    const loaded = await loader.load();
    if (loaded.kind === "unchanged") throw new Error("a loader that has loaded nothing knows nothing to compare with");
    if (loaded.kind !== "loaded") return `the policies cannot be used\n${loaded.report}`;
    return { config, inForce: { first: loaded.policies, loader, replaces }, isShadowNew: isNew.shadow };
  }

  /** Newer policies have come into force since these were loaded, which must not take their place. */
  isOutdated({ inForce }: PreparedPolicies): boolean {
    return inForce !== undefined && inForce.replaces !== this.#current;
  }

  /** From here on; nobody is told. @returns whether statements are decided by something else than before */
  apply({ config, inForce, isShadowNew }: PreparedPolicies): boolean {
    this.#redacts = config.audit.redaction !== undefined;
    if (isShadowNew) {
      this.#shadowSource?.close();
      this.#openShadow(config.shadowPolicies);
      const source = this.#shadowSource;
      void source?.reload().then(() => source.start());
    }
    if (inForce !== undefined) {
      this.#source.close();
      if (inForce.first.enforcer.revision !== this.#current.enforcer.revision) {
        this.#counters.swaps++;
        this.#sinceMs = Date.now();
      }
      this.#current = inForce.first;
      this.#loader = inForce.loader;
      this.#source = this.#sourceOf(config.policies, inForce);
      this.#source.start();
    }
    if (!isShadowNew && inForce === undefined) return false;
    this.#enforcer = this.#wrapped(this.#current);
    return true;
  }

  /** As `PolicyLoader.put`. */
  put(bytes: Buffer, decided: Parameters<Loader["put"]>[1]): Promise<PutResult> {
    return this.#source.put(bytes, decided);
  }

  close(): void {
    this.#source.close();
    this.#shadowSource?.close();
  }

  #sourceOf(config: PoliciesConfig, { first, loader }: StartPolicies): PolicySource {
    const log = this.#log;
    return new PolicySource(first, {
      watched: this.#watched(config),
      loader,
      counters: this.#counters,
      swap: (next, before) => {
        const { enforcer, files, origin, warnings, note } = next;
        this.#current = next;
        this.#enforcer = this.#wrapped(next);
        this.#sinceMs = Date.now();
        this.#swapped();
        const report = warnings === "" ? {} : { report: warnings };
        log.info(
          { revision: enforcer.revision, before, policies: origin, files, ...report },
          "new policies are in force",
        );
        if (note !== "") log.warn(note);
      },
      refused: ({ report, inForce, refused }) =>
        log.error(
          { revision: inForce, ...(refused === undefined ? {} : { refused }), report },
          "the changed policies have errors: the old ones stay in force",
        ),
      unreachable: (report) => this.#reached("the policies' address", report),
    });
  }

  #openShadow(config: PoliciesConfig | undefined): void {
    this.#shadow = undefined;
    this.#currentShadow = undefined;
    this.#shadowSource = undefined;
    if (config === undefined) return;
    const log = this.#log;
    const shadow = new Shadow((difference) => this.#audit.append(shadowLine(difference, this.#redacts)));
    this.#shadow = shadow;
    this.#shadowSource = new PolicySource(undefined, {
      watched: this.#watched(config),
      loader: this.#shadowGiven ?? new PolicyLoader(config),
      swap: (next) => {
        const { enforcer, origin, files } = next;
        shadow.setEnforcer(enforcer);
        this.#currentShadow = next;
        this.#shadowSwapped();
        log.info({ revision: enforcer.revision, policies: origin, files }, "the shadow's policies decide beside");
      },
      refused: ({ report }) => log.error({ report }, "the shadow's policies have errors: those before stay, if any"),
      unreachable: (report) => this.#reached("the shadow's policies' address", report),
    });
  }

  #watched(config: PoliciesConfig): PoliciesConfig | undefined {
    return this.#shadowGiven === undefined ? config : undefined;
  }

  #wrapped({ enforcer }: LoadedPolicies): Enforcer {
    return this.#shadow?.beside(enforcer) ?? enforcer;
  }

  #reached(address: string, report: string | undefined): void {
    if (report === undefined) this.#log.info(`${address} answers again`);
    else this.#log.warn({ report }, `${address} gives no answer: the policies before stay`);
  }
}
