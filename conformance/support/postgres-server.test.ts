import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { describe, expect, test } from "vitest";
import { startPostgres } from "./postgres-server.ts";

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function eventually(what: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < 5000 && !what(); waitedMs += 20) await sleep(20);
  expect(what()).toBe(true);
}

async function dataFolder(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const result = await client.query<{ data_directory: string }>("show data_directory");
  await client.end();
  return result.rows[0]?.data_directory ?? "";
}

describe("a throw-away PostgreSQL", () => {
  test.each([18, 15] as const)(
    "of major %i starts, takes databases, and leaves no process and no folder",
    async (major) => {
      const server = await startPostgres({ major });
      const url = await server.createDatabase('a "quoted" one');
      const client = new Client({ connectionString: url });
      await client.connect();
      const result = await client.query(
        "select current_setting('server_version_num')::int / 10000 as major, current_database() as name",
      );
      await client.end();
      expect(result.rows).toEqual([{ major, name: 'a "quoted" one' }]);
      const folder = await dataFolder(server.url());
      expect(existsSync(folder)).toBe(true);
      await server.stop();
      await server.stop();
      expect(existsSync(folder)).toBe(false);
      expect(isAlive(server.pid)).toBe(false);
    },
  );

  test("takes settings and shows its log", async () => {
    const server = await startPostgres({ settings: { log_statement: "all" } });
    await dataFolder(server.url());
    expect(server.log()).toContain("show data_directory");
    await server.stop();
  });

  test("is gone when its parent is killed without warning", async () => {
    const module = new URL("./postgres-server.ts", import.meta.url).href;
    const program = `const { startPostgres } = await import(${JSON.stringify(module)});
      const server = await startPostgres();
      console.log(server.pid, server.url());
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(parent.stdout.setEncoding("utf8"), "data");
    const [pid, url = ""] = String(line).trim().split(" ");
    const folder = await dataFolder(url);
    const postmaster = Number(execFileSync("head", ["-1", `${folder}/postmaster.pid`], { encoding: "utf8" }));
    expect(isAlive(postmaster)).toBe(true);
    parent.kill("SIGKILL");
    await eventually(() => !isAlive(postmaster) && !isAlive(Number(pid)) && !existsSync(folder));
  });
});
