/** What people say of a request. Who may say it is the caller's to know; what becomes of it is decided here. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { addGrant, usableGrants } from "./grants.ts";
import { askedOf, expireDue, keyOf, requestRow, settle, shownDigest, stateOf, type StoredNeed } from "./requests.ts";
import { type Revocation, revocationSchema } from "./revocations.ts";
import { type SqlRow, type SqlTransaction, text, textOrNone } from "./sql.ts";

const answerSchema = z.object({
  request: z.string(),
  /** Of the statement that they have seen. */
  digest: z.string(),
  /** The name that they gave. */
  user: z.string(),
  /** Principal id, where there is such a person. */
  by: z.string().optional(),
  /** How it was shown who they are: `password`, `token`, `slack`; `none` where only the machine's account vouches. */
  proof: z.string(),
  says: z.enum(["approve", "deny"]),
  because: z.string().optional(),
});

type GivenAnswer = z.output<typeof answerSchema>;

/** What a yes is good for, where it is more or less than its rule says. */
export interface Terms {
  /** Not longer than the rule says. */
  readonly forMs: number | undefined;
  readonly uses: number | undefined;
  /** Also for statements that differ in literals only. */
  readonly isAlike: boolean;
}

export interface NewAnswer extends GivenAnswer {
  /** Keys of the needs that the person may meet; or why the answer does not count. */
  readonly needs: readonly string[] | { readonly refused: string };
  readonly terms: Terms;
  /** How long a yes for one run may wait for the statement to be sent again. */
  readonly singleMs: number;
}

const outcomeSchema = z.discriminatedUnion("kind", [
  /** Does not count, for the caller's reason. */
  z.object({ kind: z.literal("refused"), why: z.string() }),
  /** The request waits no longer, or there never was one. */
  z.object({ kind: z.literal("gone"), state: z.string().optional() }),
  z.object({ kind: z.literal("other_statement") }),
  z.object({ kind: z.literal("met_already") }),
  z.object({ kind: z.literal("denied") }),
  /** Counts, and further people are needed: groups of each need. */
  z.object({ kind: z.literal("partly"), open: z.array(z.array(z.string())) }),
  /** Whether a session goes on now, or the statement has to be sent again. */
  z.object({ kind: z.literal("approved"), held: z.boolean() }),
]);

export type AnswerOutcome = z.output<typeof outcomeSchema>;

const answeredSchema = z.object({
  id: z.string(),
  /** Empty where there is no such request. */
  session: z.string(),
  answer: answerSchema,
  outcome: outcomeSchema,
});

/** An answer and what became of it. */
export type Answered = z.output<typeof answeredSchema>;

/** How many requests for the same statement, or one alike, one answer may release. */
const settledTogether = 1000;

export async function answer(tx: SqlTransaction, given: NewAnswer): Promise<Answered> {
  await expireDue(tx);
  const row = await requestRow(tx, given.request);
  const outcome = await count(tx, row, given);
  const said: Answered = {
    id: `${String(tx.nowMs).padStart(15, "0")}-${randomBytes(6).toString("hex")}`,
    session: row === undefined ? "" : text(row, "session"),
    answer: answerSchema.parse(given),
    outcome,
  };
  await tx.all(
    "insert into answers (id, request, at_ms, said) values ($1, $2, $3, $4)",
    said.id,
    given.request,
    tx.nowMs,
    JSON.stringify(said),
  );
  tx.tellOthers();
  return said;
}

async function count(tx: SqlTransaction, row: SqlRow | undefined, given: NewAnswer): Promise<AnswerOutcome> {
  const { needs, digest } = given;
  if (row === undefined) return { kind: "gone" };
  if (stateOf(row) !== "waiting") return { kind: "gone", state: stateOf(row) };
  if (digest !== shownDigest(row)) return { kind: "other_statement" };
  if ("refused" in needs) return { kind: "refused", why: needs.refused };
  if (given.says === "deny") {
    await tx.all(
      "update requests set state = 'denied', ended_ms = $1, ended_by = $2, because = $3 where id = $4",
      tx.nowMs,
      given.by ?? given.user,
      given.because ?? null,
      given.request,
    );
    return { kind: "denied" };
  }
  return approve(tx, row, needs, given);
}

async function approve(
  tx: SqlTransaction,
  row: SqlRow,
  mayMeet: readonly string[],
  given: NewAnswer,
): Promise<AnswerOutcome> {
  const key = keyOf(row);
  const met = await usableGrants(tx, key);
  const asked = askedOf(row).needs;
  const mine = asked.filter((need) => mayMeet.includes(need.key) && !met.has(need.key));
  if (mine.length === 0) return { kind: "met_already" };
  for (const need of mine) await addGrant(tx, { ...key, ...termsOf(tx, need, given), by: given.by ?? given.user });
  await settleAlike(tx, row, given.terms.isAlike);
  const now = await requestRow(tx, given.request);
  if (now !== undefined && stateOf(now) === "approved") return { kind: "approved", held: now["holder"] !== null };
  const metNow = await usableGrants(tx, key);
  return { kind: "partly", open: asked.filter((need) => !metNow.has(need.key)).map(({ groups }) => groups) };
}

function termsOf(tx: SqlTransaction, { key, groups, forMs }: StoredNeed, { terms, singleMs }: NewAnswer) {
  const lastsMs = forMs === undefined ? undefined : Math.min(forMs, terms.forMs ?? forMs);
  return {
    need: key,
    groups,
    isSingle: lastsMs === undefined,
    untilMs: tx.nowMs + (lastsMs ?? singleMs),
    uses: lastsMs === undefined ? 1 : terms.uses,
    ...(terms.isAlike && lastsMs !== undefined ? {} : { fingerprint: undefined }),
  };
}

/** A yes for some time is one for all who wait with the same statement. The request itself comes first. */
async function settleAlike(tx: SqlTransaction, row: SqlRow, isAlike: boolean): Promise<void> {
  await settle(tx, row);
  const others = await tx.all(
    `select * from requests where state = 'waiting' and (digest = $1 or fingerprint = $2)
     order by asked_ms, id limit ${settledTogether}`,
    text(row, "digest"),
    isAlike ? (textOrNone(row, "fingerprint") ?? "") : "",
  );
  for (const other of others) await settle(tx, other);
}

const saidSchema = z.union([revocationSchema, answeredSchema]);

function isRevocation(said: z.output<typeof saidSchema>): said is Revocation {
  return "kind" in said;
}

/** Answers, and what was taken back, that the proxy has to record: of its own requests, and of those that no living proxy has asked. */
export async function takeAnswers(
  tx: SqlTransaction,
  proxy: string,
): Promise<{ readonly answers: readonly Answered[]; readonly revocations: readonly Revocation[] }> {
  const rows = await tx.all(
    `update answers set taker = $1 where id in (
       select a.id from answers a left join requests r on r.id = a.request
       where (a.taker is null or a.taker = $1 or a.taker not in (select id from proxies))
         and (r.proxy is null or r.proxy = $1 or r.proxy not in (select id from proxies))
     ) returning id, said`,
    proxy,
  );
  const said = rows.map((row) => saidSchema.parse(JSON.parse(text(row, "said"))));
  said.sort((one, other) => (one.id < other.id ? -1 : 1));
  return {
    answers: said.filter((each): each is Answered => !isRevocation(each)),
    revocations: said.filter(isRevocation),
  };
}
