/** Nothing secret stands in what a proxy prints or keeps, however much it is to say: its own keys and logins, passwords of others, values. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Client } from "pg";
import { afterAll, beforeAll, expect } from "vitest";
import { runTool } from "../protocol/run-tool.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { describeThreat, type Variant } from "../support/threat-class.ts";
import { Installation, type RunningProxy } from "./proxy-process.ts";

const policy = `package guard

mask public.people.ssn with redact()
mask public.people.email with token()
deny "not for you" if query.kind == "truncate"
limit rows 2 if query.kind == "select"
notify "security" if query.kind == "delete"
`;

/** Found nowhere but where it was put: each attack makes its own. */
const secretWord = () => `s${randomBytes(6).toString("hex")}`;
const tokenKey = randomBytes(32).toString("base64");

interface Place {
  readonly installation: Installation;
  readonly proxy: RunningProxy;
}

let server: PostgresServer;
let owner: Client;
let places: readonly Place[];
beforeAll(async () => {
  server = await startPostgres();
  owner = new Client({ connectionString: server.url() });
  await owner.connect();
  await owner.query(`create table people (id int primary key, ssn text, email text, note text check (note <> 'bad'));
    create function tells() returns trigger language plpgsql as $$ begin raise notice 'was %', old.ssn; return old; end $$`);
  places = await Promise.all((["json", "pretty"] as const).map(open));
});
afterAll(async () => {
  for (const { installation, proxy } of places ?? []) {
    await proxy.stop("SIGKILL");
    installation.remove();
  }
  await owner?.end();
  await server?.stop();
});

async function open(format: "json" | "pretty"): Promise<Place> {
  const installation = new Installation(server);
  const more = "tokens: { key_id: one, key_file: token.key }\n";
  installation.write("token.key", tokenKey);
  installation.write("penstock.yaml", `${installation.config()}log: { level: debug, format: ${format} }\n${more}`);
  installation.write("policies/guard.policy", policy);
  return { installation, proxy: await installation.start() };
}

/** All that stays of what somebody did: the logs, the audit log and what it looks like, and what the system shows of the process. */
async function traces({ installation, proxy }: Place): Promise<string> {
  const tail = await installation.run("audit", "tail", "audit.jsonl", "--full", "-n", "1000");
  return [
    readFileSync(installation.path("audit.jsonl"), "utf8"),
    proxy.stderr,
    tail.stdout,
    readFileSync(`/proc/${proxy.child.pid}/cmdline`, "utf8"),
  ].join("\n");
}

/** Does something with a secret; gives what it leaves behind all the same. */
type Act = (secret: string, place: Place) => Promise<string>;

async function ask({ proxy }: Place, ...queries: readonly (readonly [sql: string, values?: readonly unknown[]])[]) {
  const client = new Client({ connectionString: proxy.url });
  await client.connect();
  for (const [sql, values = []] of queries) {
    await (values.length === 0 ? client.query(sql) : client.query(sql, [...values])).catch(() => undefined);
  }
  await client.end();
}

async function fill(secret: string): Promise<void> {
  await owner.query("delete from people");
  const values = [1, 2, 3].map((id) => `(${id}, '${secret}-ssn', '${secret}@example.com', '${secret} note')`);
  await owner.query(`insert into people values ${values.join(", ")}`);
}

/** Its first statement stands in the audit log without the secret. */
const typed =
  (...statements: readonly ((secret: string) => string)[]): Act =>
  async (secret, place) => {
    await ask(place, ...statements.map((sql) => [sql(`'${secret}'`)] as const));
    return statements[0]?.("'***'") ?? "";
  };

const acts: Readonly<Record<string, Act>> = {
  "values of rows that are read": async (secret, place) => {
    await fill(secret);
    await ask(
      place,
      ["table people"],
      ["select * from people where id > $1", [0]],
      ["begin; declare c cursor for table people; fetch 1 from c"],
    );
    return "table people";
  },
  "values in errors of the server": async (secret, place) => {
    await fill(secret);
    await ask(
      place,
      ["select note::int from people"],
      ["insert into people (id, note) select id, note from people"],
      ["update people set note = 'bad' where id = 1"],
    );
    return "note::int";
  },
  "values in words of triggers": async (secret, place) => {
    await fill(secret);
    await owner.query("create trigger telling before delete on people for each row execute function tells()");
    await ask(place, ["delete from people where id = 1"]);
    await owner.query("drop trigger telling on people");
    return "delete from people";
  },
  "values that are bound": async (secret, place) => {
    await fill("x");
    await ask(
      place,
      ["select id from people where note = $1", [secret]],
      ["update people set note = $1 where id = $2", [secret, 1]],
      ["select $1::int", [secret]],
      ["select id from people where ssn = $1", [secret]],
    );
    return "note = $1";
  },
  "values that are copied in": async (secret, { proxy }) => {
    await fill("x");
    const copied = (line: string) =>
      runTool("psql", ["-X", "-d", proxy.url, "-c", "copy people (id, note) from stdin"], { input: line });
    await copied(`7\t${secret}\n`);
    await copied(`no number\t${secret}\n`);
    return "copy people";
  },
  "a statement that is denied, with values": async (secret, place) => {
    await ask(place, ["truncate people"], ["select * from people where ssn = $1 and missing = 1", [secret]]);
    return "not for you";
  },
  "a password that is wrong": async (secret, { proxy }) => {
    const url = new URL(proxy.url);
    url.password = secret;
    const client = new Client({ connectionString: url.href });
    client.on("error", () => undefined);
    await client.connect().catch(() => undefined);
    return "ana";
  },
  "the password of a role": typed(
    (secret) => `create role somebody login password ${secret}`,
    (secret) => `alter role nobody with encrypted password ${secret} valid until '2030-01-01'`,
    (secret) => `select 1; alter user nobody password E${secret}`,
    (secret) => `alter role nobody password ${secret} and no syntax`,
    (secret) => `drop role if exists somebody; create group somebody password ${secret}; drop role somebody`,
  ),
  "logins of other servers": typed(
    (secret) => `create user mapping for public server s options (user 'u', password ${secret})`,
    (secret) => `create subscription s connection ${secret} publication p`,
    (secret) => `alter server s options (set sslpassword ${secret})`,
  ),
};

/** What a proxy that does not start says; the secret is its own. */
const starts: Readonly<Record<string, (secret: string) => Promise<readonly [Installation, said: string]>>> = {
  "a login that the target refuses": async (secret) => {
    const installation = new Installation(server);
    const target = `    port: ${server.port}\n    user: postgres\n    database: postgres\n    password: "${secret}"`;
    installation.write("penstock.yaml", installation.config({ target }));
    return [installation, "password"];
  },
  "a mistake beside the login": async (secret) => {
    const installation = new Installation();
    const target = `    port: nine\n    user: postgres\n    password: "${secret}"\n    passwort: "${secret}"`;
    installation.write("penstock.yaml", installation.config({ target }));
    return [installation, "port"];
  },
  "a key that is too short": async (secret) => {
    const installation = new Installation();
    installation.write("token.key", secret);
    installation.write("penstock.yaml", `${installation.config()}tokens: { key_id: one, key_file: token.key }\n`);
    return [installation, "token.key"];
  },
  "a password in place of its verifier": async (secret) => {
    const installation = new Installation();
    installation.write("users.yaml", `users: [{ name: ana, kind: human, verifier: "${secret}" }]\n`);
    return [installation, "verifier"];
  },
};

const own = () => [tokenKey, server.password, "ana's password", "SCRAM-SHA-256$"];

function whileRunning([name, act]: readonly [string, Act]): Variant {
  return {
    name,
    attack: async () => {
      for (const place of places) {
        const secret = secretWord();
        await act(secret, place);
        const left = await traces(place);
        expect([secret, ...own()].filter((hidden) => left.includes(hidden))).toEqual([]);
      }
    },
    twin: async () => {
      for (const place of places) {
        const left = await act(secretWord(), place);
        expect(await traces(place)).toContain(left);
      }
    },
  };
}

function atStart([name, start]: readonly [string, (typeof starts)[string]]): Variant {
  return {
    name: `${name}, at the start`,
    attack: async () => {
      const secret = secretWord();
      const [installation] = await start(secret);
      const { code, stdout, stderr } = await installation.run("serve");
      installation.remove();
      expect(code).toBeGreaterThan(0);
      expect(stdout + stderr).not.toContain(secret);
    },
    twin: async () => {
      const [installation, said] = await start(secretWord());
      expect((await installation.run("serve")).stderr).toContain(said);
      installation.remove();
      const right = new Installation(server);
      expect(await right.run("serve", "--check")).toMatchObject({ code: 0, stderr: "" });
      right.remove();
    },
  };
}

describeThreat(68, "secrets in logs, errors and the list of processes", [
  ...Object.entries(acts).map(whileRunning),
  ...Object.entries(starts).map(atStart),
]);
