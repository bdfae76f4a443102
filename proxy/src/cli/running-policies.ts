import type { Enforcer } from "@penstock/engine";
import type { Logger } from "pino";
import type { PolicyState } from "../admin/admin-host.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import { shadowLine } from "../audit/audit-records.ts";
import type { ProxyConfig } from "../config/load-config.ts";
import { type LoadedPolicies, PolicyLoader } from "../policies/policy-loader.ts";
import { PolicySource } from "../policies/policy-source.ts";
import { Shadow } from "../policies/shadow.ts";

/** What is in force at start, and who loads what comes after. */
export interface StartPolicies {
  readonly first: LoadedPolicies;
  readonly loader: PolicyLoader;
}

interface PolicyParts {
  readonly config: Pick<ProxyConfig, "policies" | "shadowPolicies" | "audit">;
  readonly start: StartPolicies;
  readonly log: Logger;
  readonly audit: AuditLog;
  /** Other policies are in force from here on. */
  readonly swapped: () => void;
}

/** The policies of a running proxy: those in force, and those in their shadow. */
export class RunningPolicies {
  readonly #source: PolicySource;
  readonly #shadow: Shadow | undefined;
  readonly #shadowSource: PolicySource | undefined;
  readonly #log: Logger;
  #current: LoadedPolicies;
  #enforcer: Enforcer;
  #sinceMs = Date.now();

  constructor({ config, start, log, audit, swapped }: PolicyParts) {
    this.#log = log;
    this.#current = start.first;
    if (config.shadowPolicies !== undefined) {
      const redacts = config.audit.redaction !== undefined;
      const shadow = new Shadow((difference) => audit.append(shadowLine(difference, redacts)));
      this.#shadow = shadow;
      this.#shadowSource = new PolicySource(undefined, {
        config: config.shadowPolicies,
        loader: new PolicyLoader(config.shadowPolicies),
        swap: ({ enforcer, origin, files }) => {
          shadow.setEnforcer(enforcer);
          log.info({ revision: enforcer.revision, policies: origin, files }, "the shadow's policies decide beside");
        },
        refused: ({ report }) => log.error({ report }, "the shadow's policies have errors: those before stay, if any"),
        unreachable: (report) => this.#reached("the shadow's policies' address", report),
      });
    }
    this.#enforcer = this.#wrapped(start.first);
    this.#source = new PolicySource(start.first, {
      config: config.policies,
      loader: start.loader,
      swap: (next, before) => {
        const { enforcer, files, origin, warnings, note } = next;
        this.#current = next;
        this.#enforcer = this.#wrapped(next);
        this.#sinceMs = Date.now();
        swapped();
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

  /** Those in force, with the shadow beside them. */
  get enforcer(): Enforcer {
    return this.#enforcer;
  }

  get current(): LoadedPolicies {
    return this.#current;
  }

  get state(): PolicyState {
    const { enforcer, origin, files } = this.#current;
    const shadow = this.#shadow;
    return {
      ...this.#source.counters,
      revision: enforcer.revision,
      origin,
      files,
      sinceMs: this.#sinceMs,
      shadow: shadow === undefined ? undefined : { revision: shadow.revision, counts: shadow.counts },
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

  close(): void {
    this.#source.close();
    this.#shadowSource?.close();
  }

  #wrapped({ enforcer }: LoadedPolicies): Enforcer {
    return this.#shadow?.beside(enforcer) ?? enforcer;
  }

  #reached(address: string, report: string | undefined): void {
    if (report === undefined) this.#log.info(`${address} answers again`);
    else this.#log.warn({ report }, `${address} gives no answer: the policies before stay`);
  }
}
