import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { addGrant } from "./grants.ts";
import { ask } from "./requests.ts";
import type { SqlTransaction } from "./sql.ts";
import { SqliteStore } from "./sqlite-store.ts";

class CountedStore extends SqliteStore {
  questions = 0;

  override transaction<T>(work: (tx: SqlTransaction) => Promise<T>, isFirst?: boolean): Promise<T> {
    const counted = (tx: SqlTransaction): SqlTransaction => ({
      ...tx,
      all: (...question) => {
        this.questions++;
        return tx.all(...question);
      },
    });
    return super.transaction((tx) => work(counted(tx)), isFirst);
  }
}

test("grants are listed with what they are for in one question, and without where that is forgotten", async () => {
  const folder = mkdtempSync(join(tmpdir(), "penstock-grants-"));
  const store = new CountedStore(join(folder, "store.db"));
  await store.open();
  const asked = (n: number) => ({
    principal: { id: "ann", name: "ann", kind: "human", actsFor: [] },
    target: "shop",
    database: "shop",
    searchPath: ["public"],
    texts: [`delete from items where id = ${n}`],
    parameters: [],
    needs: [{ key: "dba", groups: ["dba"], forMs: 60_000 }],
  });
  const yes = { need: "dba", groups: ["dba"], by: "bob", isSingle: false, uses: undefined, fingerprint: undefined };
  await store.transaction(async (tx) => {
    for (let n = 0; n < 20; n++) {
      const request = { id: `request ${n}`, proxy: "one", session: "s", digest: `digest ${n}`, fingerprint: undefined };
      const limits = { waiting: 100, waitingPerPrincipal: 100, denialMs: 1000 };
      await ask(tx, { ...request, asked: asked(n), isDeferred: false, waitMs: 60_000 }, limits);
      await addGrant(tx, { ...yes, request: request.id, digest: request.digest, untilMs: tx.nowMs + 60_000 + n });
    }
    await tx.all("delete from requests where id = 'request 19'");
  });
  store.questions = 0;
  const listed = await store.grants();
  expect(store.questions).toBe(1);
  const texts = listed.map((each) => [each.grant.request, each.asked?.texts[0]]);
  const expected = Array.from({ length: 19 }, (_, n) => [`request ${n}`, `delete from items where id = ${n}`]);
  expect(texts).toEqual([...expected, ["request 19", undefined]]);
  await store.close();
  rmSync(folder, { recursive: true });
});
