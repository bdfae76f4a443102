/** What goes over the wire to collectors and webhooks, and what their answers mean. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { OtlpSink } from "./otlp-sink.ts";
import { SinkError, type SinkRecord } from "./sink.ts";
import { signatureOf, WebhookSink } from "./webhook-sink.ts";

let server: Server;
let url: URL;
let requests: {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly path: string | undefined;
}[];
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  requests = [];
  answer = (response) => response.end("{}");
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      requests.push({ headers: request.headers, body, path: request.url });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on TCP
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=hidden-in-the-address`);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const record = (change: object = {}, id = "00000000-0000-8000-8000-000000000001"): SinkRecord => ({
  id,
  chain: "c",
  segment: 2,
  start: 300,
  line: JSON.stringify({
    event: "statement",
    time: "2026-01-02T03:04:05.678Z",
    session: "s",
    statement: 7,
    principal: { id: "ana", kind: "human" },
    target: "shop",
    text: "select 'ж\u0000'",
    decision: "allow",
    ...change,
  }),
});
const never = new AbortController().signal;
const address = (change = {}) => ({ url, ca: undefined, token: undefined, timeoutMs: 2000, ...change });
const webhook = (change = {}) => new WebhookSink({ ...address(), secret: () => "shared", ...change });
const body = (index = 0) => JSON.parse(requests[index]?.body ?? "null");

describe("a webhook", () => {
  test("gets records as JSON, signed", async () => {
    await webhook().send([record(), record({ statement: 8 }, "id2")], never);
    expect(body()).toEqual({
      records: [
        { id: record().id, chain: "c", segment: 2, start: 300, record: JSON.parse(record().line) },
        { id: "id2", chain: "c", segment: 2, start: 300, record: JSON.parse(record({ statement: 8 }).line) },
      ],
    });
    const [, seconds, signature] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(requests[0]?.headers["penstock-signature"])) ?? [];
    expect(Math.abs(Date.now() / 1000 - Number(seconds))).toBeLessThan(5);
    expect(signature).toBe(signatureOf("shared", Number(seconds), requests[0]?.body ?? ""));
    expect(signature).not.toBe(signatureOf("shared", Number(seconds) + 1, requests[0]?.body ?? ""));
    expect(signature).not.toBe(signatureOf("other", Number(seconds), requests[0]?.body ?? ""));
    expect(requests[0]).toMatchObject({ path: "/hook?key=hidden-in-the-address" });
  });

  test("can tell by the delivery's name that the same records come again", async () => {
    const sink = webhook();
    await sink.send([record()], never);
    await sink.send([record()], never);
    await sink.send([record({}, "id2")], never);
    const names = requests.map(({ headers }) => headers["penstock-delivery"]);
    expect(names[0]).toBe(names[1]);
    expect(names[0]).not.toBe(names[2]);
  });

  test("gets the token and the secret of now", async () => {
    let turn = 0;
    const sink = webhook({ token: () => `token-${++turn}` });
    await sink.send([record()], never);
    await sink.send([record()], never);
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-1", "Bearer token-2"]);
  });
});

describe("an answer", () => {
  const refused = async (given: typeof answer, change = {}): Promise<SinkError> => {
    answer = given;
    const error = await webhook(change)
      .send([record()], never)
      .then(
        () => undefined,
        (cause: unknown) => cause,
      );
    if (!(error instanceof SinkError)) throw new Error("it was taken", { cause: error });
    expect(error.message).not.toMatch(/hidden|shared|hook/);
    return error;
  };

  test.each([
    ["500", 500, "it answers 500"],
    ["401", 401, "it answers 401: check the token"],
    ["302", 302, "it answers 302: redirects are not followed"],
  ])("of %s is a failure", async (_name, status, message) => {
    const error = await refused((response) => response.writeHead(status, { location: "http://127.0.0.1:1/" }).end());
    expect(error.message).toBe(message);
    expect(error.isTooLarge).toBe(false);
    expect(requests).toHaveLength(1);
  });

  test("of 413 asks for less", async () => {
    expect((await refused((response) => response.writeHead(413).end())).isTooLarge).toBe(true);
  });

  test("of 429 says when to come back", async () => {
    const error = await refused((response) => response.writeHead(429, { "retry-after": "7" }).end());
    expect(error.retryAfterMs).toBe(7000);
  });

  test("that does not come is waited for no longer than said", async () => {
    expect((await refused(() => undefined, { timeoutMs: 100 })).message).toBe("no whole answer within 0.1 s");
  });

  test("that does not end is waited for no longer than said", async () => {
    const error = await refused((response) => response.write("{"), { timeoutMs: 100 });
    expect(error.message).toBe("no whole answer within 0.1 s");
  });

  test("that is too long is not read on", async () => {
    const error = await refused((response) => response.end("x".repeat(1e6)));
    expect(error.message).toBe("its answer is larger than 65536 bytes");
  });

  test("of nobody is told", async () => {
    const error = await refused(() => undefined, { url: new URL("http://127.0.0.1:9/hook?hidden") });
    expect(error.message).toBe("nothing listens there");
  });

  test("is not waited for when the proxy ends", async () => {
    answer = () => undefined;
    const ending = new AbortController();
    const sent = webhook().send([record()], ending.signal);
    setTimeout(() => ending.abort(), 50);
    await expect(sent).rejects.toThrow(SinkError);
  });
});

describe("a collector of OpenTelemetry", () => {
  const send = (...records: SinkRecord[]) => new OtlpSink(address(), "host one").send(records, never);

  test("gets OTLP logs, with the line as body and attributes to filter by", async () => {
    await send(record());
    const [{ resource, scopeLogs }] = body().resourceLogs;
    expect(resource.attributes).toEqual([
      { key: "service.name", value: { stringValue: "penstock" } },
      { key: "host.name", value: { stringValue: "host one" } },
    ]);
    const [log] = scopeLogs[0].logRecords;
    expect(log).toMatchObject({
      timeUnixNano: "1767323045678000000",
      observedTimeUnixNano: expect.stringMatching(/^\d{19}$/),
      severityNumber: 9,
      severityText: "INFO",
      eventName: "penstock.statement",
      body: { stringValue: record().line },
    });
    expect(
      Object.fromEntries(
        log.attributes.map(({ key, value }: { key: string; value: object }) => [key, Object.values(value)[0]]),
      ),
    ).toEqual({
      "log.record.uid": record().id,
      "penstock.chain": "c",
      "penstock.segment": "2",
      "penstock.start": "300",
      "penstock.event": "statement",
      "penstock.statement": "7",
      "session.id": "s",
      "user.id": "ana",
      "penstock.target": "shop",
      "penstock.decision": "allow",
    });
  });

  test.each([
    ["a denial", { decision: "deny" }, 13],
    ["an alert", { event: "alert" }, 17],
    ["what has no time and other types than ours", { time: 5, session: [], principal: "x", statement: "y" }, 9],
  ])("gets %s with its severity", async (_name, change, severity) => {
    await send(record(change));
    expect(body().resourceLogs[0].scopeLogs[0].logRecords[0].severityNumber).toBe(severity);
  });

  test("that takes only a part is no collector that has taken them", async () => {
    answer = (response) => response.end('{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"x"}}');
    await expect(send(record(), record())).rejects.toThrow("it takes all but 1 of 2 records");
    answer = (response) => response.end('{"partialSuccess":{}}');
    await send(record());
  });
});
