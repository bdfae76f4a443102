/** The real proxy, in this process, in front of a real database: users with SCRAM, compiled policies, an audit file of its own. */
import type { KeyObject } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createEnforcer,
  type Enforcer,
  type Engine,
  type Principal,
  readPolicyFolder,
  type Redaction,
} from "@penstock/engine";
import { compile, formatDiagnostics, type SourceFile } from "@penstock/language";
import { createProxyServer, type ProxyEvent, type ProxyLimits, type ProxyServer } from "@penstock/proxy";
import type { People } from "../../proxy/src/approvals/people.ts";
import { type ApprovalRules, ordinaryRules } from "../../proxy/src/approvals/rules.ts";
import type { Detection } from "../../proxy/src/detect/detection.ts";
import { isOfChain } from "../../proxy/src/audit/chain.ts";
import type { AuditLog } from "../../proxy/src/audit/audit-log.ts";
import { FileAuditLog } from "../../proxy/src/audit/file-audit-log.ts";
import { fixedPassword } from "../../proxy/src/credentials/password-source.ts";
import { protocolOf } from "../../proxy/src/enforce/target.ts";
import { type Identities, Login } from "../../proxy/src/identity/login.ts";
import type { TokenIdentities } from "../../proxy/src/identity/token-logins.ts";
import { deriveVerifier } from "../../proxy/src/identity/scram-verifier.ts";
import { SqliteStore } from "../../proxy/src/store/sqlite-store.ts";
import type { Store } from "../../proxy/src/store/store.ts";
import { ConfiguredTargets } from "../../proxy/src/targets/configured-targets.ts";
import { lastLine } from "./lines-from-end.ts";

export interface ProxiedUser {
  readonly name: string;
  readonly kind: Principal["kind"];
  readonly groups?: readonly string[];
  readonly onBehalfOf?: ProxiedUser;
}

export interface ProxiedDatabase {
  /** Default: `postgres`. All databases of a proxy speak the same protocol. */
  readonly engine?: Engine;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** Whom the proxy logs in as. */
  readonly user: string;
  readonly password: string;
}

export interface ProxiedOptions {
  /** Each is a target under its own name. */
  readonly databases: readonly ProxiedDatabase[];
  readonly users: readonly ProxiedUser[];
  /** Policies as text, or the packs of the repository when left out. */
  readonly policies?: readonly SourceFile[];
  /** `data.*` of those policies. */
  readonly data?: unknown;
  /** Ask for approvals, in a store of its own or in this one, which is open. */
  readonly approvals?: boolean | { readonly store?: Store; readonly rules?: Partial<ApprovalRules> };
  readonly tokenKey?: KeyObject;
  /** Whose tokens are taken as passwords. */
  readonly tokens?: TokenIdentities;
  readonly limits?: Partial<ProxyLimits>;
  /** PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Default: `file`. With `strict`, no statement runs before its record is on disk; with `none`, records are thrown away. */
  readonly audit?: "file" | "strict" | "none";
  /** What is looked for in results of each target. */
  readonly detection?: Detection;
  /** What is left out of audit records. */
  readonly redaction?: Redaction;
}

export interface Proxied {
  readonly host: string;
  readonly port: number;
  /** Default: the first database. */
  readonly as: (user: string, database?: string) => ProxiedLogin;
  readonly url: (user: string, database?: string) => string;
  /** What the audit file holds so far. */
  readonly auditLines: () => Record<string, unknown>[];
  /** The last of an event, without reading all of them. */
  readonly lastAuditLine: (event: string) => Record<string, unknown> | undefined;
  /** What the proxy reported: faults and leaks among it. */
  readonly events: readonly ProxyEvent[];
  /** What went wrong inside decisions, which clients are told nothing about. */
  readonly faults: readonly unknown[];
  readonly proxy: ProxyServer;
  /** With which people can be asked, where they are. */
  readonly asking: Asking;
  /** Puts other policies in force. */
  readonly setPolicies: (text: string) => void;
  /** From now on the user is somebody else, or nobody. Who is connected stays so. */
  readonly setUser: (user: ProxiedUser | string) => void;
  /** After a change of the schema that did not go through the proxy. @param only of these databases; left out, of all */
  readonly refreshCatalogs: (only?: readonly ProxiedDatabase[]) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const host = "127.0.0.1";
const packs = new URL("../../policies", import.meta.url).pathname;

/** Reads the packs of the repository, without their tests. */
export function packSources(): { readonly sources: readonly SourceFile[]; readonly data: unknown } {
  const { sources, data, problems } = readPolicyFolder([packs], false);
  if (problems.length > 0) throw new Error(problems.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  return { sources, data };
}

/** To compare with; a proxy cannot be configured so. */
const noAudit: AuditLog = {
  append: () => undefined,
  flushed: (callback) => setImmediate(callback),
  close: () => Promise.resolve(),
};

export async function startProxied(options: ProxiedOptions): Promise<Proxied> {
  const { sources, data } =
    options.policies === undefined ? packSources() : { sources: options.policies, data: options.data ?? {} };
  const { program, diagnostics } = compile({ sources, data });
  if (program === undefined) throw new Error(formatDiagnostics(diagnostics, sources));
  const targets = new ConfiguredTargets(
    options.databases.map((database) => ({
      ...database,
      password: fixedPassword(database.password),
      name: database.database,
      engine: database.engine ?? "postgres",
      tls: undefined,
      environment: "test",
      tags: {},
      detection: options.detection,
    })),
  );
  const openTargets = async () => {
    const problems = await targets.open();
    if (problems.length > 0) throw new Error(problems.join("\n"));
  };
  await openTargets();
  const folder = mkdtempSync(join(tmpdir(), "penstock-proxied-"));
  const auditFile = join(folder, "audit.jsonl");
  const audit =
    options.audit === "none"
      ? noAudit
      : new FileAuditLog({ path: auditFile, strict: options.audit === "strict", report: () => undefined });
  const events: ProxyEvent[] = [];
  const faults: unknown[] = [];
  const watched = (enforcer: Enforcer): Enforcer => ({
    ...enforcer,
    decide(...asked) {
      const verdict = enforcer.decide(...asked);
      if (verdict.action === "deny" && verdict.cause !== undefined) faults.push(verdict.cause);
      return verdict;
    },
  });
  const people = await passwords(options.users);
  const asking = await askingOf(options.approvals, join(folder, "store.db"), {
    person: (name: string) => people.get(name)?.principal,
  });
  const proxy = createProxyServer({
    enforcer: watched(createEnforcer(program, { redaction: options.redaction })),
    ...(asking === undefined ? {} : { approvals: asking }),
    ...(options.tokens === undefined ? {} : { tokens: options.tokens }),
    ...(options.tokenKey === undefined ? {} : { tokenKey: options.tokenKey }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    redacts: options.redaction !== undefined,
    audit,
    identities: identities(people),
    targets,
    report: (event) => events.push(event),
  });
  const port = await proxy.listen(0, host, protocolOf[options.databases[0]?.engine ?? "postgres"]);
  const as = (user: string, database = options.databases[0]?.database ?? "") => ({
    host,
    port,
    database,
    user,
    password: people.get(user)?.password ?? "nobody has this password",
  });
  const lines = () =>
    readFileSync(auditFile, "utf8")
      .split("\n")
      .filter((line) => line !== "" && !isOfChain(line));
  return {
    host,
    port,
    as,
    url: (user, database) => {
      const login = as(user, database);
      return `postgres://${login.user}:${login.password}@${host}:${port}/${encodeURIComponent(login.database)}`;
    },
    auditLines: () => lines().map(parseLine),
    lastAuditLine: (event) => {
      const line = lastLine(auditFile, (text) => text.includes(`"event":${JSON.stringify(event)}`) && !isOfChain(text));
      return line === undefined ? undefined : parseLine(line);
    },
    events,
    faults,
    proxy,
    get asking() {
      if (asking === undefined) throw new Error("this proxy asks nobody");
      return asking;
    },
    setPolicies(text) {
      const next = compile({ sources: [{ path: "next.policy", text }], data: {} });
      if (next.program === undefined) throw new Error(formatDiagnostics(next.diagnostics, []));
      proxy.setEnforcer(watched(createEnforcer(next.program, { redaction: options.redaction })));
    },
    setUser(user) {
      const name = typeof user === "string" ? user : user.name;
      const account = people.get(name);
      if (account === undefined) throw new Error(`there was never a user ${name}`);
      people.set(name, { ...account, principal: typeof user === "string" ? undefined : principalOf(user) });
    },
    async refreshCatalogs(only) {
      if (only === undefined) return openTargets();
      const wanted = targets.all.filter(({ database }) => only.some((each) => each.database === database));
      await Promise.all(wanted.map(({ catalog }) => catalog.refresh()));
    },
    async stop() {
      await proxy.close();
      if (asking?.isOwn === true) await asking.store.close();
      targets.close();
      await audit.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Asking {
  readonly store: Store;
  readonly people: People;
  readonly rules: ApprovalRules;
  readonly isOwn: boolean;
}

async function askingOf(
  approvals: ProxiedOptions["approvals"],
  file: string,
  people: People,
): Promise<Asking | undefined> {
  if (approvals === undefined || approvals === false) return undefined;
  const { store, rules = {} } = approvals === true ? {} : approvals;
  const own = store ?? new SqliteStore(file);
  if (store === undefined) await own.open();
  return { store: own, people, rules: { ...ordinaryRules, ...rules }, isOwn: store === undefined };
}

function parseLine(line: string): Record<string, unknown> {
  return JSON.parse(line) as Record<string, unknown>;
}

/** Fits `pg` and the wire client. */
export interface ProxiedLogin {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

interface Account {
  readonly password: string;
  readonly verifier: Awaited<ReturnType<typeof deriveVerifier>>;
  /** `undefined` for somebody who was removed. */
  readonly principal: Principal | undefined;
}

async function passwords(users: readonly ProxiedUser[]): Promise<Map<string, Account>> {
  const accounts = new Map<string, Account>();
  for (const user of users) {
    const password = `password of ${user.name}`.replaceAll(" ", "-");
    accounts.set(user.name, { password, verifier: await deriveVerifier(password), principal: principalOf(user) });
  }
  return accounts;
}

function principalOf({ name, kind, groups = [], onBehalfOf }: ProxiedUser): Principal {
  const auth = { method: "scram", atNs: BigInt(Date.now()) * 1_000_000n, mfa: false } as const;
  const other = onBehalfOf === undefined ? {} : { onBehalfOf: principalOf(onBehalfOf) };
  return { id: `${name}@shop.example`, name, kind, groups, claims: {}, auth, ...other };
}

function identities(accounts: ReadonlyMap<string, Account>): Identities {
  const [someone] = accounts.values();
  if (someone === undefined) throw new Error("a proxy without users lets nobody in");
  return {
    begin: (user, channel) => {
      const account = accounts.get(user);
      const verifier = (account ?? someone).verifier;
      return new Login(verifier, account !== undefined, channel, () => account?.principal);
    },
  };
}
