/** What the demo and its tests stand on: PostgreSQL and MariaDB with the shop, the proxy as `policy-proxy serve` runs it, three people. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve as absolutePath } from "node:path";
import { guard } from "../../engine/src/throw-away/guard.ts";
import type { PostgresMajor } from "../../engine/src/throw-away/postgres-binaries.ts";
import { findTool } from "../support/client-tools.ts";
import { startMariadb } from "../support/mariadb-server.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { compiled, startProxy, writeConfiguration } from "./configuration.ts";
import { createMysqlShop } from "./mysql-shop.ts";
import type { Person } from "./people.ts";
import { makePeople } from "./people.ts";
import { choosePort } from "./ports.ts";
import { createShop, type Shop } from "./shop.ts";

/** Where the proxy stands in front of a server. */
export interface ServerAddress {
  readonly engine: "postgres" | "mariadb";
  /** Such as "PostgreSQL 18". */
  readonly serverName: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

export interface Stage {
  readonly postgres: ServerAddress;
  /** Where MariaDB is installed. */
  readonly mariadb: ServerAddress | undefined;
  readonly people: readonly Person[];
  readonly auditFile: string;
  /** The policy folder as a user would type it. */
  readonly policiesShown: string;
  /** Ends proxy and servers and removes everything. */
  readonly stop: () => Promise<void>;
}

export interface StageOptions {
  readonly port: number | undefined;
  readonly mysqlPort: number | undefined;
  readonly policies: string | undefined;
  readonly major?: PostgresMajor;
  /** Messages of the proxy for its operator, such as new policies or their mistakes. */
  readonly log: (line: string) => void;
}

const host = "127.0.0.1";
const preferredPort = 6543;
const packs = new URL("../../policies", import.meta.url).pathname;

/** Whether the demo can show MariaDB too. */
export function hasMariadb(): boolean {
  return findTool("mariadbd") !== undefined && findTool("mariadb-install-db") !== undefined;
}

export async function setStage(options: StageOptions): Promise<Stage> {
  const policies = absolutePath(options.policies ?? packs);
  // First what takes no time: a mistake in a policy should not have to wait for a server.
  await compiled({ kind: "folder", paths: [policies], pollMs: 1000 });
  const folder = mkdtempSync(join(tmpdir(), "penstock-demo-"));
  const guarded = guard(folder);
  const ending: (() => Promise<void>)[] = [guarded.close];
  const stop = async () => {
    for (const end of ending.toReversed()) await end();
  };
  try {
    const people = makePeople();
    const [postgres, mariadb] = await bothOrError(
      postgresShop(options.major, ending),
      hasMariadb() ? mariadbShop(ending) : Promise.resolve(undefined),
    );
    const port = await choosePort(host, options.port, preferredPort);
    const mysqlPort = await choosePort(host, options.mysqlPort, port + 1);
    const configuration = { host, port, mysqlPort, postgres: postgres.shop, mariadb: mariadb?.shop, people, policies };
    const proxy = await startProxy(await writeConfiguration(folder, configuration), options.log);
    ending.push(() => proxy.stop());
    const database = postgres.shop.database;
    return {
      postgres: { engine: "postgres", serverName: postgres.name, host, port, database },
      mariadb: mariadb && { engine: "mariadb", serverName: mariadb.name, host, port: mysqlPort, database },
      people,
      auditFile: join(folder, "audit.jsonl"),
      policiesShown: relative(process.cwd(), policies) || ".",
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface NamedShop {
  readonly name: string;
  readonly shop: Omit<Shop, "url">;
}

type Ending = (() => Promise<void>)[];

async function postgresShop(major: PostgresMajor | undefined, ending: Ending): Promise<NamedShop> {
  const server = await startPostgres(major === undefined ? {} : { major });
  ending.push(server.stop);
  return { name: `PostgreSQL ${server.major}`, shop: await createShop(server) };
}

async function mariadbShop(ending: Ending): Promise<NamedShop> {
  const server = await startMariadb();
  ending.push(server.stop);
  const [majorAndMinor = ""] = /^\d+\.\d+/.exec(server.version) ?? [];
  return { name: `MariaDB ${majorAndMinor}`, shop: await createMysqlShop(server) };
}

/** Waits for both, so that whatever has been started is known by the time the first error is thrown. */
async function bothOrError<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}
