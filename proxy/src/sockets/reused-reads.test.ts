import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type ReadsUser, reuseReads, reusingSocket, takeConnection } from "./reused-reads.ts";

const opened: { destroy(): void }[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.destroy();
});

/** Both ends of one connection: the one that a server accepted, taken over, and the other, made to reuse its reads. */
async function connection(): Promise<{ readonly accepted: Socket; readonly connected: Socket }> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const { port } = server.address() as AddressInfo;
  const connected = reusingSocket();
  const taken = new Promise<Socket>((resolve) =>
    server.once("connection", (socket) => resolve(takeConnection(socket))),
  );
  connected.connect(port, "127.0.0.1");
  const accepted = await taken;
  opened.push(accepted, connected, { destroy: () => server.close() });
  return { accepted, connected };
}

const nothingKept: ReadsUser = { keeps: () => false, expectsMore: () => false };

/** Bytes that differ from place to place. */
function pattern(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 0xff));
}

test.each([1, 100, 4096, 4097, 300_000])("%i bytes arrive as they were sent, in both directions", async (length) => {
  const { accepted, connected } = await connection();
  const sent = pattern(length);
  for (const [from, to] of [
    [accepted, connected],
    [connected, accepted],
  ] as const) {
    const copies: Buffer[] = [];
    reuseReads(to, nothingKept);
    const whole = new Promise<void>((resolve) => {
      to.on("data", (chunk) => {
        copies.push(Buffer.from(chunk));
        if (copies.reduce((sum, copy) => sum + copy.length, 0) >= length) resolve();
      });
    });
    from.write(sent);
    // oxlint-disable-next-line no-await-in-loop -- one direction after the other
    await whole;
    expect(Buffer.concat(copies).equals(sent)).toBe(true);
  }
});

test("what is kept is not written over; what is not, is", async () => {
  const { accepted, connected } = await connection();
  let isKept = true;
  reuseReads(accepted, { ...nothingKept, keeps: () => isKept });
  const chunks: Buffer[] = [];
  accepted.on("data", (chunk) => chunks.push(chunk));
  const arrived = async (text: string) => {
    const next = once(accepted, "data");
    connected.write(text);
    await next;
  };
  await arrived("one");
  await arrived("two");
  isKept = false;
  await arrived("six");
  await arrived("ten");
  expect(chunks.map(String)).toEqual(["one", "two", "ten", "ten"]);
});

test("until its owner asks for it, nothing is written over", async () => {
  const { accepted, connected } = await connection();
  const chunks: Buffer[] = [];
  accepted.on("data", (chunk) => chunks.push(chunk));
  for (const text of ["one", "two"]) {
    const next = once(accepted, "data");
    connected.write(text);
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await next;
  }
  expect(chunks.map(String)).toEqual(["one", "two"]);
});

test("the buffer is large while reads fill it, and small for who waits", async () => {
  const { accepted, connected } = await connection();
  reuseReads(accepted, nothingKept);
  const held: number[] = [];
  accepted.on("data", (chunk) => held.push(chunk.buffer.byteLength));
  connected.write(pattern(1_000_000));
  while (accepted.bytesRead < 1_000_000) {
    // oxlint-disable-next-line no-await-in-loop -- one read after the other
    await once(accepted, "data");
  }
  connected.write("a");
  await once(accepted, "data");
  connected.write("b");
  await once(accepted, "data");
  expect(held[0]).toBe(4096);
  expect(Math.max(...held)).toBe(65_536);
  expect(held.at(-1)).toBe(4096);
});

test("what filled the small buffer is kept while the large one comes and goes", async () => {
  const { accepted, connected } = await connection();
  let isKept = true;
  reuseReads(accepted, { ...nothingKept, keeps: () => isKept });
  const first = once(accepted, "data");
  connected.write(pattern(4096));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the event carries
  const [kept] = (await first) as [Buffer];
  isKept = false;
  for (const text of ["a", "b", "c"]) {
    connected.write(text);
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await once(accepted, "data");
  }
  expect(kept.equals(pattern(4096))).toBe(true);
});

test("a reader that pauses gets the rest when it goes on, and hears of the end", async () => {
  const { accepted, connected } = await connection();
  reuseReads(accepted, nothingKept);
  let bytes = 0;
  accepted.on("data", (chunk) => {
    bytes += chunk.length;
    accepted.pause();
    setImmediate(() => accepted.resume());
  });
  connected.end(pattern(200_000));
  await once(accepted, "end");
  expect(bytes).toBe(200_000);
});
