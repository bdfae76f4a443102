import { createPrivateKey, createSecretKey, type KeyObject } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { isIP } from "node:net";
import { dirname, resolve } from "node:path";
import { createSecureContext, type ConnectionOptions } from "node:tls";
import type { Engine } from "@penstock/engine";
import { type SealKey, sealKey } from "../audit/chain.ts";
import { decodeBase64 } from "../identity/scram-verifier.ts";
import type { ProxyLimits } from "../limits.ts";
import type { Detection } from "../detect/detection.ts";
import { protocolOf } from "../enforce/target.ts";
import type { BundleAddress } from "../policies/fetch-bundle.ts";
import type { ConfigProblem } from "./problem.ts";
import { bundleTimeoutSeconds, configSchema, isAddress, type RawConfig, toLimits } from "./schema.ts";
import { cannotRead, errorCode, errorMessage } from "./system-error.ts";
import { readYaml, type YamlDocument, type YamlPath } from "./yaml-document.ts";

/** The configuration with paths made absolute and secrets read. Never printed: it holds passwords. */
export interface ProxyConfig {
  readonly listen: {
    readonly host: string;
    readonly port: number;
    readonly mysqlPort: number;
    readonly tls: { readonly cert: string; readonly key: string; readonly required: boolean } | undefined;
  };
  readonly targets: readonly TargetConfig[];
  readonly usersFile: string;
  readonly policies: PoliciesConfig;
  readonly audit: {
    readonly file: string;
    readonly strict: boolean;
    readonly key: SealKey | undefined;
    readonly segmentBytes: number;
    readonly keepDays: number | undefined;
  };
  /** `undefined` where nobody is asked. */
  readonly approvalsFolder: string | undefined;
  /** `undefined` where no tokens are made. */
  readonly tokens: { readonly keyId: string; readonly key: KeyObject } | undefined;
  readonly catalogRefreshMs: number;
  /** `undefined` where names are remembered by the process only. */
  readonly namesFolder: string | undefined;
  readonly log: RawConfig["log"];
  readonly limits: Partial<ProxyLimits>;
  /** What is allowed and unwise, for the log. */
  readonly warnings: readonly string[];
}

export interface TargetConfig {
  readonly name: string;
  readonly engine: Engine;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
  readonly tls: ConnectionOptions | undefined;
  readonly environment: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly detection: Detection | undefined;
}

export type PoliciesConfig =
  | { readonly kind: "folder"; readonly paths: readonly string[]; readonly pollMs: number }
  | BundleConfig;

export interface BundleConfig {
  readonly kind: "bundle";
  readonly location:
    | { readonly kind: "file"; readonly file: string }
    | ({ readonly kind: "address"; readonly cacheFolder: string | undefined } & BundleAddress);
  /** PEM; empty only with the development flag `allow_unsigned`. */
  readonly trustedKeys: readonly string[];
  readonly allowRollback: boolean;
  readonly pollMs: number;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: ProxyConfig }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Reads and checks `penstock.yaml` and the files and variables that it names; reports all mistakes at once. Never throws. */
export function loadConfig(file: string, environment: NodeJS.ProcessEnv): ConfigResult {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return unreadable(file, error);
  }
  const read = readYaml(file, text, configSchema);
  if (!read.ok) return read;
  return new ConfigReader(file, read.value, read.document, environment).read();
}

/** Of a configuration what answering requests needs: nothing that it names is read, and so no secret need be at hand. */
export function loadApprovalPaths(
  file: string,
):
  | { readonly ok: true; readonly usersFile: string; readonly approvalsFolder: string | undefined }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] } {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return unreadable(file, error);
  }
  const config = readYaml(file, text, configSchema);
  if (!config.ok) return config;
  const { users, approvals } = config.value;
  const folder = dirname(resolve(file));
  return {
    ok: true,
    usersFile: resolve(folder, users),
    approvalsFolder: approvals === undefined ? undefined : resolve(folder, approvals.folder),
  };
}

function unreadable(file: string, error: unknown): Extract<ConfigResult, { readonly ok: false }> {
  const help = errorCode(error) === "ENOENT" ? "start from the example in docs/configuration.md" : undefined;
  return { ok: false, problems: [{ file, line: undefined, column: undefined, message: cannotRead(error), help }] };
}

const tokenKeyBytesMin = 32;
const defaultPorts = { postgres: 5432, mysql: 3306 } as const;

/** The second pass, over a text that has the right shape: what its values name must exist and fit together. */
class ConfigReader {
  readonly #raw: RawConfig;
  readonly #file: string;
  readonly #folder: string;
  readonly #document: YamlDocument;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #problems: ConfigProblem[] = [];
  readonly #warnings: string[] = [];

  constructor(file: string, raw: RawConfig, document: YamlDocument, environment: NodeJS.ProcessEnv) {
    this.#file = file;
    this.#folder = dirname(resolve(file));
    this.#raw = raw;
    this.#document = document;
    this.#environment = environment;
  }

  read(): ConfigResult {
    const raw = this.#raw;
    const config: ProxyConfig = {
      listen: {
        host: raw.listen.host,
        port: raw.listen.port,
        mysqlPort: raw.listen.mysql_port,
        tls: this.#clientTls(),
      },
      targets: raw.targets.map((target, index) => this.#target(target, index)),
      usersFile: this.#path(raw.users),
      policies: this.#policies(),
      audit: this.#audit(),
      approvalsFolder: raw.approvals === undefined ? undefined : this.#path(raw.approvals.folder),
      tokens: this.#tokens(),
      catalogRefreshMs: raw.catalog.refresh_seconds * 1000,
      namesFolder: raw.catalog.names === undefined ? undefined : this.#path(raw.catalog.names),
      log: raw.log,
      limits: toLimits(raw.limits),
      warnings: this.#warnings,
    };
    this.#checkNames();
    if (raw.listen.tls === undefined && !isThisMachine(raw.listen.host)) {
      this.#warnings.push(
        `listening on ${raw.listen.host} without \`listen.tls\`: statements and results travel in the clear`,
      );
    }
    return this.#problems.length === 0 ? { ok: true, config } : { ok: false, problems: this.#problems };
  }

  #clientTls(): ProxyConfig["listen"]["tls"] {
    const tls = this.#raw.listen.tls;
    if (tls === undefined) return undefined;
    const cert = this.#readFile(["listen", "tls", "cert"], tls.cert);
    const key = this.#readFile(["listen", "tls", "key"], tls.key);
    if (cert === undefined || key === undefined) return undefined;
    this.#warnIfExposed(tls.key, "the private key");
    try {
      createSecureContext({ cert, key });
    } catch (error) {
      this.#fail(
        ["listen", "tls"],
        `certificate and key cannot be used: ${errorMessage(error)}`,
        "`cert` is a PEM chain, `key` the PEM key that belongs to its first certificate",
      );
    }
    return { cert, key, required: tls.required };
  }

  #target(raw: RawConfig["targets"][number], index: number): TargetConfig {
    if (protocolOf[raw.engine] === "mysql") this.#mysqlTarget(raw, index);
    return {
      name: raw.name,
      engine: raw.engine,
      host: raw.host,
      port: raw.port ?? defaultPorts[protocolOf[raw.engine]],
      database: raw.database ?? raw.name,
      user: raw.user,
      password: this.#password(raw, ["targets", index]),
      tls: this.#upstreamTls(raw, index),
      environment: raw.environment,
      tags: raw.tags,
      detection: raw.detect,
    };
  }

  /** What holds for targets of this protocol only. */
  #mysqlTarget(raw: RawConfig["targets"][number], index: number): void {
    const mode = raw.tls?.mode ?? (isThisMachine(raw.host) ? "disable" : "verify-full");
    if (mode === "verify-full" && isIP(raw.host) !== 0) {
      this.#fail(
        ["targets", index, "host"],
        "is an address, and certificates of MySQL and MariaDB targets are checked for a name",
        "give the host's name, or set `tls.mode: verify-ca`",
      );
    }
  }

  #upstreamTls(raw: RawConfig["targets"][number], index: number): ConnectionOptions | undefined {
    const mode = raw.tls?.mode ?? (isThisMachine(raw.host) ? "disable" : "verify-full");
    const caFile = raw.tls?.ca;
    const ca = caFile === undefined ? undefined : this.#readFile(["targets", index, "tls", "ca"], caFile);
    const trust = ca === undefined ? {} : { ca };
    const settings: Readonly<Record<typeof mode, ConnectionOptions | undefined>> = {
      disable: undefined,
      require: { ...trust, rejectUnauthorized: false },
      "verify-ca": { ...trust, rejectUnauthorized: true, checkServerIdentity: () => undefined },
      "verify-full": { ...trust, rejectUnauthorized: true, ...(isIP(raw.host) === 0 ? { servername: raw.host } : {}) },
    };
    return settings[mode];
  }

  #password(raw: RawConfig["targets"][number], path: YamlPath): string | undefined {
    if (raw.password_env !== undefined) return this.#variable([...path, "password_env"], raw.password_env);
    if (raw.password_file !== undefined) {
      this.#warnIfExposed(raw.password_file, "the password file");
      const text = this.#readFile([...path, "password_file"], raw.password_file)?.replace(/\r?\n$/, "");
      if (text === "") this.#fail([...path, "password_file"], `the password file \`${raw.password_file}\` is empty`);
      return text;
    }
    if (raw.password === undefined) return undefined;
    const variable = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(raw.password);
    if (variable !== null) return this.#variable([...path, "password"], variable[1]!);
    this.#warnIfExposed(this.#file, "the configuration, which holds a password,");
    return raw.password;
  }

  #variable(path: YamlPath, name: string): string | undefined {
    const value = this.#environment[name];
    if (value === undefined || value === "") {
      this.#fail(
        path,
        `the environment variable \`${name}\` is ${value === "" ? "empty" : "not set"}`,
        `set ${name} where the proxy is started`,
      );
    }
    return value;
  }

  #policies(): PoliciesConfig {
    const {
      path,
      bundle,
      trusted_keys: keys,
      poll_seconds: pollSeconds,
      allow_rollback: rollback,
    } = this.#raw.policies;
    const pollMs = pollSeconds * 1000;
    if (bundle === undefined) {
      const paths = typeof path === "string" ? [path] : (path ?? []);
      return { kind: "folder", paths: paths.map((each) => this.#path(each)), pollMs };
    }
    const trustedKeys = (keys ?? []).map(
      (key, index) => this.#readFile(["policies", "trusted_keys", index], key) ?? "",
    );
    if (keys === undefined)
      this.#warnings.push("`policies.allow_unsigned` is on: whoever can write the bundle decides what is allowed");
    return { kind: "bundle", location: this.#bundle(bundle), trustedKeys, allowRollback: rollback, pollMs };
  }

  #bundle(bundle: string): BundleConfig["location"] {
    if (!isAddress(bundle)) return { kind: "file", file: this.#path(bundle) };
    const { http = { timeout_seconds: bundleTimeoutSeconds }, cache } = this.#raw.policies;
    const url = URL.canParse(bundle) ? new URL(bundle) : undefined;
    if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
      this.#fail(
        ["policies", "bundle"],
        `\`${bundle}\` is no address of a bundle`,
        "write `https://HOST/PATH`, or a path",
      );
    } else if (url.username !== "" || url.password !== "") {
      this.#fail(["policies", "bundle"], "the address holds a user or a password", "give a token in `policies.http`");
    }
    const ca = http.ca === undefined ? undefined : this.#readFile(["policies", "http", "ca"], http.ca);
    const token = this.#token(http);
    if (token !== undefined && url?.protocol === "http:" && !isThisMachine(url.hostname)) {
      this.#fail(["policies", "bundle"], "a token would travel in the clear", "use `https://`");
    }
    return {
      kind: "address",
      url: url ?? new URL("https://invalid.invalid"),
      ca,
      token,
      timeoutMs: http.timeout_seconds * 1000,
      cacheFolder: cache === undefined ? undefined : this.#path(cache),
    };
  }

  #token({
    token_env: name,
    token_file: file,
  }: Partial<NonNullable<RawConfig["policies"]["http"]>>): BundleAddress["token"] {
    if (name !== undefined) {
      const value = this.#variable(["policies", "http", "token_env"], name);
      return value === undefined ? undefined : () => value;
    }
    if (file === undefined) return undefined;
    this.#warnIfExposed(file, "the token file");
    this.#readFile(["policies", "http", "token_file"], file);
    const path = this.#path(file);
    return () => readFileSync(path, "utf8").trim();
  }

  #tokens(): ProxyConfig["tokens"] {
    const { tokens } = this.#raw;
    if (tokens === undefined) return undefined;
    const at = ["tokens", "key_file"] as const;
    const text = this.#readFile(at, tokens.key_file);
    if (text === undefined) return undefined;
    this.#failIfExposed(at, tokens.key_file, "undo tokens by trying values");
    const key = decodeBase64(text.trim());
    if (key === undefined || key.length < tokenKeyBytesMin) {
      this.#fail(
        at,
        `the key file does not hold ${tokenKeyBytesMin} bytes or more in base64`,
        "make one: (umask 077; openssl rand -base64 32 > token.key)",
      );
      return undefined;
    }
    return { keyId: tokens.key_id, key: createSecretKey(key) };
  }

  #audit(): ProxyConfig["audit"] {
    const { file, strict, key_file: keyFile, segment_megabytes: megabytes, keep_days: keepDays } = this.#raw.audit;
    return {
      file: this.#path(file),
      strict,
      key: keyFile === undefined ? undefined : this.#auditKey(keyFile),
      segmentBytes: megabytes * 1e6,
      keepDays,
    };
  }

  #auditKey(file: string): SealKey | undefined {
    const at = ["audit", "key_file"] as const;
    const pem = this.#readFile(at, file);
    if (pem === undefined) return undefined;
    this.#failIfExposed(at, file, "forge seals");
    try {
      return sealKey(createPrivateKey(pem));
    } catch (error) {
      this.#fail(
        at,
        `the key file is no private key to sign with: ${errorMessage(error)}`,
        "make a pair: npx policy keygen --output audit",
      );
      return undefined;
    }
  }

  #failIfExposed(at: YamlPath, file: string, danger: string): void {
    const path = this.#path(file);
    if ((statSync(path).mode & 0o077) === 0) return;
    this.#fail(at, `the key file can be read or written by others, who could ${danger}`, `chmod 600 ${path}`);
  }

  #checkNames(): void {
    const seen = new Set<string>();
    for (const [index, { name }] of this.#raw.targets.entries()) {
      if (seen.has(name))
        this.#fail(
          ["targets", index, "name"],
          `a second target is called \`${name}\``,
          "clients choose a target by its name",
        );
      seen.add(name);
    }
  }

  #readFile(path: YamlPath, file: string): string | undefined {
    try {
      return readFileSync(this.#path(file), "utf8");
    } catch (error) {
      this.#fail(path, `\`${this.#path(file)}\` ${cannotRead(error)}`);
      return undefined;
    }
  }

  #warnIfExposed(file: string, what: string): void {
    const path = this.#path(file);
    try {
      const { mode } = statSync(path);
      if ((mode & 0o004) !== 0)
        this.#warnings.push(`${what} can be read by every user of this machine: chmod o-r ${path}`);
    } catch {
      // That it cannot be read is reported by whoever reads it.
    }
  }

  #path(file: string): string {
    return resolve(this.#folder, file);
  }

  #fail(path: YamlPath, problem: string, help?: string): void {
    this.#problems.push(this.#document.problemAt(path, problem, help));
  }
}

function isThisMachine(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.") || host.startsWith("/");
}
