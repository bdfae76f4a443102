/** Statements that wait for people: how they begin, and how they end. */
import { createHash } from "node:crypto";
import { z } from "zod";
import {
  everyUsableGrant,
  parseYes,
  saidBy,
  type StatementKey,
  usableFor,
  usableGrants,
  useGrants,
  type Yes,
} from "./grants.ts";
import { number, type SqlRow, type SqlTransaction, text, textOrNone } from "./sql.ts";

const needSchema = z.object({
  /** Equal for needs that the same yes meets. */
  key: z.string(),
  groups: z.array(z.string()),
  /** How long a yes holds for the same statement at most; left out: for one run. */
  forMs: z.number().optional(),
  because: z.string().optional(),
});

/** What people see of a statement. Passwords in its texts are replaced. */
const askedSchema = z.object({
  principal: z.object({
    id: z.string(),
    name: z.string(),
    kind: z.string(),
    /** Ids. */
    actsFor: z.array(z.string()),
  }),
  target: z.string(),
  database: z.string(),
  searchPath: z.array(z.string()),
  /** As the client sent it, then what it runs by name. */
  texts: z.array(z.string()),
  /** `null` for NULL; what is binary as `\x…`. */
  parameters: z.array(z.string().nullable()),
  needs: z.array(needSchema),
  /** The text with a mark in place of each literal that an approval of statements that are alike leaves open. */
  alike: z.string().optional(),
  /** Literals, values and reasons are left out of what is shown. */
  redacted: z.boolean().optional(),
  /** Random: what people see of the digest is made with it. Stays in the store. */
  salt: z.string().optional(),
});

export type AskedStatement = z.output<typeof askedSchema>;
export type StoredNeed = z.output<typeof needSchema>;

const requestStates = ["waiting", "approved", "denied", "expired", "cancelled", "withdrawn"] as const;
export type RequestState = (typeof requestStates)[number];

export interface NewRequest {
  readonly id: string;
  readonly proxy: string;
  readonly session: string;
  readonly digest: string;
  /** `undefined` where no other statement is taken for alike. */
  readonly fingerprint: string | undefined;
  readonly asked: AskedStatement;
  /** The client is told at once, and sends it again. */
  readonly isDeferred: boolean;
  readonly waitMs: number;
}

export interface AskLimits {
  /** Of one proxy. */
  readonly waiting: number;
  readonly waitingPerPrincipal: number;
  /** How long a no counts for the same statement sent again, where no session has been told. */
  readonly denialMs: number;
}

export type Asked =
  | { readonly kind: "granted"; readonly yes: readonly Yes[] }
  | { readonly kind: "waiting"; readonly request: StoredRequest; readonly isNew: boolean }
  | { readonly kind: "denied"; readonly request: StoredRequest }
  | { readonly kind: "full"; readonly isOwn: boolean; readonly waiting: number };

export interface StoredRequest {
  readonly id: string;
  readonly proxy: string;
  readonly session: string;
  /** For people: with it an answer says which statement it is for. Not that of the statement, by which whoever knows most of it could guess the rest. */
  readonly digest: string;
  readonly fingerprint: string | undefined;
  readonly asked: AskedStatement;
  readonly isDeferred: boolean;
  /** A session waits for it now. */
  readonly isHeld: boolean;
  readonly state: RequestState;
  readonly askedAtMs: number;
  readonly expiresAtMs: number;
  /** Principal ids, by key of the need: who has said yes. */
  readonly metBy: ReadonlyMap<string, string>;
  /** Who said no, and why. */
  readonly denial: { readonly by: string; readonly because: string | undefined } | undefined;
}

/** What its session is told. */
export interface EndedRequest {
  readonly id: string;
  readonly state: Exclude<RequestState, "waiting">;
  /** Where it was approved. */
  readonly yes: readonly Yes[];
  readonly denial: StoredRequest["denial"];
}

export async function ask(tx: SqlTransaction, request: NewRequest, limits: AskLimits): Promise<Asked> {
  const { id, digest, fingerprint, asked } = request;
  const needs = keysOf(asked.needs);
  await expireDue(tx);
  const usables = await usableGrants(tx, { request: undefined, digest, fingerprint });
  const yes = await useGrants(tx, usables, needs);
  if (yes !== undefined) return { kind: "granted", yes };
  const { left, own, every } = await lookAround(tx, request, needs, limits);
  if (left !== undefined && left["state"] === "denied") return { kind: "denied", request: await requestOf(tx, left) };
  if (left !== undefined) return { kind: "waiting", isNew: false, request: await join(tx, left, request) };
  if (own >= limits.waitingPerPrincipal) return { kind: "full", isOwn: true, waiting: own };
  if (every >= limits.waiting) return { kind: "full", isOwn: false, waiting: every };
  const [made] = await tx.all(
    `insert into requests (id, proxy, holder, session, principal, digest, fingerprint, needs, asked, deferred, state, asked_ms, expires_ms)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'waiting', $11, $12) returning *`,
    id,
    request.proxy,
    request.isDeferred ? null : request.proxy,
    request.session,
    asked.principal.id,
    digest,
    fingerprint ?? null,
    JSON.stringify(needs),
    JSON.stringify(asked),
    request.isDeferred ? 1 : 0,
    tx.nowMs,
    tx.nowMs + request.waitMs,
  );
  if (made === undefined) throw new Error("the store has not kept a request");
  tx.tellOthers();
  return { kind: "waiting", isNew: true, request: shown(made, saidBy(usables)) };
}

/** A request for the same statement that no session waits for, and how many wait of the principal and of the proxy. */
async function lookAround(
  tx: SqlTransaction,
  { digest, asked, proxy }: NewRequest,
  needs: readonly string[],
  { denialMs }: AskLimits,
): Promise<{ readonly left: SqlRow | undefined; readonly own: number; readonly every: number }> {
  const [row] = await tx.all(
    `select counted.own, counted.every, r.* from (
       select (select count(*) from requests where state = 'waiting' and principal = $1) as own,
              (select count(*) from requests where state = 'waiting' and proxy = $2) as every
     ) counted left join requests r on r.id = (
       select id from requests where digest = $3 and holder is null and needs = $4
       and (state = 'waiting' or (state = 'denied' and told = 0 and ended_ms > $5)) order by asked_ms desc, id limit 1
     )`,
    asked.principal.id,
    proxy,
    digest,
    JSON.stringify(needs),
    tx.nowMs - denialMs,
  );
  if (row === undefined) throw new Error("the store has not counted");
  return { left: row["id"] === null ? undefined : row, own: number(row, "own"), every: number(row, "every") };
}

/** A session waits again for a request that had none. */
async function join(
  tx: SqlTransaction,
  left: SqlRow,
  { isDeferred, proxy, session, waitMs }: NewRequest,
): Promise<StoredRequest> {
  if (isDeferred) return requestOf(tx, left);
  const [joined] = await tx.all(
    "update requests set holder = $1, proxy = $1, session = $2, expires_ms = $3 where id = $4 returning *",
    proxy,
    session,
    Math.max(tx.nowMs + waitMs, number(left, "expires_ms")),
    text(left, "id"),
  );
  if (joined === undefined) throw new Error("the store has lost a request");
  return requestOf(tx, joined);
}

/** Approves what waits, where every need has a yes. @returns whether it did */
export async function settle(tx: SqlTransaction, row: SqlRow): Promise<boolean> {
  const needs = needsOf(row);
  const isHeld = row["holder"] !== null;
  // Without a session nothing is used yet: it is when the statement is sent again.
  const usables = await usableGrants(tx, keyOf(row));
  const isMet = needs.every((need) => usables.has(need));
  const yes = isHeld ? await useGrants(tx, usables, needs) : isMet ? [] : undefined;
  if (yes === undefined) return false;
  await tx.all(
    "update requests set state = 'approved', ended_ms = $1, granted = $2 where id = $3",
    tx.nowMs,
    isHeld ? JSON.stringify(yes) : null,
    text(row, "id"),
  );
  return true;
}

/** Of calls that share a transaction, and so a time, the first one has done it. */
const expired = new WeakSet<SqlTransaction>();

/** Ends what nobody has answered in time. */
export async function expireDue(tx: SqlTransaction): Promise<void> {
  if (expired.has(tx)) return;
  expired.add(tx);
  const ended = await tx.all(
    "update requests set state = 'expired', ended_ms = $1 where state = 'waiting' and expires_ms <= $1 returning id",
    tx.nowMs,
  );
  if (ended.length > 0) tx.tellOthers();
}

export async function listWaiting(tx: SqlTransaction): Promise<readonly StoredRequest[]> {
  await expireDue(tx);
  const rows = await tx.all("select * from requests where state = 'waiting' order by asked_ms, id");
  // A thousand may wait: not a question for each.
  const grants = rows.length === 0 ? [] : await everyUsableGrant(tx);
  return rows.map((row) => shown(row, saidBy(usableFor(keyOf(row), grants))));
}

export async function findRequest(tx: SqlTransaction, id: string): Promise<StoredRequest | undefined> {
  await expireDue(tx);
  const row = await requestRow(tx, id);
  return row === undefined ? undefined : requestOf(tx, row);
}

export async function requestRow(tx: SqlTransaction, id: string): Promise<SqlRow | undefined> {
  const [row] = await tx.all("select * from requests where id = $1", id);
  return row;
}

async function requestOf(tx: SqlTransaction, row: SqlRow): Promise<StoredRequest> {
  return shown(row, stateOf(row) === "waiting" ? saidBy(await usableGrants(tx, keyOf(row))) : new Map());
}

function shown(row: SqlRow, metBy: StoredRequest["metBy"]): StoredRequest {
  return {
    id: text(row, "id"),
    proxy: text(row, "proxy"),
    session: text(row, "session"),
    digest: shownDigest(row),
    fingerprint: textOrNone(row, "fingerprint"),
    asked: askedOf(row),
    isDeferred: number(row, "deferred") === 1,
    isHeld: row["holder"] !== null,
    state: stateOf(row),
    askedAtMs: number(row, "asked_ms"),
    expiresAtMs: number(row, "expires_ms"),
    metBy,
    denial: denialOf(row),
  };
}

export function endedOf(row: SqlRow): EndedRequest {
  const state = stateOf(row);
  if (state === "waiting") throw new Error("a request that waits has not ended");
  const yes = parseYes(textOrNone(row, "granted")) ?? [];
  return { id: text(row, "id"), state, yes, denial: denialOf(row) };
}

export function keyOf(row: SqlRow): StatementKey & { readonly request: string } {
  return { request: text(row, "id"), digest: text(row, "digest"), fingerprint: textOrNone(row, "fingerprint") };
}

/** Another one for each request, though the statement may be the same. */
export function shownDigest(row: SqlRow): string {
  const digest = text(row, "digest");
  const { salt } = askedOf(row);
  return salt === undefined ? digest : createHash("sha256").update(`penstock shown 1 ${salt} ${digest}`).digest("hex");
}

export function askedOf(row: SqlRow): AskedStatement {
  return askedSchema.parse(JSON.parse(text(row, "asked")));
}

export function stateOf(row: SqlRow): RequestState {
  return z.enum(requestStates).parse(row["state"]);
}

function needsOf(row: SqlRow): readonly string[] {
  return z.array(z.string()).parse(JSON.parse(text(row, "needs")));
}

function keysOf(needs: readonly StoredNeed[]): readonly string[] {
  return needs.map(({ key }) => key);
}

function denialOf(row: SqlRow): StoredRequest["denial"] {
  const by = textOrNone(row, "ended_by");
  return by === undefined ? undefined : { by, because: textOrNone(row, "because") };
}
