/** Real proxies on one PostgreSQL store, of which one is killed, and the store as well: no request and no yes is lost, and none is used twice. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeApiToken } from "../../proxy/src/admin/api-tokens.ts";
import { until } from "../approvals/people.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation, password, type RunningProxy, users } from "./proxy-process.ts";

const bob = makeApiToken();
const policy = 'package guard\napprove by "dba" because "it empties a table" if query.kind == "truncate"';

interface One {
  readonly installation: Installation;
  proxy: RunningProxy;
}

let server: PostgresServer;
let store: PostgresServer;
let here: One;
let there: One;

async function installed(): Promise<One> {
  const installation = new Installation(server);
  const person = users.slice(users.indexOf("  - name")).replace("ana", "bob").replace("[analysts]", "[dba]");
  installation.write("users.yaml", users + person);
  installation.write("policies/guard.policy", policy);
  installation.write("store.password", store.password);
  installation.write("tokens.yaml", `tokens: [{ name: bob, user: bob, sha256: ${bob.sha256} }]\n`);
  const { user, host, port } = store;
  const url = `store: { url: "postgres://${user}@${host}:${port}/postgres", password_file: store.password }`;
  installation.write("penstock.yaml", `${installation.config()}${url}\nadmin: { port: 0, tokens: tokens.yaml }\n`);
  return { installation, proxy: await installation.start() };
}

beforeAll(async () => {
  [server, store] = await Promise.all([startPostgres(), startPostgres()]);
  const direct = new Client(server.url());
  await direct.connect();
  await direct.query("create table notes (id int)");
  await direct.end();
  [here, there] = await Promise.all([installed(), installed()]);
});
afterAll(async () => {
  await Promise.all([here, there].map(({ proxy }) => proxy.stop("SIGKILL")));
  for (const { installation } of [here, there]) installation.remove();
  await Promise.all([server.stop(), store.stop()]);
});

/** @returns the error, where there is one */
async function run({ proxy }: One, sql: string): Promise<string> {
  const client = new Client({ host: "127.0.0.1", port: proxy.port, database: "shop", user: "ana", password });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query(sql);
    return "";
  } catch (error) {
    return String(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function api({ proxy }: One, path: string, body?: object): Promise<Response> {
  const address = /"?admin"?: ?"?([\d.]+:\d+)/.exec(proxy.stderr)?.[1] ?? "";
  const headers = { authorization: `Bearer ${bob.token}`, "content-type": "application/json" };
  const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  return fetch(`http://${address}/api/v1/approvals${path}`, { headers, ...post });
}

interface Listed {
  readonly id: string;
  readonly digest: string;
}

/** Waits until one more statement waits than those. */
async function waits(one: One, known: readonly string[] = []): Promise<Listed> {
  let found: Listed | undefined;
  await until(
    async () => {
      const { requests = [] } = (await (await api(one, "")).json()) as { readonly requests?: readonly Listed[] };
      found = requests.find(({ id }) => !known.includes(id));
      return found !== undefined;
    },
    () => "no statement waits",
  );
  if (found === undefined) throw new Error("no statement waits");
  return found;
}

const answer = async (one: One, { id, digest }: Listed, says: "approve" | "deny") =>
  (await api(one, `/${id}/answer`, { digest, answer: says, because: "because" })).status;

/** A process of the store dies by SIGKILL: it ends all others, and recovers. */
async function crashStore(): Promise<void> {
  const client = new Client(store.url());
  client.on("error", () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  if (rows[0] === undefined) throw new Error("the server tells no process");
  process.kill(rows[0].pid, "SIGKILL");
  await client.end().catch(() => undefined);
}

const records = (event: string) =>
  [here, there].flatMap(({ installation }) => installation.audit().filter((line) => line["event"] === event));
const ranBy = (id: string) =>
  records("statement").filter(({ approved }) => JSON.stringify(approved ?? "").includes(id)).length;

test("what waits at a proxy that is killed, with the store too, is approved elsewhere, and runs once where it is sent again", async () => {
  const held = run(here, "truncate notes");
  const request = await waits(there);
  await here.proxy.stop("SIGKILL");
  expect(await held).not.toBe("");
  await crashStore();
  expect(await answer(there, request, "approve")).toBe(200);
  here.proxy = await here.installation.start();
  // Sent again at both before anybody knows that the proxy is dead: one of them has the yes, the other one waits.
  const sent = [here, there].map((one) => run(one, "truncate notes"));
  expect(await Promise.race(sent)).toBe("");
  const left = await waits(there, [request.id]);
  expect(await answer(here, left, "deny")).toBe(200);
  expect((await Promise.all(sent)).filter((error) => error === "")).toHaveLength(1);
  expect(ranBy(request.id)).toBe(1);
  await until(
    () => records("approval_answer").some((line) => line["request"] === request.id),
    () => "the answer is recorded nowhere",
  );
  expect(records("approval_answer").filter((line) => line["request"] === request.id)).toHaveLength(1);
});

test("what waits at a proxy that lives goes on, though the store is killed before the yes and after it", async () => {
  const held = run(here, "truncate notes");
  const request = await waits(there);
  await crashStore();
  // Where the store died with the answer on its way, it has counted or has not: said again, it is told.
  const answers = [await answer(there, request, "approve"), await answer(there, request, "approve")];
  expect([
    [200, 409],
    [503, 200],
    [503, 409],
  ]).toContainEqual(answers);
  await crashStore();
  expect(await held).toBe("");
  expect(ranBy(request.id)).toBe(1);
  // Used up: the next one waits for a yes of its own.
  const next = run(there, "truncate notes");
  expect(await answer(there, await waits(there, [request.id]), "deny")).toBe(200);
  expect(await next).toContain("because");
});
