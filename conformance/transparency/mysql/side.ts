import { startMariadb } from "../../support/mariadb-server.ts";
import { type ProxiedLogin, startProxied } from "../../support/proxied.ts";
import { permissive, type Side } from "../outputs.ts";

/** A MariaDB of its own with an empty database `test`, and a login to it, or to the proxy in front of it. */
export interface MysqlSide {
  readonly login: ProxiedLogin;
  /** At the server itself, whatever the side. */
  readonly direct: ProxiedLogin;
  /** What went wrong inside the proxy. */
  readonly faults: readonly unknown[];
  readonly stop: () => Promise<void>;
}

/**
 * Statements that wait for each other fail soon, and sizes of files are of no interest.
 * @param options of `mariadbd`
 */
export async function startMysqlSide(side: Side, options: readonly string[] = []): Promise<MysqlSide> {
  const server = await startMariadb(["--lock-wait-timeout=3", "--innodb-lock-wait-timeout=3", ...options]);
  try {
    const { host, port, user, password } = server;
    const direct = { host, port, user, password, database: "test" };
    if (side === "direct") return { login: direct, direct, faults: [], stop: server.stop };
    const proxied = await startProxied({
      databases: [{ ...direct, engine: "mariadb" }],
      users: [{ name: user, kind: "human" }],
      policies: [permissive],
    });
    return {
      login: proxied.as(user),
      direct,
      faults: proxied.faults,
      async stop() {
        await proxied.stop();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
