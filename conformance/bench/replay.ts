/** What it takes to decide 100,000 recorded statements under two versions of the packs, reading the audit file included. */
import { spawnSync } from "node:child_process";
import { cpSync, createWriteStream, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PrincipalContext } from "@penstock/engine";
import { SessionRecords } from "../../proxy/src/audit/audit-records.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const statementsPerSession = 100;
const names = { searchPath: ["public"] };

/** Half are texts that an ORM sends again and again, the others differ in their literals; a third reads columns with masks. */
const repeated: readonly string[] = [
  "select id, total, status from orders where id = $1",
  "select * from customers where id = $1",
  "select o.id, c.name, c.email from orders o join customers c on c.id = o.customer_id where o.id = $1",
  "select count(*) from order_items where order_id = $1",
  "insert into orders (customer_id, status, total) values ($1, $2, $3)",
  "update orders set status = $1 where id = $2",
  "begin",
  "commit",
];
const varied: readonly ((n: number) => string)[] = [
  (n) => `select id, total, status from orders where id = ${n}`,
  (n) => `select name, email, phone from customers where id = ${n}`,
  (n) =>
    `select status, count(*), sum(total) from orders where customer_id = ${n} group by status order by 2 desc limit ${(n % 50) + 1}`,
  (n) =>
    `select c.city, count(distinct o.id) as orders from customers c join orders o on o.customer_id = c.id where o.total > ${n} and c.email like 'a${n % 1000}%' group by c.city having count(*) > ${n % 7} order by orders desc`,
  (n) => `update orders set status = 'paid', total = ${n}.50 where id = ${n}`,
  (n) => `delete from order_items where order_id = ${n}`,
  (n) =>
    `with recent as (select * from orders where id > ${n}) select r.id, p.name from recent r join order_items i on i.order_id = r.id join products p on p.id = i.product_id`,
  (n) => `select department, avg(salary) from employees where id < ${n} group by 1`,
];
const people = [
  { id: "ann", kind: "human", groups: ["analyst"] },
  { id: "dora", kind: "human", groups: ["dba"] },
  { id: "shop", kind: "service", groups: ["shop"] },
  { id: "bot", kind: "agent", groups: [] },
] as const;

export async function benchReplay(statements: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "penstock-replay-"));
  try {
    const file = join(folder, "audit.jsonl");
    await writeTraffic(file, statements);
    cpSync(join(root, "policies"), join(folder, "after"), { recursive: true });
    const change =
      'package change\n\ndeny "deletes go through the shop" if {\n    query.kind == "delete"\n    principal.kind == "human"\n}\n';
    writeFileSync(join(folder, "after", "change.policy"), change);
    const args = [file, "--against", join(root, "policies"), "--with", join(folder, "after")];
    const catalog = join(root, "policies/testdata/catalog.json");
    const started = performance.now();
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [join(root, "engine/bin/policy.js"), "replay", ...args, "--catalog", catalog],
      { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
    );
    const seconds = (performance.now() - started) / 1000;
    if (status !== 1) throw new Error(`policy replay ended with ${status}: ${stderr}`);
    console.log(`\nReplay: ${stdout.split("\n")[0] ?? ""}`);
    console.log(
      `${statements} recorded statements (${(statSync(file).size / 1e6).toFixed(0)} MB) under two versions: ${seconds.toFixed(1)} s, ${((seconds / statements) * 1e6).toFixed(0)} µs a statement`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function writeTraffic(file: string, statements: number): Promise<void> {
  const out = createWriteStream(file);
  const write = async (line: string): Promise<void> => {
    if (!out.write(`${line}\n`)) await once(out, "drain");
  };
  for (let number = 0; number < statements; number += statementsPerSession) {
    const records = new SessionRecords(session(number));
    await write(records.connect());
    for (let index = 1; index <= Math.min(statementsPerSession, statements - number); index++) {
      const at = number + index;
      const text = at % 2 === 0 ? repeated[(at / 2) % repeated.length] : varied[((at - 1) / 2) % varied.length]?.(at);
      await write(
        records.statement(index, `"text":${JSON.stringify(text)},"decision":"allow","tables":[],"columns":[]`, names),
      );
      await write(
        records.result(index, {
          rows: 1,
          bytes: 100,
          durationUs: 500,
          sqlstate: "00000",
          endedBy: undefined,
          found: undefined,
        }),
      );
    }
    await write(records.disconnect(statementsPerSession, "terminate"));
  }
  out.end();
  await once(out, "finish");
}

function session(number: number): PrincipalContext {
  const { id, kind, groups } = people[(number / statementsPerSession) % people.length] ?? people[0];
  return {
    principal: { id, name: id, kind, groups, claims: {}, auth: { method: "scram", atNs: 0n, mfa: false } },
    session: {
      id: `session-${number}`,
      database: "shop",
      user: id,
      client: { address: "127.0.0.1", application: "bench", tls: true },
      startedAtNs: BigInt(number),
      tags: {},
    },
    target: { name: "shop", engine: "postgres", version: "18.0", environment: "production", tags: {} },
  };
}
