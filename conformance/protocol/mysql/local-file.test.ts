import { expect, test } from "vitest";
import { packetsOf } from "../../../proxy/src/mysql/wire.ts";
import { ModelServer } from "./fuzz/model-server.ts";
import { MemorySession } from "./fuzz/session.ts";

test("a server that asks for a file of the client's gets an empty one, and the client an error", async () => {
  const ends = new MemorySession();
  const server = new ModelServer();
  ends.client.arrive(packetsOf(Buffer.from("\x03load data"), 0));
  await ends.settle();
  ends.upstream.arrive(server.receive(Buffer.concat(ends.upstream.written.splice(0))));
  await ends.settle();
  ends.upstream.written.splice(0);
  ends.upstream.arrive(packetsOf(Buffer.from("\xfb/etc/passwd", "latin1"), 1));
  expect(Buffer.concat(ends.upstream.written)).toEqual(Buffer.from([0, 0, 0, 2]));
  const answer = Buffer.concat(ends.client.written);
  expect(answer[4]).toBe(0xff);
  expect(answer.toString()).not.toContain("passwd");
  ends.client.written.splice(0);
  ends.upstream.arrive(packetsOf(Buffer.from([0, 0, 0, 2, 0, 0, 0]), 3));
  expect(ends.client.written).toEqual([]);
  expect(ends.isOver).toBe(false);
});
