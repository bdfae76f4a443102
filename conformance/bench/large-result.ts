import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { requireTool } from "../support/client-tools.ts";
import { printSample, printTable, ratios, sample } from "./statistics.ts";

const execute = promisify(execFile);

export interface LargeResultEndpoint {
  readonly name: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** One million rows through psql with a cursor of the client's own (unaligned output to nowhere), in turns. */
export async function benchLargeResult(
  endpoints: readonly LargeResultEndpoint[],
  statements: readonly (readonly [name: string, sql: string])[],
  rounds: number,
): Promise<void> {
  for (const [name, sql] of statements) {
    const seconds = new Map<string, number[]>(endpoints.map((endpoint) => [endpoint.name, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const endpoint of endpoints) {
        const started = performance.now();
        await execute(
          requireTool("psql"),
          [
            "-X",
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            String(endpoint.port),
            "-U",
            endpoint.user,
            "-d",
            endpoint.database,
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            sql,
            "-o",
            "/dev/null",
          ],
          { env: { ...process.env, PGPASSWORD: endpoint.password, PGSSLMODE: "disable" } },
        );
        if (round > 0) seconds.get(endpoint.name)?.push((performance.now() - started) / 1000);
      }
    }
    const first = seconds.get(endpoints[0]?.name ?? "") ?? [];
    console.log(`\n${name}, ${rounds} rounds in turns: median (min–max)`);
    printTable([
      ["", "seconds", `of ${endpoints[0]?.name ?? ""}`],
      ...endpoints.map((endpoint) => {
        const values = seconds.get(endpoint.name) ?? [];
        return [endpoint.name, printSample(sample(values), 2), printSample(ratios(values, first), 2)];
      }),
    ]);
  }
}
