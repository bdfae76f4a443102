/** The real `policy-proxy serve` as a child process, in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isOfChain } from "../../proxy/src/audit/chain.ts";
import { deriveVerifier, formatVerifier } from "../../proxy/src/identity/scram-verifier.ts";
import type { PostgresServer } from "../support/postgres-server.ts";

/** Of every user with `users`' verifier. */
export const password = "ana's password";
const verifier = formatVerifier(await deriveVerifier(password));
const bin = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const proxyCommand = bin("../../proxy/bin/policy-proxy.ts");
const policyCommand = bin("../../engine/bin/policy.js");
const startTimeoutMs = 60_000;

export const users = `
users:
  - name: ana
    kind: human
    groups: [analysts]
    verifier: "${verifier}"
`;

/** Denies TRUNCATE and nothing else. */
export const policy = `package guard

deny "truncate is not for you" if query.kind == "truncate"
`;

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with everything that a proxy needs, to be changed by tests. */
export class Installation {
  readonly folder = mkdtempSync(join(tmpdir(), "penstock-operation-"));
  readonly #server: PostgresServer | undefined;

  /** @param server the target; left out, nothing listens where the configuration says. */
  constructor(server?: PostgresServer) {
    this.#server = server;
    this.write("penstock.yaml", this.config());
    this.write("users.yaml", users);
    this.write("policies/guard.policy", policy);
  }

  config(
    change: {
      readonly target?: string;
      readonly policies?: string;
      readonly audit?: string;
      readonly port?: number;
    } = {},
  ): string {
    const { port = 9, password: secret = "upstream secret" } = this.#server ?? {};
    return `listen: { port: ${change.port ?? 0} }
targets:
  - name: shop
    host: 127.0.0.1
    environment: test
${change.target ?? `    port: ${port}\n    user: postgres\n    database: postgres\n    password: "${secret}"`}
users: users.yaml
policies: ${change.policies ?? "{ path: policies }"}
audit: ${change.audit ?? "{ file: audit.jsonl }"}
`;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, content: string | Buffer): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content, { mode: 0o600 });
  }

  read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  /** Records of the audit log so far. */
  audit(): Record<string, unknown>[] {
    const lines = readFileSync(this.path("audit.jsonl"), "utf8").split("\n").slice(0, -1);
    return lines.filter((line) => !isOfChain(line)).map((line): Record<string, unknown> => JSON.parse(line));
  }

  /** Runs `policy-proxy` to its end. */
  run(...args: string[]): Promise<Outcome> {
    return outcomeOf(this.#spawn(proxyCommand, args));
  }

  /** Runs `policy-proxy` to its end. @param input what it reads */
  runWith(input: string, ...args: string[]): Promise<Outcome> {
    const child = spawn(process.execPath, [proxyCommand, ...args], { cwd: this.folder });
    child.stdin.end(input);
    return outcomeOf(child);
  }

  /** Runs `policy` to its end. */
  policy(...args: string[]): Promise<Outcome> {
    return outcomeOf(this.#spawn(policyCommand, args));
  }

  /** Starts the proxy and waits until it listens. @param wrap a shell command before it, such as `ulimit`. */
  async start(wrap?: string): Promise<RunningProxy> {
    const command = [process.execPath, proxyCommand, "serve"];
    const child =
      wrap === undefined
        ? this.#spawn(proxyCommand, ["serve"])
        : spawn("bash", ["-c", `${wrap}; exec "$@"`, "bash", ...command], {
            cwd: this.folder,
            stdio: ["ignore", "pipe", "pipe"],
          });
    const proxy = new RunningProxy(child);
    const port = await proxy.listening();
    return Object.assign(proxy, { port });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #spawn(command: string, args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [command, ...args], { cwd: this.folder, stdio: ["ignore", "pipe", "pipe"] });
  }
}

export class RunningProxy {
  readonly child: ChildProcess;
  port = 0;
  stderr = "";
  readonly #ended: Promise<unknown>;

  constructor(child: ChildProcess) {
    this.child = child;
    this.#ended = once(child, "close");
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
  }

  get url(): string {
    return `postgres://ana:${encodeURIComponent(password)}@127.0.0.1:${this.port}/shop`;
  }

  async listening(): Promise<number> {
    await this.says("listening on ");
    return Number(/listening on [^"]*:(\d+)/.exec(this.stderr)?.[1]);
  }

  /** Waits until a message is on the screen. */
  async says(text: string): Promise<void> {
    for (let waitedMs = 0; waitedMs < startTimeoutMs; waitedMs += 20) {
      if (this.stderr.includes(text)) return;
      if (this.child.exitCode !== null) throw new Error(`the proxy ended with ${this.child.exitCode}:\n${this.stderr}`);
      await sleep(20);
    }
    throw new Error(`the proxy did not say "${text}":\n${this.stderr}`);
  }

  /** Ends it by a signal and gives its exit code. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.child.exitCode === null) this.child.kill(signal);
    await this.#ended;
    return this.child.exitCode;
  }
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // A proxy that starts although it should not must fail the test, not hold it.
  const timeout = setTimeout(() => child.kill("SIGKILL"), startTimeoutMs);
  await once(child, "close");
  clearTimeout(timeout);
  return { code: child.exitCode, stdout, stderr };
}
