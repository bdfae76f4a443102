/** Which proxies there are, and what becomes of what dead ones leave. */
import { takeAnswers } from "./answers.ts";
import { giveBack, parseYes } from "./grants.ts";
import { storeLimits } from "./limits.ts";
import { endedOf, type EndedRequest, expireDue, requestRow, settle, stateOf } from "./requests.ts";
import { lists, places, type SqlRow, type SqlTransaction, text, textOrNone } from "./sql.ts";
import type { Collected, ProxyLife } from "./store.ts";

/** @returns whether the proxy was known, so that what it holds is its own still */
export async function beat(tx: SqlTransaction, { id, name }: ProxyLife): Promise<boolean> {
  const known = await tx.all("select id from proxies where id = $1", id);
  await tx.all(
    `insert into proxies (id, name, seen_ms) values ($1, $2, $3)
     on conflict (id) do update set seen_ms = excluded.seen_ms`,
    id,
    name,
    tx.nowMs,
  );
  await expireDue(tx);
  await tx.all("delete from proxies where seen_ms < $1", tx.nowMs - storeLimits.silentMs);
  await freeWhere(tx, "holder is not null and holder not in (select id from proxies)");
  await forget(tx);
  return known.length > 0;
}

export async function leave(tx: SqlTransaction, proxy: string): Promise<void> {
  await tx.all("delete from proxies where id = $1", proxy);
  await freeWhere(tx, "holder = $1", proxy);
}

export async function giveUp(
  tx: SqlTransaction,
  id: string,
  how: "cancelled" | "withdrawn" | "expired",
): Promise<void> {
  await expireDue(tx);
  const row = await requestRow(tx, id);
  if (row === undefined) return;
  if (stateOf(row) !== "waiting") {
    // It was decided before. Who cancels is told so by what follows: the statement's own answer.
    if (how !== "cancelled") await free(tx, row);
    return;
  }
  await tx.all("update requests set state = $1, ended_ms = $2 where id = $3", how, tx.nowMs, id);
  tx.tellOthers();
}

/**
 * A request that has ended is handed over once: then nobody holds it, and what it was granted is its session's to use.
 * @param unsure see `Store.collect`
 */
export async function collect(tx: SqlTransaction, proxy: string, unsure: readonly string[]): Promise<Collected> {
  await expireDue(tx);
  const rows = await tx.all(
    "update requests set holder = null, told = 1 where holder = $1 and state <> 'waiting' returning *",
    proxy,
  );
  const ended: EndedRequest[] = rows.map(endedOf);
  const told = new Set(ended.map(({ id }) => id));
  const again = await lookAgain(
    tx,
    proxy,
    unsure.filter((id) => !told.has(id)),
  );
  return { ended: [...ended, ...again.ended], lost: again.lost, ...(await takeAnswers(tx, proxy)) };
}

/** Nobody holds what was handed over. A yes of it is the same session's still, unless it was given back or another proxy has joined. */
async function lookAgain(
  tx: SqlTransaction,
  proxy: string,
  ids: readonly string[],
): Promise<{ readonly ended: readonly EndedRequest[]; readonly lost: readonly string[] }> {
  const rows = new Map<string, SqlRow>();
  for (const some of lists(ids))
    for (const row of await tx.all(`select * from requests where id in (${places(some)})`, ...some))
      rows.set(text(row, "id"), row);
  const ended: EndedRequest[] = [];
  const lost: string[] = [];
  for (const id of ids) {
    const row = rows.get(id);
    if (row === undefined || row["proxy"] !== proxy) lost.push(id);
    else if (row["holder"] === proxy) continue;
    else if (row["state"] === "waiting" || (row["state"] === "approved" && row["granted"] === null)) lost.push(id);
    else ended.push(endedOf(row));
  }
  return { ended, lost };
}

async function freeWhere(tx: SqlTransaction, condition: string, ...values: readonly string[]): Promise<void> {
  for (const row of await tx.all(`select * from requests where ${condition}`, ...values)) await free(tx, row);
}

/** Nobody's session waits any more: a use that was granted is given back, for the statement to be sent again. */
async function free(tx: SqlTransaction, row: SqlRow): Promise<void> {
  const id = text(row, "id");
  const digest = text(row, "digest");
  const yes = parseYes(textOrNone(row, "granted"));
  if (yes !== undefined) await giveBack(tx, yes);
  await tx.all("update requests set holder = null, granted = null where id = $1", id);
  tx.tellOthers();
  // Who waits with the same statement may go on with what is free now.
  for (const other of await tx.all("select * from requests where state = 'waiting' and digest = $1", digest))
    if (await settle(tx, other)) return;
}

async function forget(tx: SqlTransaction): Promise<void> {
  const before = tx.nowMs - storeLimits.keptMs;
  await tx.all("delete from grants where until_ms < $1", before);
  await tx.all("delete from answers where at_ms < $1", before);
  await tx.all("delete from requests where state <> 'waiting' and ended_ms < $1", before);
}
