import type { Client } from "pg";
import {
  connectPostgres,
  type ConnectionUse,
  migratePostgres,
  placeOf,
  type PostgresAddress,
} from "../../store/postgres-connection.ts";

/** The store's tables, for whoever brings records and whoever searches: made when the first of them comes before the store itself does. */
export class SharedTables {
  readonly place: string;
  readonly #address: PostgresAddress;
  #areMade = false;

  constructor(address: PostgresAddress) {
    this.#address = address;
    this.place = placeOf(address);
  }

  /** Rejects with what pg or the server says, or a PasswordError. */
  async connect(use: ConnectionUse): Promise<Client> {
    const client = await connectPostgres(this.#address, use);
    try {
      if (!this.#areMade) await migratePostgres(client, this.#address);
      this.#areMade = true;
      return client;
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
  }
}
