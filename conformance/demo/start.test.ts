import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, createConnection } from "mysql2/promise";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { greeting } from "./greeting.ts";
import { makePeople } from "./people.ts";
import { inkFor } from "./screen.ts";

const start = new URL("start.ts", import.meta.url).pathname;
const packs = new URL("../../policies", import.meta.url).pathname;

/** All that the demo puts on disk goes here, so that what it leaves can be seen. */
let temporary: string;
let policies: string;

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), "penstock-start-"));
  // As /tmp: the server's user, when that is not we, works in it too.
  chmodSync(temporary, 0o1777);
  policies = mkdtempSync(join(tmpdir(), "penstock-policies-"));
  cpSync(packs, policies, { recursive: true });
});

afterEach(() => {
  for (const folder of [temporary, policies]) rmSync(folder, { recursive: true, force: true });
});

function run(...args: string[]) {
  const child = spawn(process.execPath, [start, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: temporary },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const exited = once(child, "exit").then(([code]) => Number(code));
  return {
    child,
    exited,
    output: () => output,
    async shows(what: string | RegExp): Promise<string> {
      for (let waitedMs = 0; waitedMs < 40_000; waitedMs += 50) {
        if (typeof what === "string" ? output.includes(what) : what.test(output)) return output;
        await sleep(50);
      }
      throw new Error(`the demo did not print ${String(what)}, but:\n${output}`);
    },
  };
}

/** Connects as a reader of the screen would. */
async function connectAs(name: string, output: string): Promise<Client> {
  const line = new RegExp(`PGPASSWORD=(\\S+) psql -h (\\S+) -p (\\d+) -U ${name} (\\S+)`).exec(output);
  if (line === null) throw new Error(`no psql line for ${name} in:\n${output}`);
  const [, password, host, port, database] = line;
  const client = new Client({ host, port: Number(port), user: name, password, database });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function connectToMariadbAs(name: string, output: string): Promise<Connection> {
  const line = new RegExp(`MYSQL_PWD=(\\S+) mariadb --skip-ssl -h (\\S+) -P (\\d+) -u ${name} (\\S+)`).exec(output);
  if (line === null) throw new Error(`no mariadb line for ${name} in:\n${output}`);
  const [, password = "", host = "", port, database = ""] = line;
  return createConnection({ host, port: Number(port), user: name, password, database });
}

const emailOf = async (client: Client) =>
  (await client.query<{ email: string }>("select email from customers where id = 7")).rows[0]?.email;

describe("npm start", () => {
  test("lets people connect, follows edited policies in open sessions, and leaves nothing behind after Ctrl-C", async () => {
    const demo = run("--policies", policies);
    const output = await demo.shows("Ctrl-C");
    const analyst = await connectAs("analyst", output);
    const dba = await connectAs("dba", output);
    expect(await emailOf(dba)).toBe("carlos.wirth7@example.org");
    expect(await emailOf(analyst)).not.toBe("carlos.wirth7@example.org");
    await demo.shows(/ann@shop\.example +select +mask/);

    const masks = join(policies, "pii", "masks.policy");
    const before = readFileSync(masks, "utf8");
    writeFileSync(
      masks,
      before.replace("mask column with email() if {", 'mask column with constant("hidden@policy") if {'),
    );
    await demo.shows("new policies are in force");
    expect(await emailOf(analyst)).toBe("hidden@policy");
    const onMariadb = await connectToMariadbAs("analyst", output);
    const [rows] = await onMariadb.query("select email from customers where id = 7");
    expect(rows).toEqual([{ email: "hidden@policy" }]);
    onMariadb.destroy();

    appendFileSync(masks, '\ndeny "a mistake" if query.knid == "select"\n');
    await demo.shows(/error\[P\d+\].*knid/);
    expect(await emailOf(analyst)).toBe("hidden@policy");

    demo.child.kill("SIGINT");
    expect(await demo.exited).toBe(0);
    await Promise.all([analyst.end(), dba.end()]).catch(() => undefined);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test("--tour runs, explains itself and ends", async () => {
    const demo = run("--tour");
    expect(await demo.exited).toBe(0);
    expect(demo.output()).toContain("The audit log");
    expect(demo.output()).not.toContain("\u001b");
    expect(readdirSync(temporary)).toEqual([]);
  });

  test("a broken policy folder is said at once, with the place", async () => {
    appendFileSync(join(policies, "agents", "agents.policy"), "\ndeny if {");
    const demo = run("--policies", policies);
    expect(await demo.exited).toBe(1);
    expect(demo.output()).toContain("agents.policy");
    expect(readdirSync(temporary)).toEqual([]);
  });

  test.each([
    [["--help"], 0, "--tour"],
    [["--port", "0x"], 2, "--port takes a number"],
    [["--mysql-port", "70000"], 2, "--mysql-port takes a number"],
    [["--prot", "1"], 2, "--prot"],
  ])("%j ends with %i", async (args, code, text) => {
    const demo = run(...args);
    expect(await demo.exited).toBe(code);
    expect(demo.output()).toContain(text);
  });

  test("without MariaDB it says how to get it, and no line to paste for it", () => {
    const [first] = makePeople();
    if (first === undefined) throw new Error("nobody to greet");
    const postgres = { engine: "postgres", serverName: "PostgreSQL 18", host: "h", port: 1, database: "shop" } as const;
    const stage = {
      postgres,
      mariadb: undefined,
      people: [first],
      auditFile: "",
      policiesShown: "",
      stop: async () => {},
    };
    const text = greeting(stage, inkFor(false)).join("\n");
    expect(text).toContain("apt-get install mariadb-server");
    expect(text).not.toContain("MYSQL_PWD");
    expect(text).toContain("psql -h h");
  });
});
