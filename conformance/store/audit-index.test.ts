/** What every index of records promises, of both of them: that of one log in SQLite, and that of all proxies in PostgreSQL. */
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RecordQuery } from "../../proxy/src/audit/search/condition.ts";
import { reportSubjects } from "../../proxy/src/audit/search/report.ts";
import { SharedIndex } from "../../proxy/src/audit/shared/shared-index.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { type AuditIndex, localIndex, type SharedAuditIndex, sharedIndex, tablesOf } from "./audit-indexes.ts";

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
  const head = { event: "statement", time, session, statement: number, principal: who, target: "shop", kind: "select" };
  return JSON.stringify({ ...head, text: "select 1", tables: [], labels: [], rules: [], decision: "allow", ...rest });
}

const result = (session: string, number: number, rows: number): string =>
  JSON.stringify({
    event: "result",
    time: "2026-01-03T10:00:01.000Z",
    session,
    statement: number,
    rows,
    duration_us: 1500.4,
    sqlstate: "00000",
  });

const longName = `mallory ${"ж".repeat(3000)}`;
const examples = [
  statement({ text: "a", labels: ["pii"], tables: ["public.customers"], rules: ["pii:54", "pii.mask:3"] }),
  statement({
    text: "b",
    who: bot,
    session: "s2",
    labels: ["pii", "pci"],
    tables: ["public.cards"],
    rules: ["agents:2"],
  }),
  '{"event":"statement","time":"2026-01-01T1',
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
    user: longName,
    reason: "wrong password",
  }),
  statement({
    text: "e",
    session: "nul \0 and half \ud800",
    who: { id: "nul \0", kind: "human" },
    time: "2026-01-03T00:00:02.000Z",
  }),
];

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

describe.each<[string, () => AuditIndex]>([
  ["of one log", localIndex],
  ["of all proxies", () => sharedIndex(server, "examples")],
])("the index %s", (_, make) => {
  let index: AuditIndex;
  beforeAll(async () => {
    index = make();
    await index.write(...examples);
  });
  afterAll(() => index.close());
  const texts = async (query: RecordQuery, limit?: number) =>
    (await index.search(query, limit)).map(({ text }) => text);

  test.each<[string, RecordQuery, readonly string[]]>([
    ["all, the newest first", {}, ["e", "refused", "d", "c", "b", "a"]],
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
    ["of a name that is longer than an entry of an index may be", { principal: longName }, ["refused"]],
    ["of another long one", { principal: `${longName}ж` }, []],
    ["of a name that no text of PostgreSQL holds", { principal: "nul \0" }, ["e"]],
    ["of nothing that there is", { label: "secret" }, []],
    ["of nobody that there is", { principal: "nobody", label: "pii" }, []],
    ["of no such session", { session: "x" }, []],
  ])("finds records %s", async (_name, query, expected) => {
    expect(await texts(query)).toEqual(expected);
  });

  test("finds no more than were asked for", async () => {
    expect(await texts({}, 2)).toEqual(["e", "refused"]);
    expect(await texts({ label: "pii" }, 2)).toEqual(["d", "b"]);
  });
});

describe("the same log in both", () => {
  let local: AuditIndex;
  let shared: SharedAuditIndex;
  beforeAll(() => {
    local = localIndex();
    shared = sharedIndex(server, "same");
  });
  afterAll(async () => {
    await local.close();
    await shared.close();
  });

  const names = fc.constantFrom<string[]>("x", "y", "z");
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
    hour: fc.integer({ min: 0, max: 3 }),
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
  const records = fc
    .sample(record, { numRuns: 300, seed: 7 })
    .toSorted((one, other) => one.hour - other.hour)
    .map(({ hour, ...each }, number) => ({
      ...each,
      number,
      text: `${number}`,
      time: new Date(hour * 3_600_000).toISOString(),
    }));

  const holds = (fields: (typeof records)[number], wanted: RecordQuery): boolean => {
    const { who, rules } = fields;
    const ms = Date.parse(fields.time);
    return (
      (wanted.principal === undefined || wanted.principal === who.id || wanted.principal === who.on_behalf_of) &&
      (wanted.principalKind === undefined || wanted.principalKind === who.kind) &&
      (wanted.target === undefined || wanted.target === fields.target) &&
      (wanted.label === undefined || fields.labels.includes(wanted.label)) &&
      (wanted.table === undefined || fields.tables.includes(wanted.table)) &&
      (wanted.rule === undefined || rules.includes(wanted.rule) || rules.includes(`${wanted.rule}:1`)) &&
      (wanted.kind === undefined || wanted.kind === fields.kind) &&
      (wanted.session === undefined || wanted.session === fields.session) &&
      (wanted.denied === undefined || fields.decision === "deny") &&
      (wanted.sinceMs === undefined || ms >= wanted.sinceMs) &&
      (wanted.untilMs === undefined || ms < wanted.untilMs)
    );
  };

  test("is found alike, whatever is asked, with what became of statements, and as reading everything finds it", async () => {
    const lines = records.flatMap((each) => [
      statement(each),
      // Of some it comes later, of some never.
      ...(each.number % 3 === 0 ? [result(each.session, each.number, each.number)] : []),
    ]);
    const late = records
      .filter(({ number }) => number % 3 === 1)
      .map((each) => result(each.session, each.number, each.number));
    for (const index of [local, shared]) await index.write(...lines, ...late, result("nobody's", 1, 1));
    await fc.assert(
      fc.asyncProperty(query, async (wanted) => {
        const expected = records.filter((each) => holds(each, wanted)).map(({ text }) => text);
        const found = await local.search(wanted);
        expect(found.map(({ text }) => text)).toEqual(expected.toReversed());
        expect(await shared.search(wanted)).toEqual(found);
      }),
      { numRuns: 80, seed: 5 },
    );
    const outcomes = (await shared.search({})).map(({ result: outcome }) => outcome?.rows);
    expect(outcomes.filter((rows) => rows !== undefined)).toHaveLength(200);
    for (const by of reportSubjects)
      for (const wanted of [{}, { principal: "x" }, { label: "y", denied: true }, { label: "nothing" }]) {
        const report = await local.report(by, wanted);
        expect(await shared.report(by, wanted)).toEqual(report);
      }
    expect((await local.report("label", {})).rows.length).toBeGreaterThan(20);

    const before = await shared.search({});
    for (const together of [17, 1000]) await shared.again(together);
    expect(await shared.search({})).toEqual(before);
  });
});

describe("the index of all proxies", () => {
  test("forgets what is older than a proxy keeps, and nothing of others", async () => {
    const old = statement({ text: "old", labels: ["pii"], time: new Date(Date.now() - 31 * 86_400_000).toISOString() });
    const now = statement({ text: "now", labels: ["pii"], time: new Date().toISOString() });
    const [keeps, forgets] = [sharedIndex(server, "keeps"), sharedIndex(server, "forgets", 30)];
    await keeps.write(old, now);
    await forgets.write(old, now);
    const texts = async (index: AuditIndex) => (await index.search({ label: "pii" })).map(({ text }) => text);
    while ((await texts(forgets)).length > 1) await sleep(10);
    expect(await texts(forgets)).toEqual(["now"]);
    expect(await texts(keeps)).toEqual(["now", "old"]);
    const direct = new Client(server.url());
    await direct.connect();
    const { rows } = await direct.query(
      "select count(*)::int as lost from penstock.audit_tags where record not in (select id from penstock.audit_records)",
    );
    await direct.end();
    expect(rows).toEqual([{ lost: 0 }]);
    await Promise.all([keeps.close(), forgets.close()]);
  });

  test("says so where a search takes too long, and answers the next one", async () => {
    const index = new SharedIndex(tablesOf(server), 1000);
    await index.search({}, 1);
    const direct = new Client(server.url());
    await direct.connect();
    await direct.query("begin; lock table penstock.audit_records in access exclusive mode");
    await expect(index.search({}, 1)).rejects.toThrow(
      /^the store postgres:\/\/.* has no answer after 1000 ms: ask for less, such as a shorter time/,
    );
    await direct.end();
    await expect(index.search({}, 1)).resolves.toHaveLength(1);
    index.close();
  });

  test("gives a result to the statement before it, where several of a session have one number, and once", async () => {
    const index = sharedIndex(server, "numbers");
    const time = "2026-01-01T10:00:00.000Z";
    await index.write(
      statement({ text: "first", time }),
      result("s1", 1, 1),
      statement({ text: "second", time }),
      result("s1", 1, 2),
      statement({ text: "third", time }),
    );
    const rows = async () => (await index.search({})).map(({ text, result: outcome }) => [text, outcome?.rows]);
    const expected = [
      ["third", undefined],
      ["second", 2],
      ["first", 1],
    ];
    expect(await rows()).toEqual(expected);
    for (const together of [1, 2, 3, 100]) await index.again(together);
    expect(await rows()).toEqual(expected);
    await index.close();
  });
});
