import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKeyPairSync } from "node:crypto";
import { sealKey } from "../../proxy/src/audit/chain.ts";
import { FileAuditLog } from "../../proxy/src/audit/file-audit-log.ts";
import { RecordIndex } from "../../proxy/src/audit/search/record-index.ts";
import { trustedKeys, verifyAuditFiles } from "../../proxy/src/audit/verify.ts";
import { printSample, printTable, sample } from "./statistics.ts";

const records = 1_000_000;
const people = 200;
const labels = ["pii", "pii.contact", "pci", "health", "secret", "financial"];
const tables = Array.from({ length: 300 }, (_, index) => `public.table_${index}`);

/** A log of a million records, with seals: how long it takes to verify it, to make its index, and to find something in it. */
export async function benchAudit(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "penstock-audit-bench-"));
  try {
    const log = join(folder, "audit.jsonl");
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    await writeAuditLog(log, sealKey(privateKey), records);
    const keys = trustedKeys([publicKey]);
    const verifying = Array.from({ length: rounds }, () => seconds(() => verifyAuditFiles([log], keys)));
    const index = new RecordIndex(log, `${log}.index`);
    const before = process.cpuUsage();
    index.update(() => undefined);
    const { user, system } = process.cpuUsage(before);
    const finding: number[] = [];
    for (const query of auditQueries(rounds)) {
      const started = performance.now();
      for await (const _ of index.find(query, 100));
      finding.push((performance.now() - started) / 1000);
    }
    index.close();
    console.log(
      `\n${records} records of ${(statSync(log).size / 1e6).toFixed(0)} MB, ${rounds} rounds: median (min–max)`,
    );
    printTable([
      ["", "seconds"],
      ["verify", printSample(sample(verifying), 2)],
      ["make the index, of processor", ((user + system) / 1e6).toFixed(1)],
      ["newest 100 by principal and label", printSample(sample(finding), 4)],
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

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

function seconds(work: () => unknown): number {
  const started = performance.now();
  work();
  return (performance.now() - started) / 1000;
}
