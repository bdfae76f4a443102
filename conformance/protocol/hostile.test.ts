/** Bytes that no client of good will sends: they end their own connection at most, and nothing reaches the server undecided. */
import * as fc from "fast-check";
import { connect } from "node:net";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { parse, query, raw, RawClient, sync } from "./raw-client.ts";
import { startTestProxy, type TestProxy } from "./test-proxy.ts";

let server: PostgresServer;
let proxied: TestProxy;

beforeAll(async () => {
  server = await startPostgres({ settings: { log_statement: "all" } });
  proxied = await startTestProxy(server);
});
afterAll(async () => {
  await proxied?.close();
  await server?.stop();
});

/** What a well-meaning client gets afterwards, and how many faults the proxy has counted. */
async function afterwards(): Promise<unknown> {
  const client = new Client({ connectionString: proxied.url() });
  await client.connect();
  const { rows } = await client.query("select 1 as v");
  await client.end();
  return { rows, faults: proxied.proxy.meters.faults };
}
const unharmed = { rows: [{ v: 1 }], faults: 0 };

test("random bytes instead of a login harm nobody", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
      await new Promise<void>((resolve) => {
        const socket = connect(proxied.port, "127.0.0.1", () => socket.end(Buffer.from(bytes)));
        socket.resume();
        socket.on("close", () => resolve());
        socket.on("error", () => resolve());
      });
    }),
    { numRuns: 100 },
  );
  expect(await afterwards()).toEqual(unharmed);
});

const length = fc.oneof(fc.constantFrom(0, 1, 3, 4, 5, 0x7fffffff, 0x80000000, 0xffffffff), fc.nat(300));
const damaged = fc
  .tuple(
    fc.constantFrom("Q", "P", "B", "E", "D", "C", "S", "H", "F", "d", "c", "f", "X", "p", "R", "Z", "\0"),
    length,
    fc.uint8Array({ maxLength: 80 }),
  )
  .map(([type, claimed, body]) => {
    const bytes = raw(type, Buffer.from(body));
    bytes.writeUInt32BE(claimed, 1);
    return bytes;
  });
const smuggled = Buffer.concat([
  Buffer.from("\0"),
  query("select 'forbidden smuggled'"),
  parse("", "select 'forbidden smuggled'"),
  sync,
]);
const wellFramed = fc
  .tuple(
    fc.constantFrom("Q", "P", "B", "E", "D", "C", "F", "d", "f"),
    fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constant(smuggled)),
  )
  .map(([type, body]) => raw(type, Buffer.from(body)));

test("damaged, nested and misplaced messages harm nobody, and no denied text gets through", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(wellFramed, damaged), { minLength: 1, maxLength: 6 }), async (messages) => {
      const through = await RawClient.connect(proxied.url());
      through.send(...messages, sync, query("select 'forbidden smuggled'"));
      // Either an answer or the end of the connection; a length that promises more leaves both waiting, as the server would.
      await Promise.race([through.until(() => false, 1, 60_000), new Promise((resolve) => setTimeout(resolve, 30))]);
      through.end();
    }),
    { numRuns: 150 },
  );
  expect(await afterwards()).toEqual(unharmed);
  expect(server.log()).not.toContain("smuggled");
});
