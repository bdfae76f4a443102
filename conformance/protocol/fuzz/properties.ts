/** What must hold of any bytes, from either side, in any pieces. */
import fc from "fast-check";
import { ProxiedConnection, type Schedule } from "./connection.ts";
import { ModelServer } from "./model-server.ts";
import { conversations, damaged, deniedWord } from "./streams.ts";
import { comparable, endsBadly, messagesOf } from "./transcripts.ts";

const schedules: fc.Arbitrary<Schedule> = fc.array(fc.nat(127), { maxLength: 40 });

/** What the proxy sends in place of a denied statement. */
const isReplacement = (text: string) => text.includes("refused by policy");

/** A server that refuses what the proxy refuses, asked without a proxy. */
function direct(messages: readonly Buffer[]): Buffer {
  const server = new ModelServer((text) => text.includes(deniedWord));
  server.receive(Buffer.concat(messages));
  return server.take();
}

function sound(server: ModelServer, connection: ProxiedConnection): void {
  const [violation] = server.violations;
  if (violation !== undefined) throw new Error(`the server got a ${violation}`);
  const undecided = server.texts.find((text) => text.includes(deniedWord));
  if (undecided !== undefined) throw new Error(`the server got a denied text: ${JSON.stringify(undecided)}`);
  const [fault] = connection.faults;
  if (fault !== undefined) throw fault;
}

/** A proxy in between changes no answer, whatever the pieces and however either side reads. */
export const transparent = fc.asyncProperty(conversations, schedules, async (messages, schedule) => {
  const server = new ModelServer(isReplacement);
  const connection = new ProxiedConnection(server);
  const got = comparable(await connection.exchange(Buffer.concat(messages), schedule)).join(" ");
  sound(server, connection);
  const expected = comparable(direct(messages)).join(" ");
  if (got !== expected) throw new Error(`through the proxy\n  ${got}\nwithout it\n  ${expected}`);
});

/** Nothing undecided reaches the server, nothing makes the proxy fail, and what the client gets are messages. */
export const guarded = fc.asyncProperty(damaged, schedules, async (messages, schedule) => {
  const server = new ModelServer(isReplacement);
  const connection = new ProxiedConnection(server);
  const got = await connection.exchange(Buffer.concat(messages), schedule);
  sound(server, connection);
  messagesOf(got, connection.session.isClosed);
  // A message is sent on whole or, where it is one of those that stream, begun: COPY data.
  if (server.unread > 0 && !connection.session.isClosed && connection.session.copy.isOver) {
    throw new Error(`${server.unread} bytes of a message that is not whole reached the server`);
  }
});

/** A server whose answers somebody has been at. */
class DamagedServer extends ModelServer {
  readonly #places: readonly (readonly [place: number, value: number])[];
  #taken = 0;

  constructor(places: readonly (readonly [place: number, value: number])[]) {
    super(isReplacement);
    this.#places = places;
  }

  override take(): Buffer {
    const bytes = Buffer.from(super.take());
    for (const [place, value] of this.#places) {
      const index = place - this.#taken;
      if (index >= 0 && index < bytes.length) bytes[index] = value;
    }
    this.#taken += bytes.length;
    return bytes;
  }
}

const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 });

/** A server that says nonsense ends its session; the client is told so in a message that it can read. */
export const firm = fc.asyncProperty(conversations, damage, schedules, async (messages, places, schedule) => {
  const server = new DamagedServer(places);
  const connection = new ProxiedConnection(server);
  const got = await connection.exchange(Buffer.concat(messages), schedule);
  const undecided = server.texts.find((text) => text.includes(deniedWord));
  if (undecided !== undefined) throw new Error(`the server got a denied text: ${JSON.stringify(undecided)}`);
  if (connection.faults.length === 0) return;
  if (!connection.session.isClosed) throw new Error("the session went on after a fault");
  if (!connection.session.fatalSeen && !endsBadly(got)) throw new Error("the client was not told of the fault");
});

export { bounded } from "./decoders.ts";
export { closed } from "./login.ts";
