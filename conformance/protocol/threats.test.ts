/**
 * Ways of sending bytes that could lead past a decision: what each is answered with, and that the same done rightly works. Nothing that was refused or
 * hidden inside of something else may reach the server, no other session may notice, and the proxy must count no fault.
 */
import { connect, type Socket } from "node:net";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { selfSigned } from "./certificate.ts";
import {
  bind,
  copyData,
  copyDone,
  copyFail,
  describePortal,
  execute,
  flush,
  parse,
  query,
  raw,
  RawClient,
  sync,
} from "./raw-client.ts";
import { startTestProxy, type TestProxy, testUser } from "./test-proxy.ts";
import { threats } from "./threats.ts";

let server: PostgresServer;
let proxied: TestProxy;
let guarded: TestProxy;

beforeAll(async () => {
  server = await startPostgres({ settings: { log_statement: "all" } });
  const limits = { loginMs: 1_500 };
  proxied = await startTestProxy(server, { proxy: { limits } });
  guarded = await startTestProxy(server, { proxy: { limits, tls: selfSigned() } });
});
afterAll(async () => {
  await proxied?.close();
  await guarded?.close();
  await server?.stop();
});

/** Nothing smuggled reached the server, the proxy counts no fault, and everybody else is served. */
async function expectUnharmed(): Promise<void> {
  expect(server.log()).not.toContain("smuggled");
  for (const { proxy, url } of [proxied, guarded]) {
    const client = new Client({ connectionString: url() });
    await client.connect();
    const { rows } = await client.query<{ v: number }>("select 1 as v");
    await client.end();
    expect({ rows, faults: proxy.meters.faults }).toEqual({ rows: [{ v: 1 }], faults: 0 });
  }
}

const smuggled = query("select 'forbidden smuggled'");
const int16 = (value: number) => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
};
/** The message with another length than it has. */
function claiming(length: number, message: Buffer): Buffer {
  const bytes = Buffer.from(message);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}
const run = (text: string) => [parse("", text), bind("", ""), execute("")];
const functionCall = (oid: number, ...args: readonly string[]) =>
  raw("F", int32(oid), int16(0), int16(args.length), ...args.flatMap((arg) => [int32(arg.length), arg]), int16(0));
const packet = (code: number, ...rest: readonly Buffer[]) => {
  const body = Buffer.concat(rest);
  return Buffer.concat([int32(8 + body.length), int32(code), body]);
};
const startup = (parameters: Readonly<Record<string, string>> = {}) =>
  packet(
    3 << 16,
    Buffer.from(
      `${Object.entries({ user: testUser, database: "postgres", ...parameters })
        .flat()
        .join("\0")}\0\0`,
    ),
  );
const sslRequest = packet(80877103);
const gssRequest = packet(80877104);
const cancelRequest = (processId: number, ...secret: readonly Buffer[]) =>
  packet(80877102, int32(processId), ...secret);

/** In a session: what is sent, and every word of the answer. */
interface Exchange {
  readonly name: string;
  readonly before?: readonly string[];
  readonly attack: readonly Buffer[];
  readonly answer: readonly string[];
  readonly twin: readonly Buffer[];
  readonly twinAnswer: readonly string[];
}

const ok = ["T", "D:1", "C:SELECT 1", "Z:I"];
const ended = ["E:08P01"];
const called = (name: string, call: Buffer, twin: string, shows: string): Exchange => ({
  name,
  attack: [call],
  answer: ["E:0A000", "Z:I"],
  twin: [query(twin)],
  twinAnswer: ["T", `D:${shows}`, "C:SELECT 1", "Z:I"],
});

const exchanges: Readonly<Record<number, readonly Exchange[]>> = {
  51: [
    called(
      "a setting",
      functionCall(2078, "search_path", "evil", "f"),
      "select current_setting('port')::int * 0 + 6",
      "6",
    ),
    called("a file", functionCall(2624, "PG_VERSION"), "select 1", "1"),
    called("a query as text", functionCall(2923, "select 'smuggled'"), "select 2", "2"),
    called("a large object put into a file", functionCall(765, "1", "export"), "select 3", "3"),
    called("a function that is none", functionCall(0), "select 4", "4"),
    { name: "no body at all", attack: [raw("F"), smuggled], answer: ended, twin: [query("select 1")], twinAnswer: ok },
    {
      name: "inside a transaction",
      before: ["begin"],
      attack: [functionCall(2078, "search_path", "evil", "f")],
      answer: ["E:0A000", "Z:E"],
      twin: [query("rollback"), query("select 1")],
      twinAnswer: ["C:ROLLBACK", "Z:I", ...ok],
    },
    {
      name: "inside a pipeline",
      attack: [parse("", "select 1"), functionCall(2078, "search_path", "evil", "f"), sync],
      answer: ["1", "E:0A000", "Z:I", "Z:I"],
      twin: [...run("select 1"), sync],
      twinAnswer: ["1", "2", "D:1", "C:SELECT 1", "Z:I"],
    },
  ],
  52: [
    ...[0, 1, 3].map(
      (length): Exchange => ({
        name: `a length of ${length}`,
        attack: [claiming(length, smuggled)],
        answer: ended,
        twin: [query("select 1")],
        twinAnswer: ok,
      }),
    ),
    ...[0x7fffffff, 0x80000000, 0xffffffff].map(
      (length): Exchange => ({
        name: `a length of ${length}`,
        attack: [claiming(length, smuggled)],
        answer: ended,
        twin: [query(`select length('${"x".repeat(100_000)}') - 99999`)],
        twinAnswer: ok,
      }),
    ),
    {
      name: "a length that cuts the text, and takes its rest for a message",
      attack: [claiming(8, raw("Q", "xyz\0", smuggled))],
      answer: ["E:42601", "Z:I", "E:42501", "Z:I"],
      twin: [query("select 1")],
      twinAnswer: ok,
    },
    {
      name: "a message behind the text's end",
      attack: [raw("Q", "select 1\0", smuggled)],
      answer: ended,
      twin: [query("select 1")],
      twinAnswer: ok,
    },
    {
      name: "a text without its end",
      attack: [raw("Q", "select 'smuggled'")],
      answer: ended,
      twin: [query("select 1")],
      twinAnswer: ok,
    },
    {
      name: "a message inside of a Sync",
      attack: [raw("S", smuggled)],
      answer: ended,
      twin: [sync],
      twinAnswer: ["Z:I"],
    },
    {
      name: "more parameter types than there is room for",
      attack: [raw("P", "\0select 'smuggled'\0", int16(0x7fff)), sync],
      answer: ended,
      twin: [raw("P", "\0select $1\0", int16(1), int32(23)), sync],
      twinAnswer: ["1", "Z:I"],
    },
    {
      name: "more values than there are, one longer than its message",
      attack: [
        parse("", "select $1::text"),
        raw("B", "\0\0", int16(0), int16(1), int32(1_000_000), "x"),
        execute(""),
        sync,
      ],
      answer: ["1", "E:08P01", "Z:I"],
      twin: [parse("", "select $1::text"), bind("", "", ["1"]), execute(""), sync],
      twinAnswer: ["1", "2", "D:1", "C:SELECT 1", "Z:I"],
    },
    {
      name: "a message behind an Execute's end",
      attack: [parse("", "select 1"), bind("", ""), raw("E", "\0", int32(0), smuggled), sync],
      answer: ended,
      twin: [...run("select 1"), sync],
      twinAnswer: ["1", "2", "D:1", "C:SELECT 1", "Z:I"],
    },
  ],
  55: [
    ["a start as somebody else", startup({ user: "postgres", database: "template1" })],
    ["the same start again", startup()],
    ["a request for TLS", sslRequest],
    ["a request to cancel", cancelRequest(1, int32(1))],
    ["a password", raw("p", "postgres\0")],
    ["an answer to SASL", raw("p", "SCRAM-SHA-256\0", int32(3), "n,,")],
  ].map(
    ([name, bytes]): Exchange => ({
      name: String(name),
      attack: [Buffer.from(bytes ?? ""), smuggled],
      answer: ended,
      twin: [query("discard all"), query("select 1")],
      twinAnswer: ["C:DISCARD ALL", "Z:I", ...ok],
    }),
  ),
  56: [
    {
      name: "what follows a denial in its group",
      attack: [
        parse("", "select 'forbidden smuggled'"),
        bind("", ""),
        execute(""),
        ...run("select 'smuggled'"),
        sync,
        query("select 1"),
      ],
      answer: ["E:42501", "Z:I", ...ok],
      twin: [...run("select 1"), ...run("select 2"), sync],
      twinAnswer: ["1", "2", "D:1", "C:SELECT 1", "1", "2", "D:2", "C:SELECT 1", "Z:I"],
    },
    {
      name: "a Query in a group that has failed",
      attack: [parse("", "select 'forbidden smuggled'"), query("select 'smuggled'"), sync],
      answer: ["E:42501", "Z:I"],
      twin: [parse("", "select 1"), sync, query("select 1")],
      twinAnswer: ["1", "Z:I", ...ok],
    },
    {
      name: "the statement of before under the name of a denied one",
      attack: [
        parse("s", "select 1"),
        sync,
        parse("s", "select 'forbidden smuggled'"),
        bind("", "s"),
        execute(""),
        sync,
        bind("", "s"),
        execute(""),
        sync,
      ],
      answer: ["1", "Z:I", "E:42501", "Z:I", "2", "D:1", "C:SELECT 1", "Z:I"],
      twin: [bind("", "s"), execute(""), sync],
      twinAnswer: ["2", "D:1", "C:SELECT 1", "Z:I"],
    },
    {
      name: "the unnamed statement of before, in place of a denied one",
      attack: [
        parse("", "select 1"),
        sync,
        parse("", "select 'forbidden smuggled'"),
        sync,
        bind("", ""),
        execute(""),
        sync,
      ],
      answer: ["1", "Z:I", "E:42501", "Z:I", "E:26000", "Z:I"],
      twin: [parse("", "select 1"), sync, bind("", ""), execute(""), sync],
      twinAnswer: ["1", "Z:I", "2", "D:1", "C:SELECT 1", "Z:I"],
    },
    {
      name: "a portal of before, after a denial in its transaction",
      before: ["begin"],
      attack: [
        parse("", "select 'smug' || 'gled'"),
        bind("p", ""),
        sync,
        query("select 'forbidden'"),
        execute("p"),
        sync,
      ],
      answer: ["1", "2", "Z:T", "E:42501", "Z:E", "E:25P02", "Z:E"],
      twin: [query("rollback"), query("select 1")],
      twinAnswer: ["C:ROLLBACK", "Z:I", ...ok],
    },
    {
      name: "data of a COPY that there is not",
      attack: [copyData("select 'smuggled'"), copyDone, copyFail("smuggled"), query("select 1")],
      answer: ok,
      twin: [query("create temp table t (v text)"), query("copy t from stdin"), copyData("x\n"), copyDone],
      twinAnswer: ["C:CREATE TABLE", "Z:I", "G", "C:COPY 1", "Z:I"],
    },
    {
      name: "statements as data of a COPY",
      before: ["create temp table u (v text)"],
      attack: [query("copy u from stdin"), raw("d", "1\n"), copyDone, query("select count(*) from u")],
      answer: ["G", "C:COPY 1", "Z:I", ...ok],
      twin: [query("table u")],
      twinAnswer: ok,
    },
    {
      name: "many Syncs, and Flush between them",
      attack: [sync, flush, sync, parse("", "select 'forbidden smuggled'"), flush, sync, flush, sync],
      answer: ["Z:I", "Z:I", "E:42501", "Z:I", "Z:I"],
      twin: [flush, sync],
      twinAnswer: ["Z:I"],
    },
    {
      name: "a Describe of what was denied",
      attack: [parse("", "select 'forbidden smuggled'"), describePortal(""), raw("D", "S\0"), sync],
      answer: ["E:42501", "Z:I"],
      twin: [parse("", "select 1"), bind("", ""), describePortal(""), sync],
      twinAnswer: ["1", "2", "T", "Z:I"],
    },
  ],
};

describe.each(Object.entries(exchanges))("class %s", (_, variants) => {
  let through: RawClient;
  beforeEach(async () => {
    through = await RawClient.connect(proxied.url());
  });
  afterEach(() => through.end());

  const readies = (words: readonly string[]) => words.filter((word) => word.startsWith("Z:")).length;

  test.each(variants)("$name", async ({ before = [], attack, answer, twin, twinAnswer }) => {
    for (const sql of before) await through.exchange([query(sql)]);
    expect(await through.exchange(attack, Math.max(1, readies(answer)))).toEqual(answer);
    // What ended its session is followed by another one.
    if (through.closed) through = await RawClient.connect(proxied.url());
    expect(await through.exchange(twin, readies(twinAnswer))).toEqual(twinAnswer);
    await expectUnharmed();
  });
});

/** All that comes until the connection ends, from bytes that are sent piece by piece. */
function answerTo(port: number, parts: readonly Buffer[], pauseMs = 20): Promise<Buffer> {
  return new Promise((resolve) => {
    const heard: Buffer[] = [];
    const socket: Socket = connect(port, "127.0.0.1", () => {
      parts.forEach((part, index) => setTimeout(() => socket.writable && socket.write(part), index * pauseMs));
    });
    const timer = setTimeout(() => socket.destroy(), 6_000);
    socket.on("data", (chunk) => heard.push(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(Buffer.concat([...heard, Buffer.from(timedOut ? "held open" : "")]));
    });
    let timedOut = false;
    setTimeout(() => (timedOut = !socket.destroyed), 5_900).unref();
  });
}

const beforeTls: readonly (readonly [name: string, parts: readonly Buffer[]])[] = [
  ["a start", [Buffer.concat([sslRequest, startup()])]],
  ["a statement", [Buffer.concat([sslRequest, smuggled])]],
  ["one byte", [Buffer.concat([sslRequest, Buffer.from([0x16])])]],
  ["a second request", [Buffer.concat([sslRequest, sslRequest])]],
  ["a start in place of the handshake", [sslRequest, startup()]],
  ["a request for GSS, then a start", [Buffer.concat([gssRequest, sslRequest, startup()])]],
];

describe("class 54", () => {
  test.each(beforeTls)("%s with the request for TLS begins no session", async (_, parts) => {
    const heard = (await answerTo(guarded.port, parts, 200)).toString("latin1");
    // To be asked for a password.
    expect(heard).not.toMatch(/^[SN]*R|SCRAM/);
    expect(heard).not.toContain("held open");
    const client = new Client({ connectionString: guarded.url(), ssl: { rejectUnauthorized: false } });
    await client.connect();
    expect((await client.query("select ssl_is_used() as v").catch(() => ({ rows: [{ v: 1 }] }))).rows).toHaveLength(1);
    await client.end();
    await expectUnharmed();
  });
});

interface Key {
  readonly processID: number;
  readonly secretKey: number;
}
function keyOf(client: unknown): Key {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fields that pg has and its types leave out
  return client as Key;
}

const wrongKeys: readonly (readonly [name: string, make: (own: Key, other: Key, upstream: number) => Buffer])[] = [
  ["with another secret", (own) => cancelRequest(own.processID, int32(own.secretKey ^ 1))],
  ["with a secret of nothing", (own) => cancelRequest(own.processID, int32(0))],
  ["with no secret", (own) => cancelRequest(own.processID)],
  ["with the secret and more", (own) => cancelRequest(own.processID, int32(own.secretKey), int32(0))],
  ["with another session's secret", (own, other) => cancelRequest(own.processID, int32(other.secretKey))],
  ["with another session's key", (_own, other) => cancelRequest(other.processID, int32(other.secretKey))],
  ["by the server's own process", (own, _other, upstream) => cancelRequest(upstream, int32(own.secretKey))],
  ["with a key that is cut", (own) => cancelRequest(own.processID, int32(own.secretKey)).subarray(0, 14)],
];

describe("class 57", () => {
  test.each(wrongKeys)("a request %s cancels nothing, and the right one does", async (_, make) => {
    const [client, other] = [0, 1].map(() => new Client({ connectionString: proxied.url() })) as [Client, Client];
    await Promise.all([client.connect(), other.connect()]);
    const pid = (await client.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]?.pid ?? 0;
    const sleeping = client.query("select pg_sleep(0.7), 'slept' as v");
    await answerTo(proxied.port, [make(keyOf(client), keyOf(other), pid)]);
    expect((await sleeping).rows[0]).toMatchObject({ v: "slept" });
    const cancelled = client.query("select pg_sleep(20)").catch((error: unknown) => error);
    const { processID, secretKey } = keyOf(client);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await answerTo(proxied.port, [cancelRequest(processID, int32(secretKey))]);
    expect(await cancelled).toMatchObject({ code: "57014" });
    await client.end();
    // Its key is worth nothing any more.
    const sleepingOther = other.query("select pg_sleep(0.3), 'slept' as v");
    await answerTo(proxied.port, [cancelRequest(processID, int32(secretKey))]);
    expect((await sleepingOther).rows[0]).toMatchObject({ v: "slept" });
    await other.end();
    await expectUnharmed();
  });
});

const silent: readonly (readonly [name: string, parts: readonly Buffer[]])[] = [
  ["nothing", []],
  ["half of a length", [Buffer.from([0, 0])]],
  ["the beginning of a start", [startup().subarray(0, 12)]],
  ["a start, and no password", [startup()]],
  ["a start byte by byte", [...startup()].map((byte) => Buffer.from([byte]))],
  ["half of a password", [startup(), raw("p", "SCRAM-SHA-256\0", int32(3), "n,,").subarray(0, 9)]],
  ["requests without end", Array.from({ length: 60 }, () => gssRequest)],
];

describe("class 61", () => {
  test.each(silent)("a connection that sends %s is ended in time, and others log in meanwhile", async (_, parts) => {
    const open = Array.from({ length: 20 }, () => answerTo(proxied.port, parts, 40));
    const client = new Client({ connectionString: proxied.url() });
    await client.connect();
    expect((await client.query("select 1 as v")).rows).toEqual([{ v: 1 }]);
    await client.end();
    for (const heard of await Promise.all(open)) expect(heard.toString("latin1")).not.toContain("held open");
    await expectUnharmed();
  });
});

test("every class has five variants at least", () => {
  const counts = {
    ...Object.fromEntries(Object.entries(exchanges).map(([number, variants]) => [number, variants.length])),
    54: beforeTls.length,
    57: wrongKeys.length,
    61: silent.length,
  };
  expect(Object.keys(counts)).toEqual(Object.keys(threats));
  expect(Object.values(counts).filter((count) => count < 5)).toEqual([]);
});
