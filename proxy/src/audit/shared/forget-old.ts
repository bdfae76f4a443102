/** What is older than its proxy keeps leaves the store's index, also of proxies that are gone. */
import type { Client } from "pg";
import { firstKeyAt } from "./record-key.ts";

/** In one transaction. */
const forgottenTogether = 5000;

/** Rejects with what the server says. */
export async function forgetOld(client: Client, nowMs: number): Promise<void> {
  const { rows: logs } = await client.query<{ id: number; keep_ms: number }>(
    "select id, keep_ms from audit_logs where keep_ms is not null",
  );
  for (const { id, keep_ms: keepMs } of logs) {
    for (let count = forgottenTogether; count === forgottenTogether; ) {
      const { rows } = await client.query<{ count: number }>(forget, [id, firstKeyAt(nowMs - keepMs)]);
      count = rows[0]?.count ?? 0;
    }
  }
}

/** Proxies that do it at the same time leave each other's out. */
const forget = `with old as materialized (
    select id from audit_records where log = $1 and id < $2 order by id limit ${forgottenTogether} for update skip locked
  ), records as (
    delete from audit_records where id in (select id from old)
  ), tags as (
    delete from audit_tags where record in (select id from old)
  )
  select count(*) as count from old`;
