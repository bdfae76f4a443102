/** What was approved and can still be used, with what it is for: for people. */
import { grantOf, type StoredGrant, usable } from "./grants.ts";
import { type AskedStatement, askedOf } from "./requests.ts";
import type { SqlTransaction } from "./sql.ts";

export interface ListedGrant {
  readonly grant: StoredGrant;
  /** `undefined` where the request is forgotten. */
  readonly asked: AskedStatement | undefined;
}

/** The first to end first. There may be thousands: not a question for each. */
export async function listGrants(tx: SqlTransaction): Promise<readonly ListedGrant[]> {
  const rows = await tx.all(
    `select g.*, r.asked from grants g left join requests r on r.id = g.request where ${usable} order by g.until_ms, g.id`,
    tx.nowMs,
  );
  return rows.map((row) => ({ grant: grantOf(row), asked: row["asked"] === null ? undefined : askedOf(row) }));
}
