/** Two proxies with one store, as child processes that can be killed and started again. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { deriveVerifier, formatVerifier } from "../../proxy/src/identity/scram-verifier.ts";
import { childrenOf } from "../support/child-processes.ts";
import { freePort, type PostgresServer } from "../support/postgres-server.ts";

const command = fileURLToPath(new URL("../../proxy/bin/policy-proxy.ts", import.meta.url));
const startMsMax = 60_000;
/** Megabytes of the heap: where there is room, V8 lets garbage lie, and nobody could tell it from what is kept for ever. Workers have the same. */
const heapMax = "--max-old-space-size=300";

/** Masks e-mail addresses, and lets `approved` be written to with somebody's yes only. */
const policy = `package chaos

mask column with null() if {
  column.table == "people"
  column.name == "email"
}

approve by "dba" because "it is a test" if {
  query.kind == "insert"
  some t in query.tables
  t.name == "approved"
}
`;

export const password = "a password of the chaos run";

export class Installation {
  readonly folder = mkdtempSync(join(tmpdir(), "penstock-chaos-"));
  readonly proxies: ChaosProxy[] = [];
  /** Of Bob, who approves. */
  token = "";

  static async make(upstream: PostgresServer, store: PostgresServer, sink: number): Promise<Installation> {
    const made = new Installation();
    const verifier = formatVerifier(await deriveVerifier(password));
    const user = (name: string, group: string) =>
      `  - { name: ${name}, kind: human, groups: [${group}], verifier: "${verifier}" }\n`;
    made.#write("users.yaml", `users:\n${user("ana", "analysts")}${user("bob", "dba")}`);
    made.#write("chaos.policy", policy);
    made.#write("sink.secret", "a secret of the chaos run for its sink");
    made.#write("store.password", store.password);
    made.#write("upstream.password", upstream.password);
    // The second one is several processes.
    for (const [name, workers] of [
      ["one", 1],
      ["two", 2],
    ] as const) {
      const [port, admin] = [await freePort(), await freePort()];
      made.#write(
        `${name}.yaml`,
        `listen: { port: ${port} }
targets:
  - { name: shop, host: 127.0.0.1, port: ${upstream.port}, database: postgres, user: ${upstream.user}, password_file: upstream.password, environment: test }
users: users.yaml
policies: { path: chaos.policy }
audit:
  file: ${name}.jsonl
  strict: true
  segment_megabytes: 1
  sinks: [{ name: hook, kind: webhook, url: "http://127.0.0.1:${sink}/", secret_file: sink.secret }]
store: { url: "postgres://${store.user}@127.0.0.1:${store.port}/postgres", password_file: store.password, audit_index: true }
admin: { port: ${admin}, tokens: tokens.yaml }
limits: { held_statements_per_principal: 1000, upstream_silent_ms: 5000 }
workers: ${workers}
`,
      );
      made.proxies.push(new ChaosProxy(made.folder, name, port, admin));
    }
    made.token = made.run("api-token", "add", "bob", "--user", "bob", "--file", "tokens.yaml").stdout.trim();
    return made;
  }

  /** Runs `policy-proxy` to its end. */
  run(...args: string[]) {
    return spawnSync(process.execPath, [command, ...args], { cwd: this.folder, encoding: "utf8" });
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text, { mode: 0o600 });
  }
}

export class ChaosProxy {
  readonly name: string;
  readonly port: number;
  readonly admin: string;
  readonly #folder: string;
  #child: ChildProcess | undefined;

  constructor(folder: string, name: string, port: number, admin: number) {
    this.#folder = folder;
    this.name = name;
    this.port = port;
    this.admin = `http://127.0.0.1:${admin}`;
  }

  /** Starts it, again and again while what it needs is away, and waits until it is ready. */
  async start(): Promise<void> {
    const log = createWriteStream(join(this.#folder, `${this.name}.log`), { flags: "a" });
    for (const endsAt = Date.now() + startMsMax; Date.now() < endsAt; ) {
      const child = spawn(process.execPath, [heapMax, command, "serve", "--config", `${this.name}.yaml`], {
        cwd: this.#folder,
        stdio: ["ignore", "ignore", "pipe"],
      });
      child.stderr.pipe(log, { end: false });
      this.#child = child;
      while (child.exitCode === null && Date.now() < endsAt) {
        if (await this.isReady()) return;
        await sleep(100);
      }
    }
    throw new Error(
      `proxy ${this.name} does not start: ${readFileSync(join(this.#folder, `${this.name}.log`), "utf8")}`,
    );
  }

  async isReady(): Promise<boolean> {
    const answer = await fetch(`${this.admin}/readyz`).catch(() => undefined);
    return answer?.status === 200;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "exit");
    child.kill(signal);
    await closed;
  }

  /** Their pids. */
  get workers(): readonly number[] {
    return childrenOf(this.#child?.pid);
  }

  /** Resident memory of the largest of its processes, in bytes; 0 while it does not run. */
  get memoryBytes(): number {
    return Math.max(...[this.#child?.pid, ...this.workers].map(memoryOf));
  }
}

function memoryOf(pid: number | undefined): number {
  try {
    const [, kilobytes = "0"] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kilobytes) * 1024;
  } catch {
    return 0;
  }
}
