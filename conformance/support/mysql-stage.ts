import { type Connection, type ConnectionOptions, createConnection } from "mysql2/promise";
import { type MariadbServer, startMariadb } from "./mariadb-server.ts";
import { type Proxied, type ProxiedDatabase, type ProxiedOptions, type ProxiedUser, startProxied } from "./proxied.ts";

export interface MysqlStageOptions extends Omit<Partial<ProxiedOptions>, "databases" | "policies"> {
  /** SQL that makes what is in the database `shop`. */
  readonly setup: string;
  /** The one policy file. */
  readonly policy: string;
  /** Privileges of whom the proxy logs in as, where they are not all: `select on shop.*`. */
  readonly privileges?: readonly string[];
}

/** A MariaDB with one database, and the proxy in front of it. */
export interface MysqlStage {
  readonly server: MariadbServer;
  readonly database: ProxiedDatabase;
  readonly proxied: Proxied;
  /** A client of the proxy. It is ended with the stage at the latest. */
  readonly enter: (user: string, options?: ConnectionOptions) => Promise<Connection>;
  /** The server itself, as its owner. */
  readonly direct: () => Promise<Connection>;
  readonly stop: () => Promise<void>;
}

/** Ann, whom policies restrict, and a DBA, whom they may leave alone. */
const people: readonly ProxiedUser[] = [
  { name: "ann", kind: "human" },
  { name: "dba", kind: "human", groups: ["dba"] },
];

export async function startMysqlStage(options: MysqlStageOptions): Promise<MysqlStage> {
  const server = await startMariadb();
  try {
    return await stageOn(server, options);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

const limitedPassword = "another password";

async function stageOn(
  server: MariadbServer,
  { setup, policy, privileges, ...others }: MysqlStageOptions,
): Promise<MysqlStage> {
  const { host, port, user, password } = server;
  const login = { host, port, user, password };
  const owner = await createConnection({ ...login, multipleStatements: true });
  try {
    await owner.query("create database shop character set utf8mb4; use shop");
    await owner.query(setup);
    for (const privilege of privileges ?? [])
      await owner.query(`grant ${privilege} to limited@'%' identified by '${limitedPassword}'`);
  } finally {
    await owner.end();
  }
  const limited = privileges === undefined ? {} : { user: "limited", password: limitedPassword };
  const database = { ...login, ...limited, engine: "mariadb", database: "shop" } as const;
  const proxied = await startProxied({
    users: people,
    ...others,
    databases: [database],
    policies: [{ path: "test.policy", text: policy }],
  });
  const clients: Connection[] = [];
  const open = async (options: ConnectionOptions) => {
    const client = await createConnection(options);
    clients.push(client);
    return client;
  };
  return {
    server,
    database,
    proxied,
    enter: (name, options = {}) => open({ ...proxied.as(name), ...options }),
    direct: () => open({ ...login, database: "shop" }),
    stop: async () => {
      for (const client of clients) client.destroy();
      await proxied.stop();
      await server.stop();
    },
  };
}
