import type { PrincipalContext } from "@penstock/engine";
import { expect, test } from "vitest";
import { refusedLine, SessionRecords } from "./audit-records.ts";

const context: PrincipalContext = {
  principal: {
    id: "bot",
    name: "bot",
    kind: "agent",
    groups: ["agents"],
    claims: {},
    onBehalfOf: {
      id: "ana",
      name: "ana",
      kind: "human",
      groups: [],
      claims: {},
      auth: { method: "trust", atNs: 0n, mfa: false },
    },
    auth: { method: "scram", atNs: 0n, mfa: false },
  },
  session: {
    id: "s1",
    database: "shop",
    user: "bot",
    client: { address: "127.0.0.1", application: 'evil\u001b[31m","event":"x\n', tls: false },
    startedAtNs: 0n,
    tags: {},
  },
  target: { name: "shop", engine: "postgres", version: "18.4", environment: "demo", tags: {} },
};
const records = new SessionRecords(context);
const names = { searchPath: ["public"] };

test("every line is one JSON object with event, time and session", () => {
  const all = [
    records.connect(),
    records.statement(1, '"text":"select 1","decision":"allow"', names),
    records.result(1, {
      rows: 1,
      bytes: 20,
      durationUs: 1234.5,
      sqlstate: "00000",
      endedBy: undefined,
      found: undefined,
    }),
    records.alert(1, "masked column came back"),
    records.disconnect(1, "terminate"),
    refusedLine("s2", "eve\n", { address: "10.0.0.1" }, "password"),
  ];
  const parsed: { event: string }[] = all.map((line) => JSON.parse(line));
  expect(parsed.map((line) => line.event)).toEqual([
    "connect",
    "statement",
    "result",
    "alert",
    "disconnect",
    "refused",
  ]);
  for (const line of parsed)
    expect(line).toMatchObject({ session: expect.any(String), time: expect.stringMatching(/^\d{4}-.*Z$/) });
  // oxlint-disable-next-line no-control-regex
  for (const line of all) expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
});

test("a statement names who asked, on whose behalf, and what the engine said", () => {
  expect(JSON.parse(records.statement(7, '"text":"select 1","decision":"allow"', names))).toMatchObject({
    session: "s1",
    statement: 7,
    principal: { id: "bot", kind: "agent", groups: ["agents"], on_behalf_of: "ana" },
    target: "shop",
    database: "shop",
    text: "select 1",
    decision: "allow",
  });
});

test("what a client calls itself cannot add fields to a line", () => {
  const line: { event: string; client: { application: string } } = JSON.parse(records.connect());
  expect(line.event).toBe("connect");
  expect(line.client.application).toBe(context.session.client.application);
});

test("the search_path stands in the first statement of a session, and where it has changed", () => {
  const own = new SessionRecords(context);
  const paths = [names, names, { searchPath: ["app", "public"] }, names].map((each, index) => {
    const line: { search_path?: string[] } = JSON.parse(own.statement(index + 1, '"text":"select 1"', each));
    return line.search_path;
  });
  expect(paths).toEqual([["public"], undefined, ["app", "public"], ["public"]]);
});

test("connecting records all that rules see of the session, with exact numbers", () => {
  const { principal } = context;
  const line = new SessionRecords({
    ...context,
    principal: { ...principal, groups: ["b", "a"], claims: { limit: 9_007_199_254_740_993n, evil: "\u001b[2J" } },
  }).connect();
  expect(line).toContain('"limit":9007199254740993');
  expect(line).not.toContain("\u001b");
  expect(JSON.parse(line)).toMatchObject({
    roots: {
      principal: { id: "bot", groups: ["a", "b"], claims: { evil: "\u001b[2J" }, on_behalf_of: { id: "ana" } },
      session: { id: "s1", client: { address: "127.0.0.1" } },
      target: { name: "shop", environment: "demo" },
    },
  });
});
