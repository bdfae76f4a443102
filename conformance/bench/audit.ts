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
    await writeLog(log, sealKey(privateKey));
    const keys = trustedKeys([publicKey]);
    const verifying = Array.from({ length: rounds }, () => seconds(() => verifyAuditFiles([log], keys)));
    const index = new RecordIndex(log, `${log}.index`);
    const before = process.cpuUsage();
    index.update(() => undefined);
    const { user, system } = process.cpuUsage(before);
    const find = (principal: string, label: string): number =>
      seconds(() => Array.from(index.find({ principal, label }, 100)));
    const finding = Array.from({ length: rounds * 20 }, (_, round) =>
      find(`person ${(round * 37) % people}`, labels[round % labels.length] ?? ""),
    );
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

async function writeLog(path: string, key: ReturnType<typeof sealKey>): Promise<void> {
  const log = new FileAuditLog({ path, strict: false, key, report: () => undefined });
  for (let number = 0; number < records / 2; number++) {
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
