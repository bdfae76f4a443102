/** Brings records into the store's index: in one transaction a batch, and a record that is there already is left as it is. */
import type { Client } from "pg";
import { explainDatabaseError } from "../sinks/postgres-sink.ts";
import { type Sink, SinkError, type SinkRecord } from "../sinks/sink.ts";
import { forgetOld } from "./forget-old.ts";
import { type SharedRows, sharedRows } from "./shared-rows.ts";
import type { SharedTables } from "./shared-tables.ts";

export interface SharedIndexSinkOptions {
  readonly tables: SharedTables;
  /** What the proxy is called. */
  readonly proxy: string;
  /** How long its records are kept; `undefined` for ever. */
  readonly keepDays: number | undefined;
}

/** Nobody waits for it. */
const connectMs = 10_000;
const queryMs = 10_000;
const forgetEveryMs = 60 * 60 * 1000;
const dayMs = 24 * 60 * 60 * 1000;

export class SharedIndexSink implements Sink {
  readonly #options: SharedIndexSinkOptions;
  #client: Client | undefined;
  #keepDays: number | undefined;
  /** Numbers in the store, by chain, as long as the connection lasts. */
  readonly #logs = new Map<string, number>();
  #forgotMs = -Infinity;
  #isForgetting = false;
  readonly #timer: NodeJS.Timeout;
  /** When what is asked of the connection has been answered. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: SharedIndexSinkOptions) {
    this.#options = options;
    this.#keepDays = options.keepDays;
    this.#timer = setInterval(() => void this.#forget(), forgetEveryMs);
    this.#timer.unref();
  }

  /** From the next batch, or the next hour, on. */
  keep(days: number | undefined): void {
    this.#keepDays = days;
    this.#logs.clear();
    this.#forgotMs = -Infinity;
  }

  async send(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    const abandon = () => this.#drop();
    signal.addEventListener("abort", abandon, { once: true });
    try {
      for (const [chain, some] of Map.groupBy(records, (record) => record.chain)) {
        const made = await sharedRows(some);
        await this.#inTurn(async () => {
          const client = (this.#client ??= await this.#connect());
          await client.query("begin");
          await this.#write(client, this.#logs.get(chain) ?? (await this.#log(client, chain)), made);
          await client.query("commit");
        });
      }
      if (performance.now() - this.#forgotMs > forgetEveryMs) void this.#forget();
    } catch (error) {
      this.#drop();
      throw new SinkError(explainDatabaseError(error));
    } finally {
      signal.removeEventListener("abort", abandon);
    }
  }

  close(): Promise<void> {
    clearInterval(this.#timer);
    this.#drop();
    return Promise.resolve();
  }

  /** One transaction at a time has the connection. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #write(client: Client, log: number, { rows, results }: SharedRows): Promise<void> {
    if (rows !== undefined) await client.query({ name: "insert", text: insertRows, values: [rows, log] });
    if (results !== undefined) await client.query({ name: "results", text: setResults, values: [results, log] });
  }

  async #log(client: Client, chain: string): Promise<number> {
    const keepMs = this.#keepDays === undefined ? null : this.#keepDays * dayMs;
    const { rows } = await client.query<{ id: number }>(
      `with others as (
         -- Its logs from before it began anew.
         update audit_logs set keep_ms = $3 where proxy = $1 and chain <> $2
       )
       insert into audit_logs (proxy, chain, keep_ms) values ($1, $2, $3)
       on conflict (proxy, chain) do update set keep_ms = excluded.keep_ms returning id`,
      [this.#options.proxy, chain, keepMs],
    );
    const [row] = rows;
    if (row === undefined) throw new Error("the store has not taken the log");
    this.#logs.set(chain, row.id);
    return row.id;
  }

  async #connect(): Promise<Client> {
    this.#logs.clear();
    return this.#options.tables.connect({
      name: "penstock audit index",
      connectMs,
      queryMs,
      // It ends between batches too: then the next one connects again.
      lost: (client) => {
        if (this.#client === client) this.#client = undefined;
      },
    });
  }

  /** Between batches, a transaction at a time. What fails is done an hour later. */
  async #forget(): Promise<void> {
    const client = this.#client;
    if (client === undefined || this.#isForgetting) return;
    this.#isForgetting = true;
    this.#forgotMs = performance.now();
    try {
      await forgetOld(
        (sql, values) => this.#inTurn(async () => (await client.query({ text: sql, values: [...values] })).rows),
        Date.now(),
      );
    } catch {
      // Of a connection in an unknown state nothing is expected any more.
      if (this.#client === client) this.#drop();
    }
    this.#isForgetting = false;
  }

  /** Without goodbye: a server that hangs does not answer one. */
  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    void client?.end().catch(() => undefined);
  }
}

const resultColumns = "rows bigint, duration_us bigint, sqlstate text, result uuid";
const columns = [
  ["id", "uuid"],
  ["time", "bigint"],
  ["event", "text"],
  ["session", "text"],
  ["statement", "bigint"],
  ["principal", "text"],
  ["behalf", "text"],
  ["principal_kind", "text"],
  ["target", "text"],
  ["kind", "text"],
  ["denied", "integer"],
  ["rows", "bigint"],
  ["duration_us", "bigint"],
  ["sqlstate", "text"],
  ["result", "uuid"],
  ["line", "text"],
] as const;
const names = columns.map(([name]) => name).join(", ");

/** Records and their tags. Where one came before its result, and comes again with it, it gets the result. */
const insertRows = `with given as materialized (
    select * from json_to_recordset($1::json) as g(${columns.map((each) => each.join(" ")).join(", ")}, tags json)
  ), kept as (
    insert into audit_records (log, ${names}) select $2::integer, ${names} from given
    on conflict (id) do update
    set rows = excluded.rows, duration_us = excluded.duration_us, sqlstate = excluded.sqlstate, result = excluded.result
    where audit_records.sqlstate is null and excluded.sqlstate is not null
  )
  insert into audit_tags (kind, word, principal, record)
  select (tag ->> 0)::smallint, tag ->> 1, principal, id from given cross join json_array_elements(tags) as tag
  on conflict do nothing`;

/** Results of what came before, each once. */
const setResults = `with given as materialized (
    select * from json_to_recordset($1::json) as g(session text, statement bigint, ${resultColumns})
  )
  update audit_records r
  set rows = given.rows, duration_us = given.duration_us, sqlstate = given.sqlstate, result = given.result
  from given
  where r.id = (
      select o.id from audit_records o
      where o.log = $2::integer and o.session = given.session and o.statement = given.statement
        and o.event = 'statement' and o.sqlstate is null
      order by o.id desc limit 1
    )
    and not exists (
      select from audit_records o
      where o.session = given.session and o.statement = given.statement and o.result = given.result
    )`;
