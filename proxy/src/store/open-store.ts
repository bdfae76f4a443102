import type { StoreConfig } from "../config/sections/store.ts";
import { PostgresStore } from "./postgres-store.ts";
import { SqliteStore } from "./sqlite-store.ts";
import type { Store } from "./store.ts";

/** Not open yet. */
export function storeOf(config: StoreConfig): Store {
  return config.kind === "file" ? new SqliteStore(config.file) : new PostgresStore(config);
}
