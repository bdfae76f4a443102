/** A log as a busy proxy writes it, and what is looked for in it. */
import type { sealKey } from "../../proxy/src/audit/chain.ts";
import { FileAuditLog } from "../../proxy/src/audit/file-audit-log.ts";

const people = 200;
const labels = ["pii", "pii.contact", "pci", "health", "secret", "financial"];
const tables = Array.from({ length: 300 }, (_, index) => `public.table_${index}`);

/** Who has read what: each of the people, and each of the labels. */
export function* auditQueries(rounds: number): Generator<{ readonly principal: string; readonly label: string }> {
  for (let round = 0; round < rounds * 20; round++)
    yield { principal: `person ${(round * 37) % people}`, label: labels[round % labels.length] ?? "" };
}

/** @param count of records, half of which are results */
export async function writeAuditLog(path: string, key: ReturnType<typeof sealKey>, count: number): Promise<void> {
  const log = new FileAuditLog({ path, strict: false, key, report: () => undefined });
  for (let number = 0; number < count / 2; number++) {
    const head = `"time":"${new Date(1.7e12 + number * 100).toISOString()}","session":"session ${number % 1000}","statement":${number}`;
    const who = `"principal":{"id":"person ${number % people}","kind":"human","groups":["analyst"]},"target":"shop","database":"shop"`;
    const table = tables[(number * 7) % tables.length] ?? "";
    const what = `"text":"select id, name, email from ${table} where id = ${number}","fingerprint":"0123456789abcdef","kind":"select","tables":["${table}"],"columns":["${table}.id","${table}.name","${table}.email"],"labels":["${labels[number % labels.length]}","${labels[(number >> 3) % labels.length]}"],"decision":"allow","reasons":[],"rules":["pii:${number % 40}"],"masked":["${table}.email"],"revision":"r1"`;
    log.append(`{"event":"statement",${head},${who},${what}}`);
    log.append(`{"event":"result",${head},"rows":${number % 50},"bytes":1000,"duration_us":1200,"sqlstate":"00000"}`);
    if (number % 500 === 0) await new Promise<unknown>((resolve) => log.flushed(resolve));
  }
  await log.close();
}
