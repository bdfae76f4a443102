/** A thousand statements that wait at once, at the desk of a proxy and in its store. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PrincipalContext } from "@penstock/engine";
import { proxyLimits } from "@penstock/proxy";
import { expect, test } from "vitest";
import { ApprovalDesk } from "../../proxy/src/approvals/approval-desk.ts";
import { answerRequest } from "../../proxy/src/approvals/answering.ts";
import { ordinaryRules } from "../../proxy/src/approvals/rules.ts";
import type { Ticket } from "../../proxy/src/approvals/ticket.ts";
import { FileAuditLog } from "../../proxy/src/audit/file-audit-log.ts";
import { SessionRecords } from "../../proxy/src/audit/audit-records.ts";
import { SqliteStore } from "../../proxy/src/store/sqlite-store.ts";
import { until } from "./people.ts";

const count = 1000;
const auth = { method: "scram", atNs: 0n, mfa: false } as const;
const bob = { id: "bob", name: "bob", kind: "human", groups: ["dba"], claims: {}, auth } as const;

const contextOf = (n: number): PrincipalContext => ({
  principal: { id: `user-${n % 200}`, name: "user", kind: "human", groups: [], claims: {}, auth },
  session: {
    id: `session-${n}`,
    database: "shop",
    user: `user-${n % 200}`,
    client: { address: "127.0.0.1", application: "", tls: false },
    startedAtNs: 0n,
    tags: {},
  },
  target: { name: "shop", engine: "postgres", version: "18", environment: "test", tags: {} },
});

test("a thousand wait, in little memory, and each goes on by its own yes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "penstock-thousand-"));
  const store = new SqliteStore(join(folder, "store.db"));
  await store.open();
  const audit = new FileAuditLog({ path: join(folder, "audit.jsonl"), strict: false, report: () => undefined });
  const options = { store, rules: ordinaryRules, people: { person: () => undefined }, limits: () => proxyLimits };
  const desk = new ApprovalDesk({ ...options, audit, report: () => undefined });
  const before = process.memoryUsage().heapUsed;
  const tickets: Ticket[] = [];
  for (let n = 0; n < count; n++) {
    const who = contextOf(n);
    tickets.push(
      desk.ask({
        who,
        digest: `digest-${n}`,
        fingerprint: undefined,
        needs: [{ key: "dba", groups: ["dba"], forMs: undefined, because: undefined }],
        searchPath: ["public"],
        shown: {
          texts: [`update items set state = '${"x".repeat(1000)}' where id = ${n}`],
          parameters: [],
          alike: undefined,
          isRedacted: false,
        },
        records: new SessionRecords(who),
        changed: () => undefined,
      }),
    );
  }
  const allAre = (kind: Ticket["state"]["kind"]) => () => tickets.every(({ state }) => state.kind === kind);
  await until(allAre("waiting"), () => "not all of them wait");
  // Statement and bookkeeping: some kilobytes each, whatever the collector has left.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100e6);
  for (let n = 0; n < count; n += 100) {
    await Promise.all(
      tickets
        .slice(n, n + 100)
        .map(({ id }) =>
          answerRequest(
            { store, rules: ordinaryRules, unusedMs: 1000 },
            { request: id, user: "bob", person: bob, proof: "token", says: "approve", because: undefined },
          ),
        ),
    );
  }
  await until(allAre("granted"), () => "not all of them go on");
  for (const ticket of tickets) desk.use(ticket);
  expect(await store.waiting()).toEqual([]);
  await desk.close();
  await store.close();
  await audit.close();
  rmSync(folder, { recursive: true });
});
