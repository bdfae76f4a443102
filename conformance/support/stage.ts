import { Client } from "pg";
import { createProxiedDatabase } from "./proxied-database.ts";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";
import { type Proxied, type ProxiedDatabase, type ProxiedOptions, type ProxiedUser, startProxied } from "./proxied.ts";

export interface StageOptions extends Omit<Partial<ProxiedOptions>, "databases" | "policies"> {
  /** SQL that makes what is in the database. */
  readonly setup: string;
  /** The one policy file. */
  readonly policy: string;
  readonly major?: 15 | 18;
  /** Default: `shop`. */
  readonly database?: string;
  /** Whom the proxy logs in as, where it is not the owner of everything. */
  readonly login?: Pick<ProxiedDatabase, "user" | "password">;
}

/** A server with one database, and the proxy in front of it. */
export interface Stage {
  readonly server: PostgresServer;
  /** To ask it directly, as its owner. */
  readonly database: ProxiedDatabase;
  readonly proxied: Proxied;
  /** A client of the proxy. It is ended with the stage at the latest. */
  readonly enter: (user: string) => Promise<Client>;
  readonly stop: () => Promise<void>;
}

/** Ann, whom policies restrict, and a DBA, whom they may leave alone. */
const people: readonly ProxiedUser[] = [
  { name: "ann", kind: "human" },
  { name: "dba", kind: "human", groups: ["dba"] },
];

export async function startStage(options: StageOptions): Promise<Stage> {
  const { setup, policy, major, database: name = "shop", login, ...others } = options;
  const server = await startPostgres(major === undefined ? {} : { major });
  const database = await createProxiedDatabase(server, name, setup);
  const proxied = await startProxied({
    users: people,
    ...others,
    databases: [{ ...database, ...login }],
    policies: [{ path: "test.policy", text: policy }],
  });
  const clients: Client[] = [];
  return {
    server,
    database,
    proxied,
    enter: async (user) => {
      const client = new Client(proxied.as(user));
      clients.push(client);
      await client.connect();
      return client;
    },
    stop: async () => {
      await Promise.all(clients.map((client) => client.end()));
      await proxied.stop();
      await server.stop();
    },
  };
}
