/** Records into a table of a PostgreSQL database: one statement a batch, and a record that is there already is left as it is. */
import type { ConnectionOptions } from "node:tls";
import { Client, DatabaseError } from "pg";
import { z } from "zod";
import { type PasswordSource, withPassword } from "../../credentials/password-source.ts";
import { errorMessage } from "../../config/system-error.ts";
import { type Sink, SinkError, type SinkRecord } from "./sink.ts";

export interface PostgresSinkOptions {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: PasswordSource;
  readonly tls: ConnectionOptions | undefined;
  /** `schema.table`. */
  readonly table: string;
  readonly timeoutMs: number;
}

const columns = z.looseObject({
  event: z.string().optional().catch(undefined),
  time: z.string().optional().catch(undefined),
  session: z.string().optional().catch(undefined),
  principal: z.looseObject({ id: z.string() }).optional().catch(undefined),
  target: z.string().optional().catch(undefined),
  decision: z.string().optional().catch(undefined),
});

export class PostgresSink implements Sink {
  readonly #options: PostgresSinkOptions;
  readonly #table: string;
  #client: Client | undefined;

  constructor(options: PostgresSinkOptions) {
    this.#options = options;
    this.#table = options.table.split(".").map(quoteName).join(".");
  }

  async send(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    const abandon = () => this.#drop();
    signal.addEventListener("abort", abandon, { once: true });
    try {
      this.#client ??= await this.#connect();
      await this.#client.query(this.#insert(), valuesOf(records));
    } catch (error) {
      this.#drop();
      throw new SinkError(explainDatabaseError(error));
    } finally {
      signal.removeEventListener("abort", abandon);
    }
  }

  close(): Promise<void> {
    this.#drop();
    return Promise.resolve();
  }

  #connect(): Promise<Client> {
    return withPassword(this.#options.password, (password) => this.#logIn(password));
  }

  async #logIn(password: string | undefined): Promise<Client> {
    const { host, port, database, user, tls, timeoutMs } = this.#options;
    const client = new Client({
      host,
      port,
      database,
      user,
      // A function keeps pg from looking into a password file or the environment.
      password: () => password ?? "",
      ssl: tls ?? false,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
      keepAlive: true,
      application_name: "penstock audit",
    });
    // It ends between batches too: then the next one connects again.
    client.on("error", () => {
      if (this.#client === client) this.#client = undefined;
    });
    try {
      await client.connect();
      await client.query("set search_path = ''");
      const { rows } = await client.query<{ found: boolean }>(
        "select pg_catalog.to_regclass($1) is not null as found",
        [this.#table],
      );
      if (rows[0]?.found !== true) await client.query(tableDefinition(this.#table));
      return client;
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
  }

  #insert(): string {
    return `insert into ${this.#table} (id, chain, segment, start, time, event, session, principal, target, decision, record)
      select * from rows from (${parameters})
      on conflict (id) do nothing`;
  }

  /** Without goodbye: a server that hangs does not answer one. */
  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    void client?.end().catch(() => undefined);
  }
}

/** As documented for whoever makes the table by hand. `json` and not `jsonb`, which knows no U+0000. */
function tableDefinition(table: string): string {
  return `create table if not exists ${table} (
  id pg_catalog.uuid primary key,
  chain pg_catalog.text not null,
  segment pg_catalog.int4 not null,
  start pg_catalog.int8 not null,
  time pg_catalog.timestamptz,
  event pg_catalog.text,
  session pg_catalog.text,
  principal pg_catalog.text,
  target pg_catalog.text,
  decision pg_catalog.text,
  record pg_catalog.json not null
)`;
}

/** One array a column. */
const parameters = ["uuid", "text", "int4", "int8", "timestamptz", "text", "text", "text", "text", "text", "json"]
  .map((type, index) => `pg_catalog.unnest($${index + 1}::pg_catalog.${type}[])`)
  .join(", ");

/** Arrays in the order of the columns. */
function valuesOf(records: readonly SinkRecord[]): unknown[][] {
  const rows = records.map(({ id, chain, segment, start, line }) => {
    const { event, time, session, principal, target, decision } = columns.parse(JSON.parse(line));
    const texts = [event, session, principal?.id, target, decision].map(withoutNul);
    return [id, chain, segment, start, timestamp(time), ...texts, line];
  });
  return Array.from({ length: 11 }, (_, column) => rows.map((row) => row[column]));
}

/** PostgreSQL's texts have no U+0000; the record itself has it escaped. */
function withoutNul(text: string | undefined): string | null {
  return text === undefined ? null : text.replaceAll("\0", "\uFFFD").toWellFormed();
}

function timestamp(time: string | undefined): string | null {
  return time === undefined || Number.isNaN(Date.parse(time)) ? null : new Date(time).toISOString();
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Without values. */
export function explainDatabaseError(error: unknown): string {
  if (error instanceof AggregateError) return explainDatabaseError(error.errors[0]);
  // Details show values.
  if (error instanceof DatabaseError) return `the server says: ${error.message} (SQLSTATE ${error.code ?? "unknown"})`;
  return errorMessage(error);
}
