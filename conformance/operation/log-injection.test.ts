/** Text that clients and owners of tables choose, in what an operator reads: the audit log, `audit tail`, the proxy's log, and errors. */
import { readFileSync } from "node:fs";
import { Client, type ClientConfig, type DatabaseError } from "pg";
import { afterAll, beforeAll, expect } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { describeThreat, type Variant } from "../support/threat-class.ts";
import { Installation, type RunningProxy } from "./proxy-process.ts";

/** Clears the screen, rings, changes the direction of what follows, ends a line and begins another; each of it in more than one way. */
const evil =
  "\u001b[2J\u009b2J\u0007\u202e\u2066\u2028\u0085" +
  'x"}\r\n{"event":"alert","message":"forged"}\n09:00:00 error forged';
/** What must not stand in any of these places but as an escape; line breaks are looked at line by line. */
// oxlint-disable-next-line no-control-regex
const dangerous = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const harmless = "zoë's café 😀";

const policy = `package guard

deny "truncate is not for you" if query.kind == "truncate"
mask public.notes.secret with redact()
notify "audit" if query.kind == "delete"
`;

/** One of each format. */
interface Place {
  readonly format: "json" | "pretty";
  readonly installation: Installation;
  readonly proxy: RunningProxy;
}

const tails = { json: ["--format", "json"], pretty: ["--full"] } as const;

let server: PostgresServer;
let owner: Client;
let places: readonly Place[];
beforeAll(async () => {
  server = await startPostgres();
  owner = new Client({ connectionString: server.url() });
  await owner.connect();
  await owner.query("create table notes (id int, secret text)");
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

async function open(format: Place["format"]): Promise<Place> {
  const installation = new Installation(server);
  installation.write("penstock.yaml", `${installation.config()}log: { level: debug, format: ${format} }\n`);
  installation.write("policies/guard.policy", policy);
  return { format, installation, proxy: await installation.start() };
}

/** What somebody does with a text of their own; gives the errors that they see. */
type Act = (text: string, place: Place) => Promise<readonly DatabaseError[]>;

const asking =
  (statements: (text: string) => readonly string[], more: ClientConfig = {}): Act =>
  async (text, { proxy }) => {
    const client = new Client({ connectionString: proxy.url, ...more });
    await client.connect();
    const errors: DatabaseError[] = [];
    for (const sql of statements(text)) await client.query(sql).catch((error: DatabaseError) => errors.push(error));
    await client.end();
    return errors;
  };

const connecting =
  (config: (text: string) => ClientConfig): Act =>
  async (text, { proxy }) => {
    const { hostname, port, username, password } = new URL(proxy.url);
    const login = { host: hostname, port: Number(port), user: username, password: decodeURIComponent(password) };
    const client = new Client({ ...login, database: "shop", ...config(text) });
    client.on("error", () => undefined);
    return client.connect().then(
      () => client.end().then(() => []),
      (error: DatabaseError) => [error],
    );
  };

const identifier = (text: string) => `"${text.replaceAll('"', '""')}"`;
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

const acts: Readonly<Record<string, Act>> = {
  "a literal": asking((text) => [`select ${literal(text)} as v`]),
  "a comment": asking((text) => [`select 1 /* ${text.replaceAll("*/", "")} */`]),
  "a name that there is not": asking((text) => [`select ${identifier(text)} from notes`]),
  "a table that there is not": asking((text) => [`table ${identifier(text)}`]),
  "a function that nobody has read": asking((text) => [`select ${identifier(text)}(secret) from notes`]),
  "an alias, in a statement that is denied": asking((text) => [`truncate notes; select 1 as ${identifier(text)}`]),
  "an operand that a denial names": asking((text) => [
    `create table ${identifier(text)} as select secret from notes`,
    `create trigger ${identifier(text)} after insert on notes for each row execute function ${identifier(text)}()`,
    `drop table ${identifier(text)}`,
  ]),
  "a syntax error": asking((text) => [`select 1 ${identifier(text)} ${identifier(text)} from`]),
  "a setting": asking((text) => [`set application_name = ${literal(text)}`, `set ${identifier(text)}.x = 1`]),
  "a setting that is refused": asking((text) => [
    `set role ${identifier(text)}`,
    `set client_encoding = ${literal(text)}`,
    `set search_path = ${identifier(text)}`,
    "table notes",
  ]),
  "names of statements and cursors": asking((text) => [
    `prepare ${identifier(text)} as select 1`,
    `execute ${identifier(text)}`,
    `execute ${identifier(`${text}2`)}`,
    `begin; declare ${identifier(text)} cursor for select 1; fetch ${identifier(text)}; commit`,
  ]),
  "what is to be reported": asking((text) => [`delete from notes where secret = ${literal(text)} and id < 0`]),
  "the name of a user": connecting((user) => ({ user })),
  "the name of a database": connecting((database) => ({ database })),
  "the name of an application": connecting((text) => ({ application_name: text })),
  "an option that is no option": connecting((text) => ({ options: `-c ${text.replaceAll(/\s/g, "\\$&")}=1` })),
  "an encoding": connecting((text) => ({ options: `-c client_encoding=${text.replaceAll(/\s/g, "\\$&")}` })),
  "the name of a table that its owner renames": async (text, place) => {
    await owner.query(`alter table notes rename to ${identifier(text)}`);
    place.proxy.child.kill("SIGHUP");
    await place.proxy.says("is now called");
    await owner.query(`alter table ${identifier(text.slice(0, 63))} rename to notes`).catch(() => undefined);
    return [];
  },
  "a policy with a mistake": async (text, { proxy, installation }) => {
    const said = proxy.stderr.length;
    const comment = text.replaceAll(/[\r\n]/g, " ");
    installation.write("policies/guard.policy", `${policy}\ndeny "no" if query.kind == "nothing" # ${comment}\n`);
    await expect.poll(() => proxy.stderr.slice(said), { timeout: 20_000 }).toContain("nothing");
    installation.write("policies/guard.policy", policy);
    return [];
  },
};

/** Every line is one record of its own kind, and no character acts on whoever looks. */
async function expectLegible({ format, installation, proxy }: Place): Promise<void> {
  const audit = readFileSync(installation.path("audit.jsonl"), "utf8");
  expect(audit).not.toMatch(dangerous);
  expect(installation.audit().filter(({ event, message }) => event === "alert" || message === "forged")).toEqual([]);
  expect(proxy.stderr).not.toMatch(dangerous);
  const begins = format === "json" ? /^\{"level":"/ : /^(?:\d\d:\d\d:\d\d (?:debug|info|warn|error) |  )/;
  expect(
    proxy.stderr.split("\n").filter((line) => line !== "" && (!begins.test(line) || line.startsWith("09:00:00"))),
  ).toEqual([]);
  const { stdout, stderr } = await installation.run("audit", "tail", "audit.jsonl", "-n", "1000", ...tails[format]);
  expect(stdout).not.toMatch(dangerous);
  expect(stdout.split("\n").filter((line) => /^(?:\{"event":"alert|09:00:00)/.test(line))).toEqual([]);
  expect(stderr).toBe("");
}

function expectHarmlessErrors(errors: readonly DatabaseError[]): void {
  // What the server says in its own words is as it is without a proxy.
  for (const { file, message, detail, hint } of errors) {
    if (file === undefined) expect([message, detail, hint].join(" ")).not.toMatch(dangerous);
  }
}

function variant([name, act]: readonly [string, Act]): Variant {
  return {
    name,
    attack: async () => {
      for (const place of places) {
        expectHarmlessErrors(await act(evil, place));
        await expectLegible(place);
      }
    },
    twin: async () => {
      for (const place of places) {
        const errors = await act(harmless, place);
        const recorded = readFileSync(place.installation.path("audit.jsonl"), "utf8");
        expect([recorded, place.proxy.stderr, ...errors.map(({ message }) => message)].join("\n")).toContain("café 😀");
      }
    },
  };
}

describeThreat(66, "text in what an operator reads", Object.entries(acts).map(variant));
