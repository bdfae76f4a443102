/** The HTTP API of a running proxy: who may call it is read from its file of tokens and the users file, as they are at each request. */
import { watchFiles } from "@penstock/engine";
import type { Principal } from "@penstock/engine";
import type { AnsweringOptions } from "../approvals/answering.ts";
import type { ApprovalRules } from "../approvals/rules.ts";
import { apiRefusedLine, changeLine, fileChangeLine } from "../audit/audit-records.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import { SearchThread } from "../audit/search/search-thread.ts";
import { changesBetween } from "../audit/file-changes.ts";
import { formatProblems } from "../config/problem.ts";
import type { AdminConfig } from "../config/sections/admin.ts";
import type { MintConfig } from "../config/sections/mint.ts";
import type { Activity } from "../enforce/activity.ts";
import type { UserStore } from "../identity/user-store.ts";
import { LoginThrottle } from "../identity/login-throttle.ts";
import type { ProxyLimits } from "../limits.ts";
import { exposition, type MetricsSource } from "../metrics/exposition.ts";
import { Meters } from "../metrics/meters.ts";
import type { Store } from "../store/store.ts";
import type { TargetState } from "../targets/configured-targets.ts";
import { HTTPException } from "hono/http-exception";
import type { AdminHost, Identified, Minting, PolicyState, ReloadOutcome } from "./admin-host.ts";
import { AdminServer } from "./admin-server.ts";
import { type ApiToken, findApiToken, readApiTokens } from "./api-tokens.ts";
import { createApi } from "./api.ts";
import type { Api } from "./routing.ts";

/** What changes with the configuration. */
export interface AdminSettings {
  readonly config: AdminConfig;
  readonly limits: ProxyLimits;
  readonly approvalRules: ApprovalRules;
  readonly links: AdminHost["links"];
  readonly mint: MintConfig | undefined;
}

export interface AdminParts {
  readonly auditPath: string;
  readonly audit: Pick<AuditLog, "append" | "flushed"> &
    MetricsSource["audit"] &
    Pick<AdminHost, "sharedIndex" | "proxyName">;
  readonly people: UserStore;
  /** Open; `undefined` where nobody is asked for approval. */
  readonly store: Store | undefined;
  readonly activity: Activity;
  readonly targets: { readonly states: readonly TargetState[] };
  readonly policies: () => PolicyState;
  readonly reloadPolicies: () => Promise<void>;
  readonly reloadConfig: AdminHost["reloadConfig"];
  readonly putBundle: AdminHost["putBundle"];
  /** Something of the file of tokens, or a fault of the API itself. */
  readonly warn: (message: string, report: string) => void;
}

const tokensPollMs = 5000;

export class RunningAdmin implements AdminHost {
  readonly auditSearch: SearchThread;
  readonly #parts: AdminParts;
  readonly #throttle: LoginThrottle;
  readonly #slackThrottle: LoginThrottle;
  readonly #registry: ReturnType<typeof exposition>;
  /** What the registry reads next. */
  readonly #clients = { readings: new Meters().read(), heldStatements: 0 };
  #watch: { close(): void };
  #settings: AdminSettings;
  #tokens: readonly ApiToken[] = [];
  #areTokensKnown = false;
  #server: AdminServer | undefined;
  #isDraining = false;

  constructor(parts: AdminParts, settings: AdminSettings) {
    this.#parts = parts;
    this.#settings = settings;
    this.#throttle = new LoginThrottle(() => this.#settings.limits);
    this.#slackThrottle = new LoginThrottle(() => this.#settings.limits);
    this.auditSearch = new SearchThread(parts.auditPath);
    const clients = this.#clients;
    this.#registry = exposition({
      get readings() {
        return clients.readings;
      },
      get heldStatements() {
        return clients.heldStatements;
      },
      audit: parts.audit,
      get revision() {
        return parts.policies().revision;
      },
      get policies() {
        return parts.policies();
      },
      get targets() {
        return parts.targets.states;
      },
    });
    this.#readTokens();
    this.#watch = this.#watchTokens();
  }

  #watchTokens(): { close(): void } {
    return watchFiles([this.#settings.config.tokensFile], tokensPollMs, () => this.#readTokens());
  }

  /** @returns the port. Rejects with the system's error, such as EADDRINUSE. */
  async listen(): Promise<number> {
    this.#server = await AdminServer.listen(this.#api(), this.#settings.config);
    return this.#server.port;
  }

  /** From the next request on; address and port stay what they were. */
  change(settings: AdminSettings): void {
    const before = this.#settings.config;
    this.#settings = settings;
    this.#server?.setTls(settings.config.tls);
    this.#server?.setApi(this.#api());
    if (settings.config.tokensFile === before.tokensFile) return;
    this.#watch.close();
    // Whose tokens the other file does not have is nobody, even where it cannot be read.
    if (!this.#readTokens()) this.#tokens = [];
    this.#watch = this.#watchTokens();
  }

  #api(): Api {
    const { warn } = this.#parts;
    const { permissions, openMetrics } = this.#settings.config;
    const fault = (error: Error) => warn("a fault of the HTTP API. Please report this", error.stack ?? error.message);
    return createApi({ host: this, permissions, openMetrics, fault });
  }

  /** From now on `/readyz` says no. */
  drain(): void {
    this.#isDraining = true;
  }

  async close(): Promise<void> {
    this.#watch.close();
    await this.#server?.close();
    await this.auditSearch.close();
  }

  // AdminHost

  identify(token: string): Identified | undefined {
    const found = findApiToken(this.#tokens, token, Date.now());
    const person = found === undefined ? undefined : this.#parts.people.person(found.user);
    if (found === undefined || person === undefined) return undefined;
    return { person, untilMs: found.expires === undefined ? Infinity : Date.parse(found.expires) };
  }

  personWith(claim: string, value: string): Principal | undefined {
    return this.#parts.people.personWith(claim, value);
  }

  warn(message: string, report: string): void {
    this.#parts.warn(message, report);
  }

  isThrottled(address: string): boolean {
    return this.#throttle.isThrottled(address);
  }

  refused(address: string): void {
    this.#throttle.failed(address);
    this.#parts.audit.append(apiRefusedLine(address, "a wrong token for the HTTP API"));
  }

  /** Nobody is kept out for it: behind a proxy of HTTP all have one address. But not each of thousands is recorded. */
  refusedSlack(address: string, why: string): void {
    if (this.#slackThrottle.isThrottled(address)) return;
    this.#slackThrottle.failed(address);
    this.#parts.audit.append(apiRefusedLine(address, `a request for Slack's buttons whose signature is ${why}`));
  }

  recordChange(by: Principal, action: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
    const { audit } = this.#parts;
    audit.append(changeLine(by, action, fields));
    return new Promise((resolve, reject) => {
      const unrecorded = { message: "the audit log cannot be written, so nothing was changed" };
      audit.flushed((error) => (error === undefined ? resolve() : reject(new HTTPException(503, unrecorded))));
    });
  }

  get activity(): Activity {
    return this.#parts.activity;
  }

  get sharedIndex(): AdminHost["sharedIndex"] {
    return this.#parts.audit.sharedIndex;
  }

  get proxyName(): string {
    return this.#parts.audit.proxyName;
  }

  get policies(): PolicyState {
    return this.#parts.policies();
  }

  async reloadPolicies(): Promise<void> {
    await this.#parts.reloadPolicies();
  }

  reloadConfig(by: Principal): Promise<ReloadOutcome> {
    return this.#parts.reloadConfig(by);
  }

  putBundle(...given: Parameters<AdminHost["putBundle"]>): ReturnType<AdminHost["putBundle"]> {
    return this.#parts.putBundle(...given);
  }

  get targets(): readonly TargetState[] {
    return this.#parts.targets.states;
  }

  get answering(): AnsweringOptions | undefined {
    const { store } = this.#parts;
    const { approvalRules: rules, limits } = this.#settings;
    return store === undefined ? undefined : { store, rules, unusedMs: limits.approvalUnusedMs };
  }

  get links(): AdminHost["links"] {
    return this.#settings.links;
  }

  get minting(): Minting | undefined {
    const { people } = this.#parts;
    const { mint } = this.#settings;
    return mint === undefined ? undefined : { mint, record: mint.record, users: () => people.users };
  }

  get unready(): readonly string[] {
    const { audit, targets, activity } = this.#parts;
    return [
      ...activity.unready,
      ...(this.#isDraining ? ["the proxy is shutting down"] : []),
      ...(audit.file.hasFailed ? ["the audit log cannot be written"] : []),
      ...(targets.states.some(({ isUp }) => isUp) ? [] : ["no target can be reached"]),
    ];
  }

  async metrics(): Promise<string> {
    const { activity } = this.#parts;
    const [readings, sessions] = await Promise.all([activity.readings(), activity.sessions()]);
    this.#clients.readings = readings;
    this.#clients.heldStatements = sessions.filter(({ waitsForApproval }) => waitsForApproval).length;
    return await this.#registry.metrics();
  }

  /** @returns whether the file could be read */
  #readTokens(): boolean {
    const file = this.#settings.config.tokensFile;
    const read = readApiTokens(file);
    if (!read.ok) {
      this.#parts.warn("the file of API tokens has mistakes: the tokens before stay", formatProblems(read.problems));
      return false;
    }
    const changes = changesBetween(this.#tokens, read.tokens, ["user", "sha256", "expires"]);
    this.#tokens = read.tokens;
    if (this.#areTokensKnown && changes !== undefined)
      this.#parts.audit.append(fileChangeLine("api_tokens", file, changes));
    this.#areTokensKnown = true;
    return true;
  }
}
