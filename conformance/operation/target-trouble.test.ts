/** Targets that hang, die, are full or are not who they should be: a clear error in bounded time, and nobody else suffers. Real servers, stopped by signals. */
import { createServer, connect as connectTcp, type AddressInfo, type Server, type Socket } from "node:net";
import { readFileSync } from "node:fs";
import { createServer as createTlsServer, type Server as TlsServer } from "node:tls";
import { type Connection, createConnection } from "mysql2/promise";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { selfSigned } from "../protocol/certificate.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb-server.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation, type RunningProxy } from "./proxy-process.ts";

let postgres: PostgresServer;
let mariadb: MariadbServer;
let installation: Installation;
let proxy: RunningProxy;
const relays: Relay[] = [];

beforeAll(async () => {
  [postgres, mariadb] = await Promise.all([startPostgres(), startMariadb()]);
});
afterAll(async () => {
  await postgres.stop();
  await mariadb.stop();
});
beforeEach(() => {
  installation = new Installation(postgres);
});
afterEach(async () => {
  await proxy?.stop("SIGKILL");
  for (const relay of relays.splice(0)) relay.close();
  installation.remove();
});

/** A way to a server that can hang or break, as a firewall or a machine that is gone does. */
class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #hangs = false;

  private constructor(port: number) {
    this.#server = createServer((near) => {
      this.#sockets.add(near);
      near.on("error", () => undefined);
      if (this.#hangs) return;
      const far = connectTcp(port, "127.0.0.1");
      this.#sockets.add(far);
      far.on("error", () => undefined);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        from.on("data", (chunk) => {
          if (!this.#hangs) to.write(chunk);
        });
        from.on("close", () => {
          if (!this.#hangs) to.destroy();
        });
      }
    });
  }

  static async to(port: number): Promise<Relay> {
    const made = new Relay(port);
    relays.push(made);
    await new Promise<void>((resolve) => made.#server.listen(0, "127.0.0.1", resolve));
    return made;
  }

  get port(): number {
    return portOf(this.#server);
  }

  /** It takes connections and bytes, and gives none. */
  hang(): void {
    this.#hangs = true;
  }

  /** Every connection is gone at once. */
  break(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

function portOf(server: Server | TlsServer): number {
  const address = server.address() as AddressInfo;
  return address.port;
}

interface TargetKeys {
  readonly name: string;
  readonly port: number;
  readonly more?: string;
}
const ofPostgres = ({ name, port, more = "" }: TargetKeys) =>
  `  - { name: ${name}, host: 127.0.0.1, port: ${port}, user: postgres, database: postgres, password: "${postgres.password}", environment: test, health_seconds: 1${more} }\n`;
const ofMariadb = ({ name, port, more = "" }: TargetKeys) =>
  `  - { name: ${name}, engine: mariadb, host: 127.0.0.1, port: ${port}, user: ${mariadb.user}, database: mysql, password: "${mariadb.password}", environment: test, health_seconds: 1${more} }\n`;

async function start(
  targets: string,
  limits = "upstream_connect_ms: 500, upstream_silent_ms: 1000",
): Promise<RunningProxy> {
  installation.write(
    "penstock.yaml",
    `listen: { port: 0, mysql_port: 0 }\ntargets:\n${targets}users: users.yaml\npolicies: { path: policies }\naudit: { file: audit.jsonl }\nlimits: { ${limits} }\n`,
  );
  proxy = await installation.start();
  return proxy;
}

/** What both protocols are asked, as strings. */
interface Session {
  readonly query: (text: string) => Promise<unknown>;
  readonly end: () => Promise<unknown>;
}

async function enterPostgres(database: string, port = portsOf().postgres): Promise<Session> {
  const { username, password } = new URL(proxy.url);
  const client = new Client({
    host: "127.0.0.1",
    port,
    user: username,
    password: decodeURIComponent(password),
    database,
  });
  client.on("error", () => undefined);
  await client.connect();
  return { query: async (text) => (await client.query(text)).rows, end: () => client.end() };
}

async function enterMariadb(database: string, port = portsOf().mysql): Promise<Session> {
  const { username, password } = new URL(proxy.url);
  const client: Connection = await createConnection({
    host: "127.0.0.1",
    port,
    user: username,
    password: decodeURIComponent(password),
    database,
  });
  client.on("error", () => undefined);
  return { query: async (text) => (await client.query(text))[0], end: () => client.end() };
}

function portsOf(): { readonly postgres: number; readonly mysql: number } {
  const [postgresPort, mysqlPort] = [
    ...proxy.stderr.matchAll(/listening on 127\.0\.0\.1:(\d+)(?: and, for MySQL, 127\.0\.0\.1:(\d+))?/g),
  ]
    .at(-1)!
    .slice(1)
    .map(Number);
  return { postgres: postgresPort ?? 0, mysql: mysqlPort || (postgresPort ?? 0) };
}

const failed = async (
  work: Promise<unknown>,
): Promise<{ readonly error: Error & { code?: string | number; errno?: number }; readonly ms: number }> => {
  const began = performance.now();
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof Error)) throw new Error("it worked");
  return { error, ms: performance.now() - began };
};

const protocols = [
  {
    name: "PostgreSQL",
    target: ofPostgres,
    server: () => postgres,
    enter: (database: string) => enterPostgres(database),
    sleep: "select pg_sleep(60)",
    many: "select repeat('x', 1000) from generate_series(1, 1000000)",
    lost: /08006|terminated|lost|no answer/,
    full: { code: "53300" },
  },
  {
    name: "MariaDB",
    target: ofMariadb,
    server: () => mariadb,
    enter: (database: string) => enterMariadb(database),
    sleep: "select sleep(60)",
    many: "select repeat('x', 1000) from seq_1_to_1000000",
    lost: /lost|no answer|closed/i,
    full: { errno: 1040 },
  },
] as const;

describe.each(protocols)("$name", ({ target, server, enter, sleep, many, lost, full }) => {
  test("a target that hangs ends what waits for it, refuses logins in time, and leaves the others alone", async () => {
    const relay = await Relay.to(server().port);
    await start(target({ name: "one", port: relay.port }) + target({ name: "two", port: server().port }));
    const [waiting, other, slow] = await Promise.all([enter("one"), enter("two"), enter("two")]);
    const statement = failed(waiting.query(sleep));
    const long = failed(slow.query(sleep));
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    relay.hang();
    const login = await failed(enter("one"));
    expect(login.error.message).toContain('the target "one" gave no answer in time');
    expect(login.ms).toBeLessThan(3000);
    const { error, ms } = await statement;
    expect(error.message).toContain('the target "one" gives no answer any more');
    expect(ms).toBeLessThan(8000);
    await proxy.says('"msg":"a target does not answer"');
    expect(await other.query("select 1 as one")).toEqual([{ one: 1 }]);
    // What works long at a target that answers is left to work.
    expect(await Promise.race([long.then(() => "ended"), Promise.resolve("works on")])).toBe("works on");
    expect(installation.audit()).toContainEqual(
      expect.objectContaining({ event: "disconnect", reason: "upstream silent" }),
    );
  });

  test("a target that breaks off in the middle of a result is an error, and the next login works", async () => {
    const relay = await Relay.to(server().port);
    await start(target({ name: "one", port: relay.port }));
    const session = await enter("one");
    const result = failed(session.query(many));
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    relay.break();
    const { error, ms } = await result;
    expect(`${error.code} ${error.message}`).toMatch(lost);
    expect(ms).toBeLessThan(5000);
    const again = await enter("one");
    expect(await again.query("select 1 as one")).toEqual([{ one: 1 }]);
    await again.end();
  });

  test("sessions beyond what a target may have are refused with the server's own number, fairly, and have room again", async () => {
    await start(target({ name: "one", port: server().port, more: ", sessions_max: 5, sessions_per_principal: 2" }));
    const sessions = await Promise.all([enter("one"), enter("one")]);
    const { error } = await failed(enter("one"));
    expect(error).toMatchObject(full);
    expect(error.message).toContain('too many sessions of yours at the target "one"');
    await sessions[0].end();
    for (let attempt = 0; ; attempt++) {
      const session = await enter("one").catch((cause: unknown) => cause);
      if (!(session instanceof Error)) break;
      if (attempt > 50) throw session;
    }
  });
});

test("a server that is stopped as a whole is told from one that works long", async () => {
  const stopped = await startPostgres();
  const postmaster = await postmasterOf(stopped);
  try {
    await start(ofPostgres({ name: "one", port: stopped.port }).replace(postgres.password, stopped.password));
    const session = await enterPostgres("one");
    const statement = failed(session.query("select pg_sleep(60)"));
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    // Its backends go on; who logs in waits for ever.
    process.kill(postmaster, "SIGSTOP");
    const { error, ms } = await statement;
    expect(error.message).toContain('the target "one" gives no answer any more');
    expect(ms).toBeLessThan(8000);
    process.kill(postmaster, "SIGCONT");
    await proxy.says('"msg":"a target answers again"');
    const again = await enterPostgres("one");
    expect(await again.query("select 1 as one")).toEqual([{ one: 1 }]);
    await again.end();
  } finally {
    process.kill(postmaster, "SIGCONT");
    await stopped.stop();
  }
});

async function postmasterOf(server: PostgresServer): Promise<number> {
  const client = new Client({ connectionString: server.url() });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  const stat = readFileSync(`/proc/${rows[0]!.pid}/stat`, "utf8");
  await client.end();
  // Behind the name, which stands in brackets: the state, then the parent.
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

test("a target with a port of its own is reached there by any of its names, and no other is", async () => {
  const free = createServer();
  await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
  const port = portOf(free);
  free.close();
  await start(
    ofPostgres({ name: "one", port: postgres.port, more: `, listen_port: ${port}` }) +
      ofPostgres({ name: "two", port: postgres.port }),
  );
  for (const database of ["one", "postgres"]) await (await enterPostgres(database, port)).end();
  const { error } = await failed(enterPostgres("two", port));
  expect(error).toMatchObject({ code: "3D000", message: 'database "two" does not exist' });
  await (await enterPostgres("two")).end();
});

test("a password that was changed is taken from its file and its command, without a restart", async () => {
  const admin = new Client({ connectionString: postgres.url() });
  await admin.connect();
  await admin.query("create role rotated login superuser password 'first'");
  installation.write("upstream", "first\n");
  const own = (name: string, key: string) =>
    `  - { name: ${name}, host: 127.0.0.1, port: ${postgres.port}, user: rotated, database: postgres, ${key}, environment: test }\n`;
  await start(
    own("file", "password_file: upstream") +
      own("command", `password_command: [cat, "${installation.path("upstream")}"]`),
  );
  for (const name of ["file", "command"]) await (await enterPostgres(name)).end();
  await admin.query("alter role rotated password 'second'");
  await admin.end();
  installation.write("upstream", "second\n");
  // The command is not asked again at once.
  await new Promise((resolve) => {
    setTimeout(resolve, 2100);
  });
  for (const name of ["file", "command"]) await (await enterPostgres(name)).end();
  installation.write("upstream", "wrong\n");
  const { error } = await failed(enterPostgres("file"));
  expect(error.message).toBe('the target "file" refused the proxy\'s login');
  expect(proxy.stderr + JSON.stringify(installation.audit())).not.toMatch(/first|second/);
});

describe("a certificate", () => {
  const day = 86_400_000;
  const servers: TlsServer[] = [];
  afterEach(() => {
    for (const each of servers.splice(0)) each.close();
  });

  /** Speaks PostgreSQL's or MariaDB's first words, then TLS with a certificate of its own. */
  async function listen(
    protocol: "postgres" | "mariadb",
    tls: { readonly cert: string; readonly key: string },
  ): Promise<number> {
    const secure = createTlsServer(tls, (socket) => socket.on("error", () => undefined));
    secure.on("tlsClientError", () => undefined);
    const plain = createServer((socket) => {
      socket.on("error", () => undefined);
      const upgrade = () => secure.emit("connection", socket);
      if (protocol === "mariadb") {
        const far = connectTcp(mariadb.port, "127.0.0.1");
        far.once("data", (greeting: Buffer) => {
          far.destroy();
          // A server without TLS does not offer it: CLIENT_SSL, behind version, id and scramble.
          const flags = greeting.indexOf(0, 5) + 1 + 4 + 8 + 1;
          greeting.writeUInt16LE(greeting.readUInt16LE(flags) | 0x0800, flags);
          socket.write(greeting);
        });
        far.on("error", () => undefined);
      }
      socket.once("readable", () => {
        const [first] = [socket.read(protocol === "postgres" ? 8 : 36)];
        if (first === null) return;
        if (protocol === "postgres") socket.write("S");
        upgrade();
      });
    });
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    servers.push(plain as TlsServer);
    return portOf(plain);
  }

  test.each([
    ["expired", { from: -2 * day, to: -day }, true, "the server's certificate has expired"],
    ["for another host", { host: "elsewhere.example" }, true, "the server's certificate is for another host"],
    ["of nobody known", {}, false, "nobody trusted here has signed"],
  ])("%s is told, to the operator in full", async (_name, change, trusts, report) => {
    const tls = selfSigned(change);
    installation.write("ca.pem", trusts ? tls.cert : selfSigned().cert);
    for (const protocol of ["postgres", "mariadb"] as const) {
      const port = await listen(protocol, tls);
      const engine = protocol === "mariadb" ? ", engine: mariadb" : "";
      installation.write(
        "penstock.yaml",
        installation
          .config()
          .replace(
            /targets:\n[^]*?users:/,
            `targets:\n  - { name: shop, host: localhost, port: ${port}, user: x, password: "upstream secret", environment: test, tls: { mode: verify-full, ca: ca.pem }${engine} }\nusers:`,
          ),
      );
      const { code, stderr } = await installation.run("serve");
      expect(stderr).toContain(report);
      expect(stderr).not.toContain("upstream secret");
      expect(code).toBe(4);
    }
  });
});
