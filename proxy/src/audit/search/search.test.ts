import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FileAuditLog } from "../file-audit-log.ts";
import type { RecordQuery } from "./condition.ts";
import { printReport } from "./print-report.ts";
import { RecordIndex } from "./record-index.ts";
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
function find(query: RecordQuery, limit = 100): readonly string[] {
  index.update(() => undefined);
  return [...index.find(query, limit)].map(({ line }) => String(JSON.parse(line).text ?? JSON.parse(line).event));
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

  test.each<[string, RecordQuery, readonly string[]]>([
    ["all, the newest first", {}, ["refused", "d", "c", "b", "a"]],
    ["of whom, also through an agent", { principal: "ann" }, ["c", "b", "a"]],
    ["of an agent", { principal: "bot" }, ["b"]],
    ["of a kind of principal", { principalKind: "agent" }, ["b"]],
    ["of a label", { label: "pii" }, ["d", "b", "a"]],
    ["of a label, by whom", { label: "pii", principal: "ann" }, ["b", "a"]],
    ["of two things that one statement has", { label: "pci", table: "public.cards" }, ["b"]],
    ["of a table", { table: "public.cards" }, ["c", "b"]],
    ["of a rule", { rule: "pii:54" }, ["a"]],
    ["of a package", { rule: "pii" }, ["a"]],
    ["of a package within another", { rule: "pii.mask" }, ["a"]],
    ["of a kind", { kind: "drop_table" }, ["c"]],
    ["of an event", { event: "refused" }, ["refused"]],
    ["of a target", { target: "books" }, ["d"]],
    ["of sessions whose id begins so", { session: "s2" }, ["c", "b"]],
    ["that were denied or refused", { denied: true }, ["refused", "c"]],
    ["of a time", { sinceMs: Date.parse("2026-01-02"), untilMs: Date.parse("2026-01-03") }, ["c"]],
    ["of a label and a time", { label: "pii", sinceMs: Date.parse("2026-01-02") }, ["d"]],
    [
      "of everything at once",
      {
        principal: "ann",
        label: "pii",
        table: "public.cards",
        rule: "agents:2",
        kind: "select",
        event: "statement",
        session: "s2",
        target: "shop",
        principalKind: "agent",
        untilMs: Date.parse("2026-01-02"),
      },
      ["b"],
    ],
    ["of nothing that there is", { label: "secret" }, []],
    ["of nobody that there is", { principal: "nobody", label: "pii" }, []],
    ["of no such session", { session: "x" }, []],
  ])("%s", (_, query, expected) => {
    expect(find(query)).toEqual(expected);
  });

  test("no more than were asked for", () => {
    expect(find({}, 2)).toEqual(["refused", "d"]);
    expect(find({ label: "pii" }, 2)).toEqual(["d", "b"]);
  });

  test("with what became of them, also when it comes later", () => {
    find({});
    write(result("s1", 1, 7), result("s9", 1, 8));
    expect(find({ principal: "ann" })).toHaveLength(3);
    const results = [...index.find({ principal: "ann" }, 9)].map((found) => found.result);
    expect(results).toEqual([undefined, undefined, { rows: 7, durationUs: 1500, sqlstate: "00000" }]);
  });

  test("and a line that is being written waits until it is whole", () => {
    const line = statement({ text: "late ж€😀" });
    appendFileSync(log, line.slice(0, 30));
    expect(find({}, 1)).toEqual(["refused"]);
    appendFileSync(log, `${line.slice(30)}\n`);
    expect(find({}, 1)).toEqual(["late ж€😀"]);
  });

  test("in files that are moved away, once", () => {
    find({});
    renameSync(log, join(folder, "audit-20260104T000000000Z.jsonl"));
    writeFileSync(log, '{"event":"segment","time":"2026-01-04T00:00:00.000Z","chain":"c","segment":2}\n');
    write(statement({ text: "e" }));
    expect(find({})).toEqual(["e", "refused", "d", "c", "b", "a"]);
  });

  test("a log that became shorter is told", () => {
    find({});
    writeFileSync(log, readFileSync(log).subarray(0, -50));
    expect(() => find({})).toThrow("is shorter than when it was last looked at: it was cut");
  });

  test("an index of another version is made anew", () => {
    find({});
    index.all("pragma user_version = 99");
    index.close();
    index = new RecordIndex(log, `${log}.index`);
    expect(find({ label: "pci" })).toEqual(["b"]);
  });
});

test("whatever is asked, the index finds what reading everything does", () => {
  const names = fc.constantFrom("x", "y", "z");
  const few = fc.uniqueArray(names, { maxLength: 2 });
  const record = fc.record({
    who: fc.record({ id: names, kind: names, on_behalf_of: names }, { requiredKeys: ["id", "kind"] }),
    session: names,
    kind: names,
    target: names,
    tables: few,
    labels: few,
    rules: few.map((rules) => rules.map((rule) => `${rule}:1`)),
    decision: fc.constantFrom("allow" as const, "deny" as const),
    time: fc.integer({ min: 0, max: 3 }).map((hour) => new Date(hour * 3_600_000).toISOString()),
  });
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 1 });
  const query: fc.Arbitrary<RecordQuery> = fc.record({
    principal: maybe(names),
    principalKind: maybe(names),
    target: maybe(names),
    label: maybe(names),
    table: maybe(names),
    rule: maybe(fc.constantFrom("x:1", "y")),
    kind: maybe(names),
    session: maybe(names),
    denied: maybe(fc.constant(true)),
    sinceMs: maybe(fc.constantFrom(0, 3_600_000)),
    untilMs: maybe(fc.constantFrom(3_600_000, 7_200_000)),
  });
  const holds = (fields: Fields & { readonly time: string }, wanted: RecordQuery): boolean => {
    const { who } = fields;
    const ms = Date.parse(fields.time);
    const rules = fields.rules ?? [];
    return (
      (wanted.principal === undefined || wanted.principal === who?.id || wanted.principal === who?.on_behalf_of) &&
      (wanted.principalKind === undefined || wanted.principalKind === who?.kind) &&
      (wanted.target === undefined || wanted.target === fields.target) &&
      (wanted.label === undefined || fields.labels?.includes(wanted.label) === true) &&
      (wanted.table === undefined || fields.tables?.includes(wanted.table) === true) &&
      (wanted.rule === undefined || rules.includes(wanted.rule) || rules.includes(`${wanted.rule}:1`)) &&
      (wanted.kind === undefined || wanted.kind === fields.kind) &&
      (wanted.session === undefined || wanted.session === fields.session) &&
      (wanted.denied === undefined || fields.decision === "deny") &&
      (wanted.sinceMs === undefined || ms >= wanted.sinceMs) &&
      (wanted.untilMs === undefined || ms < wanted.untilMs)
    );
  };
  const records = fc
    .sample(record, { numRuns: 300, seed: 7 })
    .map((each, number) => ({ ...each, number, text: `${number}` }));
  writeFileSync(log, records.map((each) => `${statement(each)}\n`).join(""));
  fc.assert(
    fc.property(query, (wanted) => {
      const expected = records.filter((each) => holds(each, wanted)).map(({ text }) => text);
      expect(find(wanted, 1000)).toEqual(expected.toReversed());
    }),
    { numRuns: 500 },
  );
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

  test("tells what an agent read, from where, for whom, allowed by which rules", () => {
    expect(printReport(reportOn(index, "agent", { principal: "bot" }), "text", "")).toBe(
      [
        "agent  on behalf of  target  table             statements  denied  rows  first             last              labels  rules",
        "bot    ann           shop    public.cards      2           1       5     2026-01-01 10:00  2026-01-03 10:00  pii     agents:2 agents:9",
        "bot    ann           shop    public.customers  1           0       5     2026-01-01 10:00  2026-01-01 10:00  pii     agents:2",
        "",
      ].join("\n"),
    );
  });

  test("by label, and by principal with statements that have no table", () => {
    const rows = (by: "label" | "principal" | "table") =>
      reportOn(index, by, {}).rows.map(({ principal, what, statements, rows: count }) => [
        what,
        principal,
        statements,
        count,
      ]);
    expect(rows("label")).toEqual([
      ["pii", "ann", 1, 10],
      ["pii", "bot", 1, 5],
    ]);
    expect(rows("principal")).toContainEqual(["", "=cmd|'<b>&", 1, 0]);
    expect(rows("table")).toHaveLength(4);
  });

  test("of nothing is empty", () => {
    const nothing = reportOn(index, "label", { label: "secret" });
    expect(nothing.rows).toEqual([]);
    expect(printReport(nothing, "html", "t")).toContain("<p>Nothing.</p>");
  });

  test("as CSV holds no formula for a spreadsheet, and as HTML no markup of names", () => {
    const all = reportOn(index, "principal", {});
    const csv = printReport(all, "csv", "");
    expect(csv).toContain("\r\n'=cmd|'<b>&,ann,shop,,1,0,0,");
    const html = printReport(all, "html", "What <i>");
    expect(html).toContain("=cmd|&#39;&lt;b&gt;&amp;");
    expect(html).toContain("<h1>What &lt;i&gt;</h1>");
    expect(html).not.toMatch(/<b>|<i>|<script|https?:/);
    expect(html.match(/<rect class="denied"/g)).toHaveLength(2);
    const json: unknown = JSON.parse(printReport(all, "json", ""));
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
  expect(find({ principal: "ann" })).toHaveLength(50);
});
