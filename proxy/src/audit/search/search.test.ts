import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FileAuditLog } from "../file-audit-log.ts";
import type { RecordQuery } from "./condition.ts";
import { printReport } from "./print-report.ts";
import { type FoundRecord, RecordIndex } from "./record-index.ts";
import { reportOn } from "./report.ts";

let folder: string;
let log: string;
let index: RecordIndex;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "penstock-search-"));
  log = join(folder, "audit.jsonl");
  index = new RecordIndex(log, `${log}.index`);
});
afterEach(() => {
  index.close();
  rmSync(folder, { recursive: true });
});

interface Fields {
  readonly who?: { readonly id: string; readonly kind: string; readonly on_behalf_of?: string };
  readonly time?: string;
  readonly session?: string;
  readonly number?: number;
  readonly text?: string;
  readonly kind?: string;
  readonly tables?: readonly string[];
  readonly labels?: readonly string[];
  readonly rules?: readonly string[];
  readonly decision?: "allow" | "deny";
  readonly target?: string;
}

const ann = { id: "ann", kind: "human" };
const bot = { id: "bot", kind: "agent", on_behalf_of: "ann" };

function statement(fields: Fields = {}): string {
  const { who = ann, time = "2026-01-01T10:00:00.000Z", session = "s1", number = 1, ...rest } = fields;
  const record = {
    event: "statement",
    time,
    session,
    statement: number,
    principal: who,
    target: "shop",
    kind: "select",
    text: "select 1",
  };
  return JSON.stringify({ ...record, tables: [], labels: [], rules: [], decision: "allow", ...rest });
}

const result = (session: string, number: number, rows: number): string =>
  JSON.stringify({
    event: "result",
    time: "2026-01-01T10:00:01.000Z",
    session,
    statement: number,
    rows,
    duration_us: 1500,
    sqlstate: "00000",
  });
const write = (...lines: readonly string[]) => appendFileSync(log, lines.map((line) => `${line}\n`).join(""));
async function find(query: RecordQuery, limit = 100): Promise<readonly string[]> {
  index.update(() => undefined);
  return (await all(query, limit)).map(({ line }) => String(JSON.parse(line).text ?? JSON.parse(line).event));
}
async function all(query: RecordQuery, limit: number): Promise<readonly FoundRecord[]> {
  const found: FoundRecord[] = [];
  for await (const each of index.find(query, limit)) found.push(each);
  return found;
}

describe("records are found", () => {
  beforeEach(() => {
    writeFileSync(log, '{"event":"segment","time":"2026-01-01T00:00:00.000Z","chain":"c","segment":1}\n');
    write(
      statement({ text: "a", labels: ["pii"], tables: ["public.customers"], rules: ["pii:54", "pii.mask:3"] }),
      statement({
        text: "b",
        who: bot,
        session: "s2",
        labels: ["pii", "pci"],
        tables: ["public.cards"],
        rules: ["agents:2"],
      }),
      statement({
        text: "c",
        session: "s22",
        decision: "deny",
        kind: "drop_table",
        tables: ["public.cards"],
        time: "2026-01-02T00:00:00.000Z",
      }),
      statement({
        text: "d",
        who: { id: "eve", kind: "service" },
        session: "s3",
        target: "books",
        labels: ["pii"],
        time: "2026-01-03T00:00:00.000Z",
      }),
      JSON.stringify({
        event: "refused",
        time: "2026-01-03T00:00:01.000Z",
        session: "s4",
        user: "mallory",
        reason: "wrong password",
      }),
    );
  });

  test("the newest first, and no more than were asked for", async () => {
    expect(await find({}, 4)).toEqual(["refused", "d", "c", "b"]);
    expect(await find({ label: "pii" }, 2)).toEqual(["d", "b"]);
  });

  test("with what became of them, also when it comes later", async () => {
    await find({});
    write(result("s1", 1, 7), result("s9", 1, 8));
    expect(await find({ principal: "ann" })).toHaveLength(3);
    const results = (await all({ principal: "ann" }, 9)).map((found) => found.result);
    expect(results).toEqual([undefined, undefined, { rows: 7, durationUs: 1500, sqlstate: "00000" }]);
  });

  test("and a line that is being written waits until it is whole", async () => {
    const line = statement({ text: "late ж€😀" });
    appendFileSync(log, line.slice(0, 30));
    expect(await find({}, 1)).toEqual(["refused"]);
    appendFileSync(log, `${line.slice(30)}\n`);
    expect(await find({}, 1)).toEqual(["late ж€😀"]);
  });

  test("in files that are moved away, once", async () => {
    await find({});
    renameSync(log, join(folder, "audit-20260104T000000000Z.jsonl"));
    writeFileSync(log, '{"event":"segment","time":"2026-01-04T00:00:00.000Z","chain":"c","segment":2}\n');
    write(statement({ text: "e" }));
    expect(await find({})).toEqual(["e", "refused", "d", "c", "b", "a"]);
  });

  test("and no more when their file is removed", async () => {
    await find({});
    const ended = join(folder, "audit-20260104T000000000Z.jsonl");
    renameSync(log, ended);
    writeFileSync(log, '{"event":"segment","time":"2026-01-04T00:00:00.000Z","chain":"c","segment":2}\n');
    write(statement({ text: "e", labels: ["pii"] }));
    expect(await find({ label: "pii" })).toEqual(["e", "d", "b", "a"]);
    rmSync(ended);
    expect(await find({ label: "pii" })).toEqual(["e"]);
    expect(await find({})).toEqual(["e"]);
  });

  test("a log that became shorter is told", async () => {
    await find({});
    writeFileSync(log, readFileSync(log).subarray(0, -50));
    await expect(find({})).rejects.toThrow("is shorter than when it was last looked at: it was cut");
  });

  test("an index of another version is made anew", async () => {
    await find({});
    index.all("pragma user_version = 99");
    index.close();
    index = new RecordIndex(log, `${log}.index`);
    expect(await find({ label: "pci" })).toEqual(["b"]);
  });
});

describe("a report", () => {
  beforeEach(() => {
    writeFileSync(log, "");
    write(
      statement({ number: 1, labels: ["pii"], tables: ["public.customers"], rules: ["pii:5"] }),
      result("s1", 1, 10),
      statement({
        who: bot,
        session: "s2",
        number: 1,
        labels: ["pii"],
        tables: ["public.customers", "public.cards"],
        rules: ["agents:2"],
      }),
      result("s2", 1, 5),
      statement({
        who: bot,
        session: "s2",
        number: 2,
        decision: "deny",
        tables: ["public.cards"],
        rules: ["agents:9"],
        time: "2026-01-03T10:00:00.000Z",
      }),
      statement({ who: { ...bot, id: "=cmd|'<b>&" }, session: "s3", number: 1 }),
    );
    index.update(() => undefined);
  });

  test("tells what an agent read, from where, for whom, allowed by which rules", async () => {
    expect(printReport(await reportOn(index, "agent", { principal: "bot" }), "text", "")).toBe(
      [
        "agent  on behalf of  target  table             statements  denied  rows  first             last              labels  rules",
        "bot    ann           shop    public.cards      2           1       5     2026-01-01 10:00  2026-01-03 10:00  pii     agents:2 agents:9",
        "bot    ann           shop    public.customers  1           0       5     2026-01-01 10:00  2026-01-01 10:00  pii     agents:2",
        "",
      ].join("\n"),
    );
  });

  test("by label, and by principal with statements that have no table", async () => {
    const rows = async (by: "label" | "principal" | "table") =>
      (await reportOn(index, by, {})).rows.map(({ principal, what, statements, rows: count }) => [
        what,
        principal,
        statements,
        count,
      ]);
    expect(await rows("label")).toEqual([
      ["pii", "ann", 1, 10],
      ["pii", "bot", 1, 5],
    ]);
    expect(await rows("principal")).toContainEqual(["", "=cmd|'<b>&", 1, 0]);
    expect(await rows("table")).toHaveLength(4);
  });

  test("of nothing is empty", async () => {
    const nothing = await reportOn(index, "label", { label: "secret" });
    expect(nothing.rows).toEqual([]);
    expect(printReport(nothing, "html", "t")).toContain("<p>Nothing.</p>");
  });

  test("as CSV holds no formula for a spreadsheet, and as HTML no markup of names", async () => {
    const everything = await reportOn(index, "principal", {});
    const csv = printReport(everything, "csv", "");
    expect(csv).toContain("\r\n'=cmd|'<b>&,ann,shop,,1,0,0,");
    const html = printReport(everything, "html", "What <i>");
    expect(html).toContain("=cmd|&#39;&lt;b&gt;&amp;");
    expect(html).toContain("<h1>What &lt;i&gt;</h1>");
    expect(html).not.toMatch(/<b>|<i>|<script|https?:/);
    expect(html.match(/<rect class="denied"/g)).toHaveLength(2);
    const json: unknown = JSON.parse(printReport(everything, "json", ""));
    expect(json).toContainEqual(
      expect.objectContaining({
        principal: "bot",
        on_behalf_of: "ann",
        table: "public.cards",
        denied: 1,
        labels: ["pii"],
      }),
    );
  });
});

test("what the proxy's own log writes is found", async () => {
  const writer = new FileAuditLog({ path: log, strict: false, segmentBytes: 2000, report: () => undefined });
  for (let number = 1; number <= 50; number++) {
    writer.append(statement({ number, text: `select ${number}` }));
    await new Promise<unknown>((resolve) => writer.flushed(resolve));
  }
  await writer.close();
  expect(await find({ principal: "ann" })).toHaveLength(50);
});
