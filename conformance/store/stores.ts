/** Both kinds of store, empty, on a real file and a real server. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fixedPassword } from "../../proxy/src/credentials/password-source.ts";
import { PostgresStore } from "../../proxy/src/store/postgres-store.ts";
import { SqliteStore } from "../../proxy/src/store/sqlite-store.ts";
import type { Store } from "../../proxy/src/store/store.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

export interface StoreMaker {
  /** A further connection to the same store, open. */
  readonly open: () => Promise<Store>;
  readonly stop: () => Promise<void>;
}

export const storeMakers: Readonly<Record<string, () => Promise<StoreMaker>>> = {
  SQLite: async () => {
    const folder = mkdtempSync(join(tmpdir(), "penstock-store-"));
    return Promise.resolve({
      open: () => opened(new SqliteStore(join(folder, "store.db"))),
      stop: async () => Promise.resolve(rmSync(folder, { recursive: true })),
    });
  },
  PostgreSQL: async () => {
    const server = await startPostgres();
    return { open: () => opened(postgresStore(server)), stop: () => server.stop() };
  },
};

export function postgresStore(server: PostgresServer, options: { readonly listens?: boolean } = {}): PostgresStore {
  const { host, port, user } = server;
  const password = fixedPassword(server.password);
  return new PostgresStore({ host, port, user, password, database: "postgres", tls: undefined, ...options });
}

async function opened(store: Store): Promise<Store> {
  await store.open();
  return store;
}
