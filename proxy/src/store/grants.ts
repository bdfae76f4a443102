/** A yes, and what it may still be used for. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { number, numberOrNone, type SqlRow, type SqlTransaction, text } from "./sql.ts";

/** A yes that a statement runs by. */
const yesSchema = z.object({
  grant: z.string(),
  request: z.string(),
  /** Principal id. */
  by: z.string(),
  need: z.string(),
  groups: z.array(z.string()),
});
export type Yes = Readonly<z.output<typeof yesSchema>>;
const yesList = z.array(yesSchema);
const groupsSchema = z.array(z.string());

export interface StoredGrant extends Yes {
  /** Also for statements that differ in literals only. */
  readonly isAlike: boolean;
  /** For the run of its request, and no other. */
  readonly isSingle: boolean;
  readonly untilMs: number;
  /** `undefined` for any number. */
  readonly usesLeft: number | undefined;
  readonly used: number;
}

/** Which statement it is: the same, or one that is alike. */
export interface StatementKey {
  /** Of its request, where it has one. */
  readonly request: string | undefined;
  readonly digest: string;
  readonly fingerprint: string | undefined;
}

export interface NewGrant extends StatementKey {
  readonly request: string;
  readonly need: string;
  readonly groups: readonly string[];
  readonly by: string;
  readonly isSingle: boolean;
  readonly untilMs: number;
  readonly uses: number | undefined;
}

export async function addGrant(tx: SqlTransaction, grant: NewGrant): Promise<void> {
  await tx.all(
    `insert into grants (id, request, need, said_by, groups, digest, fingerprint, single, until_ms, uses_left, used)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0)`,
    randomBytes(5).toString("hex"),
    grant.request,
    grant.need,
    grant.by,
    JSON.stringify(grant.groups),
    grant.digest,
    grant.fingerprint ?? null,
    grant.isSingle ? 1 : 0,
    grant.untilMs,
    grant.uses ?? null,
  );
}

export const usable = "g.until_ms > $1 and (g.uses_left is null or g.uses_left > 0)";

const candidates = `select g.*, case when r.state = 'approved' and r.holder is null then 1 else 0 end as free
  from grants g left join requests r on r.id = g.request where ${usable}`;

/** For each need a yes that can be used now, where there is one. */
export async function usableGrants(tx: SqlTransaction, key: StatementKey): Promise<ReadonlyMap<string, StoredGrant>> {
  const { digest, fingerprint } = key;
  return usableFor(
    key,
    await tx.all(`${candidates} and (g.digest = $2 or g.fingerprint = $3)`, tx.nowMs, digest, fingerprint ?? ""),
  );
}

/** Of all statements, for `usableFor`. */
export async function everyUsableGrant(tx: SqlTransaction): Promise<readonly SqlRow[]> {
  return tx.all(candidates, tx.nowMs);
}

/** Single ones of other requests count when their own session does not wait. Its own come first, then what ends first. */
export function usableFor(
  { request, digest, fingerprint }: StatementKey,
  rows: readonly SqlRow[],
): ReadonlyMap<string, StoredGrant> {
  const fitting = rows.flatMap((row) => {
    const grant = grantOf(row);
    const isSame = row["digest"] === digest || (fingerprint !== undefined && row["fingerprint"] === fingerprint);
    const mayUse = !grant.isSingle || grant.request === request || number(row, "free") === 1;
    return isSame && mayUse ? [grant] : [];
  });
  const rank = ({ request: of }: StoredGrant) => (of === request ? 0 : 1);
  fitting.sort((a, b) => rank(a) - rank(b) || a.untilMs - b.untilMs || (a.grant < b.grant ? -1 : 1));
  const found = new Map<string, StoredGrant>();
  for (const grant of fitting) if (!found.has(grant.need)) found.set(grant.need, grant);
  return found;
}

/** Principal ids, by key of the need. */
export function saidBy(usables: ReadonlyMap<string, StoredGrant>): ReadonlyMap<string, string> {
  return new Map([...usables].map(([need, { by }]) => [need, by]));
}

/** Takes one use of each, or none where a need has no yes. @param usables of the statement, in this transaction */
export async function useGrants(
  tx: SqlTransaction,
  usables: ReadonlyMap<string, StoredGrant>,
  needs: readonly string[],
): Promise<readonly Yes[] | undefined> {
  if (!needs.every((need) => usables.has(need))) return undefined;
  const yes: Yes[] = [];
  for (const need of needs) {
    const grant = usables.get(need);
    if (grant === undefined) continue;
    const { grant: id, request, by, groups } = grant;
    await tx.all("update grants set used = used + 1, uses_left = uses_left - 1 where id = $1", id);
    yes.push({ grant: id, request, by, need, groups });
  }
  return yes;
}

/** Takes back a use that came to nothing. */
export async function giveBack(tx: SqlTransaction, yes: readonly Yes[]): Promise<void> {
  for (const { grant } of yes)
    await tx.all("update grants set used = used - 1, uses_left = uses_left + 1 where id = $1", grant);
}

/** Removes it; `undefined` where there is none. */
export async function takeGrant(tx: SqlTransaction, id: string): Promise<StoredGrant | undefined> {
  const [row] = await tx.all("delete from grants where id = $1 returning *", id);
  return row === undefined ? undefined : grantOf(row);
}

export function parseYes(json: string | undefined): readonly Yes[] | undefined {
  return json === undefined ? undefined : yesList.parse(JSON.parse(json));
}

export function grantOf(row: SqlRow): StoredGrant {
  return {
    grant: text(row, "id"),
    request: text(row, "request"),
    by: text(row, "said_by"),
    need: text(row, "need"),
    groups: groupsSchema.parse(JSON.parse(text(row, "groups"))),
    isAlike: row["fingerprint"] !== null,
    isSingle: number(row, "single") === 1,
    untilMs: number(row, "until_ms"),
    usesLeft: numberOrNone(row, "uses_left"),
    used: number(row, "used"),
  };
}
