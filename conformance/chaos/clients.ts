/** What people do while everything around them breaks: they read what is masked, write once, and ask for approval. */
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { type Installation, password } from "./installation.ts";

export interface Work {
  statements: number;
  /** Errors of any kind, lost connections included: they are allowed. */
  failures: number;
  /** Texts that were answered with success. */
  readonly done: Set<string>;
  /** What must never come: a value that the policy hides. */
  readonly leaks: string[];
}

/** Of every hidden value. */
export const hidden = "hidden-";
const pauseMs = 40;

export async function work(installation: Installation, who: number, isOver: () => boolean, total: Work): Promise<void> {
  const { proxies } = installation;
  for (let turn = 0; !isOver(); turn++) {
    const proxy = proxies[(who + turn) % proxies.length]!;
    const client = new Client({
      host: "127.0.0.1",
      port: proxy.port,
      user: "ana",
      password,
      database: "shop",
      connectionTimeoutMillis: 5000,
      query_timeout: 20_000,
    });
    client.on("error", () => undefined);
    try {
      await client.connect();
      for (let step = 0; step < 50 && !isOver(); step++) await one(client, `c${who}-${turn}-${step}`, total);
    } catch {
      total.failures++;
    } finally {
      await client.end().catch(() => undefined);
    }
    await sleep(pauseMs * 5);
  }
}

/** One statement; its tag tells it from all others. */
async function one(client: Client, tag: string, total: Work): Promise<void> {
  const kind = Math.random();
  const text =
    kind < 0.6
      ? `select '${tag}' as tag, id, email from people`
      : kind < 0.95
        ? `insert into once (tag) values ('${tag}')`
        : `insert into approved (tag) values ('${tag}')`;
  total.statements++;
  try {
    const { rows } = await client.query<{ email?: string | null }>(text);
    total.done.add(tag);
    for (const { email } of rows) if (email !== null && email !== undefined) total.leaks.push(email);
  } catch (error) {
    total.failures++;
    const said = JSON.stringify(error, Object.getOwnPropertyNames(error));
    if (said.includes(hidden)) total.leaks.push(said);
    // Without an answer, whether it ran is not known: nobody sends it again.
    if (!(error instanceof Error && "severity" in error && error.severity === "ERROR")) throw error;
  }
  await sleep(pauseMs * Math.random());
}

/** Bob says yes to whatever waits, at whichever proxy answers. */
export async function approve({ proxies, token }: Installation, isOver: () => boolean): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  let approved = 0;
  while (!isOver()) {
    for (const { admin } of proxies) {
      const answer = await fetch(`${admin}/api/v1/approvals`, { headers, signal: AbortSignal.timeout(5000) }).catch(
        () => undefined,
      );
      if (answer?.ok !== true) continue;
      const { requests } = (await answer.json()) as { requests: { id: string; digest: string }[] };
      // All at once: their clients do not wait for ever.
      const said = await Promise.all(requests.map((request) => sayYes(admin, headers, request)));
      approved += said.filter((counts) => counts).length;
    }
    await sleep(200);
  }
  return approved;
}

async function sayYes(
  admin: string,
  headers: Readonly<Record<string, string>>,
  { id, digest }: { readonly id: string; readonly digest: string },
): Promise<boolean> {
  const body = JSON.stringify({ digest, answer: "approve" });
  const signal = AbortSignal.timeout(5000);
  const answer = fetch(`${admin}/api/v1/approvals/${id}/answer`, { method: "POST", headers, body, signal });
  return (await answer.catch(() => undefined))?.ok === true;
}
