/** What must hold of any bytes, from either side, in any pieces. */
import fc from "fast-check";
import { packetsOf } from "../../../../proxy/src/mysql/wire.ts";
import { ModelServer } from "./model-server.ts";
import { MemorySession } from "./session.ts";
import { conversations, cuts, damaged, deniedWord, piecesOf, someBytes } from "./streams.ts";

/** What the proxy asks the server by itself. */
const own = /^set character_set_/;
const turnsMax = 60;

/** Hands the server what was sent to it, and its answers back, until both are silent. */
async function exchanged(ends: MemorySession, server: ModelServer, down: readonly number[]): Promise<void> {
  for (let turn = 0; turn < turnsMax && ends.upstream.written.length > 0; turn++) {
    const asked = Buffer.concat(ends.upstream.written.splice(0));
    for (const piece of piecesOf(server.receive(asked), down)) ends.upstream.arrive(piece);
    // oxlint-disable-next-line no-await-in-loop -- a conversation is in turns
    await ends.settle();
  }
}

async function said(
  ends: MemorySession,
  server: ModelServer,
  bytes: Buffer,
  up: readonly number[],
  down: readonly number[],
): Promise<void> {
  for (const piece of piecesOf(bytes, up)) {
    if (ends.isOver) return;
    ends.client.arrive(piece);
    // oxlint-disable-next-line no-await-in-loop -- a conversation is in turns
    await ends.settle();
    // oxlint-disable-next-line no-await-in-loop -- a conversation is in turns
    await exchanged(ends, server, down);
  }
}

function sound(ends: MemorySession, server: ModelServer): void {
  const undecided = server.texts.find((text) => !own.test(text) && !ends.decided.has(text));
  if (undecided !== undefined) throw new Error(`the server got a text that nobody decided: ${undecided}`);
  const denied = [...server.texts, ...server.names].find((text) => text.includes(deniedWord));
  if (denied !== undefined) throw new Error(`the server got what was denied: ${denied}`);
  if (server.unprepared.length > 0) throw new Error(`the server was asked to execute ${server.unprepared.join(", ")}`);
  const [fault] = ends.faults;
  if (fault !== undefined) throw fault;
}

/** Kinds and numbers of the packets that a client got; whole, but for errors, whose words are the proxy's own. */
function transcript(bytes: Buffer): string[] {
  const words: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUIntLE(at, 3);
    if (end > bytes.length) throw new Error(`the client got a packet that is not whole: ${bytes.toString("hex", at)}`);
    const isError = bytes[at + 4] === 0xff;
    words.push(isError ? `${bytes[at + 3]} error` : bytes.toString("hex", at + 3, end));
    at = end;
  }
  return words;
}

/** A proxy in between changes no answer, whatever the pieces; what it denies, a server is taken to refuse. */
export const transparent = fc.asyncProperty(conversations, cuts, cuts, async (commands, up, down) => {
  const ends = new MemorySession();
  const [server, alone] = [new ModelServer(), new ModelServer((text) => text.includes(deniedWord))];
  for (const command of commands) {
    // oxlint-disable-next-line no-await-in-loop -- a conversation is in turns
    await said(ends, server, command, up, down);
    sound(ends, server);
    const got = transcript(Buffer.concat(ends.client.written.splice(0))).join(" ");
    const expected = transcript(alone.receive(command)).join(" ");
    if (got !== expected) throw new Error(`through the proxy\n  ${got}\nwithout it\n  ${expected}`);
  }
});

/** Nothing undecided reaches the server, nothing makes the proxy fail, and what the client gets are packets. */
export const guarded = fc.asyncProperty(damaged, cuts, cuts, async (bytes, up, down) => {
  const ends = new MemorySession();
  const server = new ModelServer();
  await said(ends, server, bytes, up, down);
  sound(ends, server);
  transcript(Buffer.concat(ends.client.written));
});

/** A server that says nonsense ends its session at the worst: what the client gets before are whole packets, but for a row that it cut off. */
export const firm = fc.asyncProperty(
  fc.array(
    fc.oneof(
      someBytes,
      someBytes.map((payload) => packetsOf(payload, 1)),
    ),
    { maxLength: 8 },
  ),
  async (answers) => {
    const ends = new MemorySession();
    ends.client.arrive(packetsOf(Buffer.from("\u0003select 1"), 0));
    await ends.settle();
    for (const piece of answers) {
      if (ends.isOver) break;
      ends.upstream.arrive(piece);
      // oxlint-disable-next-line no-await-in-loop -- a conversation is in turns
      await ends.settle();
    }
    if (!ends.isOver) transcript(Buffer.concat(ends.client.written));
  },
);

export { bounded } from "./decoders.ts";
export { closed } from "./login.ts";
