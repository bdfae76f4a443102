/** What is older than its proxy keeps leaves the store's index, also of proxies that are gone. */
import { firstKeyAt } from "./record-key.ts";

/** In one transaction: the next batch of records waits for it. */
const forgottenTogether = 1000;

/** A statement, each a transaction of its own. */
type Run = <Row extends object>(sql: string, values: readonly (string | number)[]) => Promise<readonly Row[]>;

/** Rejects with what the server says. */
export async function forgetOld(run: Run, nowMs: number): Promise<void> {
  const logs = await run<{ readonly id: number; readonly keep_ms: number }>(
    "select id, keep_ms from audit_logs where keep_ms is not null",
    [],
  );
  for (const { id, keep_ms: keepMs } of logs) {
    for (let count = forgottenTogether; count === forgottenTogether; ) {
      const [row] = await run<{ readonly count: number }>(forget, [id, firstKeyAt(nowMs - keepMs)]);
      count = row?.count ?? 0;
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
