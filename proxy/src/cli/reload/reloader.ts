/** Reads the configuration again, on SIGHUP or when somebody asks by the HTTP API: one after the other, each to its end. */
import type { ReloadOutcome } from "../../admin/admin-host.ts";
import { changeLine } from "../../audit/audit-records.ts";
import { loadConfig } from "../../config/load-config.ts";
import { formatProblems } from "../../config/problem.ts";
import { errorMessage } from "../../config/system-error.ts";
import type { ProxyParts } from "../proxy-parts.ts";
import { applyReload } from "./apply-reload.ts";
import { changesBetween, type ConfigChanges, isEmpty } from "./config-changes.ts";
import { discard, prepareCrew, type PreparedReload, preparePolicies, prepareReload } from "./prepare-reload.ts";
import type { PreparedPolicies } from "../running-policies.ts";
import { readAgain, reopenAudit } from "./read-again.ts";

/** Whoever asks: a signal, or the id of a person. */
type Asked = { readonly signal: "SIGHUP" } | { readonly by: string };

export class Reloader {
  readonly #parts: ProxyParts;
  #last: Promise<unknown> = Promise.resolve();
  #isSignalWaiting = false;
  #isClosed = false;

  constructor(parts: ProxyParts) {
    this.#parts = parts;
  }

  /** SIGHUP. One that comes while another waits for its turn is done by that. */
  hangUp(): void {
    if (this.#isSignalWaiting || this.#isClosed) return;
    this.#isSignalWaiting = true;
    void this.#inTurn(() => {
      this.#isSignalWaiting = false;
      return this.#reload({ signal: "SIGHUP" });
    });
  }

  /** Never rejects. */
  reload(by: string): Promise<ReloadOutcome> {
    return this.#inTurn(() => this.#reload({ by }));
  }

  /** The proxy ends: what is under way changes nothing more. */
  close(): void {
    this.#isClosed = true;
  }

  #inTurn(work: () => Promise<ReloadOutcome>): Promise<ReloadOutcome> {
    const turn = this.#last.then(work).catch((error: unknown) => refused("", [faultOf(error)]));
    this.#last = turn;
    return turn;
  }

  async #reload(asked: Asked): Promise<ReloadOutcome> {
    const { log } = this.#parts;
    const who = "by" in asked ? asked.by : asked.signal;
    log.info(`${who}: reading configuration, users, policies and catalogs again, opening the audit log again`);
    reopenAudit(this.#parts);
    const outcome = await this.#reloadConfig(asked).catch((error: unknown) => refused("", [faultOf(error)]));
    this.#tell(outcome);
    try {
      if (!this.#isClosed) await readAgain(this.#parts);
    } catch (error) {
      log.error({ report: faultOf(error) }, "not everything could be read again");
    }
    return outcome;
  }

  async #reloadConfig(asked: Asked): Promise<ReloadOutcome> {
    const parts = this.#parts;
    const read = loadConfig(parts.file, process.env);
    if (!read.ok) return refused("", [formatProblems(read.problems)]);
    const { digest } = read.config.print;
    for (const warning of read.config.warnings) parts.log.warn(warning);
    const changes = changesBetween(parts.started, parts.config, read.config);
    const { needsRestart } = changes;
    if (isEmpty(changes)) return { kind: "unchanged", digest, changed: [], needsRestart, report: "" };
    const prepared = await prepareReload(parts, changes);
    if (!("changes" in prepared)) return refused(digest, prepared);
    const policies = await this.#ready(prepared, asked).catch((error: unknown) => [faultOf(error)]);
    if (!("config" in policies)) {
      discard(parts, prepared);
      return refused(digest, policies);
    }
    const faults = applyReload(parts, { ...prepared, policies });
    await parts.crew?.apply();
    for (const report of faults)
      parts.log.error(
        { report },
        "a part of the changed configuration needs a restart: a fault of the proxy. Please report this",
      );
    return { kind: "applied", digest, changed: changedIn(changes), needsRestart, report: "" };
  }

  /** Lets the other processes try it too, and records it. @returns the policies to put in force, or why nothing may change */
  async #ready(prepared: PreparedReload, asked: Asked): Promise<PreparedPolicies | readonly string[]> {
    const parts = this.#parts;
    const { changes } = prepared;
    const problems = await prepareCrew(parts, changes.config.text, prepared.policies);
    if (problems.length > 0) return problems;
    try {
      await this.#record(changes, asked);
    } catch {
      return ["the audit log cannot be written, so nothing was changed"];
    }
    let { policies } = prepared;
    // Between loading and here, newer ones may have come into force by themselves.
    for (let attempt = 0; parts.policies.isOutdated(policies); attempt++) {
      const again = await preparePolicies(parts, changes);
      if (typeof again === "string") return [again];
      if (attempt === attemptsMax) return ["the policies change faster than they can be loaded: try again"];
      policies = again;
      const more = await prepareCrew(parts, changes.config.text, policies);
      if (more.length > 0) return more;
    }
    if (this.#isClosed) return ["the proxy is shutting down"];
    return policies;
  }

  #record(changes: ConfigChanges, asked: Asked): Promise<void> {
    const { audit } = this.#parts;
    const by = { id: "by" in asked ? asked.by : "" };
    const signal = "signal" in asked ? { signal: asked.signal } : {};
    const { needsRestart, config } = changes;
    const fields = {
      ...signal,
      digest: config.print.digest,
      sections: changedIn(changes),
      needs_restart: needsRestart,
    };
    audit.append(changeLine(by, "reload_config", fields));
    return new Promise((resolve, reject) => {
      audit.flushed((error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  #tell({ kind, digest, changed, needsRestart, report }: ReloadOutcome): void {
    const { log } = this.#parts;
    if (kind === "refused") log.error({ report }, "the configuration was not taken: everything stays as it was");
    else if (kind === "applied") log.info({ changed, digest }, "the changed configuration is in force");
    else log.info("the configuration has not changed");
    if (needsRestart.length > 0) log.warn(`needs a restart: ${needsRestart.join(", ")}`);
  }
}

const attemptsMax = 5;

function faultOf(error: unknown): string {
  return `a fault of the proxy. Please report this: ${errorMessage(error)}`;
}

/** For people and the record: names of sections and targets, and nothing that stands in them. */
function changedIn({ sections, targets: { added, removed, changed } }: ConfigChanges): string[] {
  return [...sections, ...[...added, ...removed, ...changed.keys()].map((name) => `targets.${name}`)];
}

function refused(digest: string, problems: readonly string[]): ReloadOutcome {
  return { kind: "refused", digest, changed: [], needsRestart: [], report: problems.join("\n") };
}
