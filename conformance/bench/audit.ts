import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKeyPairSync } from "node:crypto";
import { sealKey } from "../../proxy/src/audit/chain.ts";
import { RecordIndex } from "../../proxy/src/audit/search/record-index.ts";
import { trustedKeys, verifyAuditFiles } from "../../proxy/src/audit/verify.ts";
import { auditQueries, writeAuditLog } from "./audit-log.ts";
import { benchSharedAudit } from "./shared-audit.ts";
import { printSample, printTable, sample } from "./statistics.ts";

const records = 1_000_000;

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
    await benchSharedAudit(join(folder, "shared.jsonl"), rounds);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function seconds(work: () => unknown): number {
  const started = performance.now();
  work();
  return (performance.now() - started) / 1000;
}
