/**
 * Whatever is sent, in whatever order, the client gets what the server would have answered: a statement that the proxy denies
 * behaves as one that the server refuses.
 */
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import {
  bind,
  closePortal,
  closeStatement,
  copyData,
  copyDone,
  copyFail,
  describePortal,
  describeStatement,
  execute,
  flush,
  parse,
  query,
  RawClient,
  sync,
  transcript,
} from "./raw-client.ts";
import { startTestProxy, type TestProxy } from "./test-proxy.ts";

let server: PostgresServer;
let proxied: TestProxy;

beforeAll(async () => {
  server = await startPostgres();
  proxied = await startTestProxy(server);
  const setup = await RawClient.connect(server.url());
  await setup.exchange([query("create table kept(v int unique deferrable initially deferred)")]);
  setup.end();
});

afterAll(async () => {
  await proxied?.close();
  await server?.stop();
});

/** The server refuses the first for a relation that does not exist; the proxy does not ask it. */
const denied = "select 1 from forbidden";
const texts = [
  denied,
  denied,
  "select 1 as one",
  "select generate_series(1,3)",
  "",
  "selec",
  "select 1/0",
  "begin",
  "commit",
  "rollback",
  "savepoint s",
  "rollback to s",
  "insert into kept values (1)",
  "select count(*) from kept",
  "values (1),(2)",
  "set search_path = public",
  "prepare one as select 11",
  "execute one",
  "deallocate one",
  "declare c cursor with hold for select generate_series(1,5)",
  "fetch 2 c",
  "close c",
];

const definitions = new Map([
  ["execute one", "prepare one as select 11"],
  ["fetch 2 c", "declare c cursor with hold for select generate_series(1,5)"],
]);

const name = fc.constantFrom("", "one", "two");
const text = fc.constantFrom(...texts);
const step: fc.Arbitrary<{ readonly show: string; readonly bytes: Buffer; readonly ready: number }> = fc.oneof(
  { weight: 4, arbitrary: text.map((sql) => ({ show: `Q ${sql}`, bytes: query(sql), ready: 1 })) },
  {
    weight: 2,
    // One denied, none runs: the server would run what stands before it.
    arbitrary: fc
      .tuple(
        text,
        text.filter((sql) => sql !== denied),
      )
      // A name that is not there is refused before anything runs, and the server runs what stands before it.
      .map(([a, b]): [string, string] => [definitions.get(b) ?? a, b])
      .map(([a, b]) => ({ show: `Q ${a}; ${b}`, bytes: query(`${a};${b}`), ready: 1 })),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(name, text).map(([n, sql]) => ({ show: `P ${n} ${sql}`, bytes: parse(n, sql), ready: 0 })),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(name, name).map(([p, s]) => ({ show: `B ${p} ${s}`, bytes: bind(p, s), ready: 0 })),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(name, fc.constantFrom(0, 0, 1))
      .map(([p, rows]) => ({ show: `E ${p} ${rows}`, bytes: execute(p, rows), ready: 0 })),
  },
  { weight: 2, arbitrary: name.map((p) => ({ show: `DP ${p}`, bytes: describePortal(p), ready: 0 })) },
  { weight: 2, arbitrary: name.map((s) => ({ show: `DS ${s}`, bytes: describeStatement(s), ready: 0 })) },
  { weight: 1, arbitrary: name.map((p) => ({ show: `CP ${p}`, bytes: closePortal(p), ready: 0 })) },
  { weight: 1, arbitrary: name.map((s) => ({ show: `CS ${s}`, bytes: closeStatement(s), ready: 0 })) },
  { weight: 1, arbitrary: fc.constant({ show: "H", bytes: flush, ready: 0 }) },
  { weight: 4, arbitrary: fc.constant({ show: "S", bytes: sync, ready: 1 }) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(copyData("x"), copyDone, copyFail("no"))
      .map((bytes) => ({ show: "stray", bytes, ready: 0 })),
  },
);

/** Comparable: what the server refuses for a reason of its own, the proxy refuses for another. */
const comparable = (words: readonly string[]) => words.map((word) => (word.startsWith("E:") ? "E" : word));

/** Everything up to the answer to a last question, which no earlier one can be mistaken for. */
async function answers(client: RawClient, messages: readonly Buffer[]): Promise<string[]> {
  client.send(...messages, sync, query("rollback"), query("select 'the end'"));
  const heard = await client.until(({ type, body }) => type === "D" && body.includes("the end"));
  const rest = await client.until(({ type }) => type === "Z");
  return comparable(transcript([...heard, ...rest]));
}

/** Sends a third of the bytes, cut wherever that is; gives the rest. */
async function sendBeginning(client: RawClient, messages: readonly Buffer[]): Promise<readonly Buffer[]> {
  const whole = Buffer.concat(messages);
  const cut = Math.floor(whole.length / 3);
  client.send(whole.subarray(0, cut));
  await new Promise((resolve) => setImmediate(resolve));
  return [whole.subarray(cut)];
}

const reset = ["rollback", "discard all", "truncate kept"].map(query);

test("any sequence of messages is answered through the proxy as by the server itself", async () => {
  const direct = await RawClient.connect(server.url());
  const through = await RawClient.connect(proxied.url());
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), fc.boolean(), async (steps, inPieces) => {
      await direct.exchange(reset, 3);
      await through.exchange(reset, 3);
      const bytes = steps.map((each) => each.bytes);
      const expected = await answers(direct, bytes);
      await direct.exchange(reset, 3);
      expect(await answers(through, inPieces ? await sendBeginning(through, bytes) : bytes)).toEqual(expected);
    }),
    { numRuns: 300 },
  );
  expect(proxied.events.filter(({ kind }) => kind === "fault")).toEqual([]);
  direct.end();
  through.end();
});
