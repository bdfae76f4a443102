/** The index over all proxies: what it takes to bring records into it, and to find something in it. */
import { generateKeyPairSync } from "node:crypto";
import { Client } from "pg";
import { sealKey } from "../../proxy/src/audit/chain.ts";
import type { RecordQuery } from "../../proxy/src/audit/search/condition.ts";
import { SharedIndex } from "../../proxy/src/audit/shared/shared-index.ts";
import { SharedIndexSink } from "../../proxy/src/audit/shared/shared-index-sink.ts";
import { LogFiles } from "../../proxy/src/audit/sinks/log-place.ts";
import { LogReader } from "../../proxy/src/audit/sinks/log-reader.ts";
import { tablesOf } from "../store/audit-indexes.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { auditQueries, writeAuditLog } from "./audit-log.ts";
import { printSample, printTable, sample } from "./statistics.ts";

const records = 200_000;
/** As the feed does. */
const batchRecords = 1000;

/** @param log where it is written */
export async function benchSharedAudit(log: string, rounds: number): Promise<void> {
  await writeAuditLog(log, sealKey(generateKeyPairSync("ed25519").privateKey), records);
  const server = await startPostgres();
  try {
    const tables = tablesOf(server);
    const sink = new SharedIndexSink({ tables, proxy: "bench", keepDays: undefined });
    const files = new LogFiles(log);
    const reader = new LogReader(files, files.beginning());
    const started = performance.now();
    const before = process.cpuUsage();
    for (;;) {
      const batch = await reader.read(batchRecords, 2e6);
      if (batch === undefined) break;
      await sink.send(batch.records, new AbortController().signal);
      await reader.taken(batch);
    }
    const { user, system } = process.cpuUsage(before);
    const broughtSeconds = (performance.now() - started) / 1000;
    await reader.close();
    await sink.close();

    // As the server does by itself within a minute.
    const direct = new Client({ connectionString: server.url() });
    await direct.connect();
    await direct.query("analyze");
    await direct.end();
    const index = new SharedIndex(tables);
    const finding = async (queries: Iterable<RecordQuery>) => {
      const times: number[] = [];
      for (const query of queries) {
        const began = performance.now();
        await index.search(query, 100);
        times.push((performance.now() - began) / 1000);
      }
      return printSample(sample(times), 4);
    };
    const queries = [...auditQueries(rounds)];
    const byBoth = await finding(queries);
    const byLabel = await finding(queries.map(({ label }) => ({ label })));
    const began = performance.now();
    await index.report({}, "label");
    const reportSeconds = (performance.now() - began) / 1000;
    index.close();
    console.log(`\n${records} records in the index of all proxies, in PostgreSQL`);
    printTable([
      ["", "seconds"],
      ["bring all of them", broughtSeconds.toFixed(1)],
      ["of processor, in the proxy", ((user + system) / 1e6).toFixed(1)],
      ["newest 100 by principal and label", byBoth],
      ["newest 100 by label", byLabel],
      ["report by label, of all", reportSeconds.toFixed(2)],
    ]);
  } finally {
    await server.stop();
  }
}
