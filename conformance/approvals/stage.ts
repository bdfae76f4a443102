/** A database, the real proxy before it, and people to be asked. */
import { Client } from "pg";
import { afterAll, afterEach, beforeAll } from "vitest";
import type { ProxyLimits } from "@penstock/proxy";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { type Proxied, type ProxiedUser, startProxied } from "../support/proxied.ts";
import { RawClient } from "../protocol/raw-client.ts";
import { PeopleAsked } from "./people.ts";

const ann: ProxiedUser = { name: "ann", kind: "human", groups: ["analyst"] };
const users: readonly ProxiedUser[] = [
  ann,
  { name: "bob", kind: "human", groups: ["dba"] },
  { name: "dan", kind: "human", groups: ["dba"] },
  { name: "sue", kind: "human", groups: ["security"] },
  { name: "robot", kind: "agent", groups: ["dba"], onBehalfOf: ann },
  { name: "deputy", kind: "agent", onBehalfOf: { name: "bob", kind: "human" } },
  { name: "ann-again", kind: "human", groups: ["dba"], onBehalfOf: ann },
];

const policy = `package test
approve by "dba" because "an update" if query.kind == "update"
approve by "dba" for "1h" if query.kind == "delete"
approve by "dba" if query.kind == "truncate"
approve by "security" if query.kind == "truncate"
approve by "dba" if query.kind == "copy_from"
approve by "dba" if {
    query.kind == "insert"
    some value in query.parameters
    value == "secret"
}
approve by "dba" because "costly" if {
    query.kind == "select"
    some table in query.tables
    table.name == "costly"
}`;

export interface Stage {
  readonly proxied: Proxied;
  readonly people: PeopleAsked;
  /** Past the proxy. */
  readonly direct: Client;
  readonly connect: (user?: string) => Promise<Client>;
  readonly connectRaw: (user?: string) => Promise<RawClient>;
}

/** For all tests of a file. Tables are filled anew before each. */
export function stage(limits: Partial<ProxyLimits> = {}): Stage {
  const opened: { end: () => unknown }[] = [];
  const made: { server?: PostgresServer; proxied?: Proxied; people?: PeopleAsked; direct?: Client } = {};
  beforeAll(async () => {
    made.server = await startPostgres();
    await made.server.createDatabase("shop");
    const { host, port, user, password } = made.server;
    const database = { host, port, user, password, database: "shop" };
    made.direct = new Client(database);
    await made.direct.connect();
    await made.direct.query("create table items (id int primary key, state text); create table costly (id int)");
    made.proxied = await startProxied({
      databases: [database],
      users,
      policies: [{ path: "test.policy", text: policy }],
      approvals: true,
      limits,
    });
    made.people = new PeopleAsked(made.proxied.asking);
    await fill();
  });
  const fill = () =>
    made.direct?.query(
      "truncate items, costly; insert into items select i, 'new' from generate_series(1, 5) i; insert into costly values (1)",
    );
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.end();
    made.proxied?.setPolicies(policy);
    for (const user of users) made.proxied?.setUser(user);
    await fill();
  });
  afterAll(async () => {
    await made.direct?.end();
    await made.proxied?.stop();
    await made.server?.stop();
  });
  const get = <K extends keyof typeof made>(name: K): NonNullable<(typeof made)[K]> => {
    const value = made[name];
    if (value === undefined) throw new Error("the stage is set up before the tests");
    return value;
  };
  return {
    get proxied() {
      return get("proxied");
    },
    get people() {
      return get("people");
    },
    get direct() {
      return get("direct");
    },
    async connect(user = "ann") {
      const client = new Client(get("proxied").as(user));
      client.on("error", () => undefined);
      opened.push(client);
      await client.connect();
      return client;
    },
    async connectRaw(user = "ann") {
      const client = await RawClient.connect(get("proxied").url(user));
      opened.push(client);
      return client;
    },
  };
}
