/** What clients say: packets of commands, in order or not, and pieces in which they arrive. */
import fc from "fast-check";
import { packetsOf } from "../../../../proxy/src/mysql/wire.ts";

export const deniedWord = "forbidden";

export const someBytes = fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array));

const texts = fc.constantFrom(
  "select 1",
  "select 22",
  `select '${deniedWord}'`,
  "set names utf8mb4",
  "insert into t values (1)",
);
const unusualTexts = fc.constantFrom("kill query 5", `use ${deniedWord}`, "", "select", "/*! select 1 */", "\0");
const databases = fc.constantFrom("shop", deniedWord);
const four = (number: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
};
const ids = fc.constantFrom(1, 2, 3).map(four);
const anyIds = fc.constantFrom(0, 1, 2, 3, 0xffff_ffff).map(four);

const query = 0x03;
const initDb = 0x02;
const fieldList = 0x04;
const ping = 0x0e;
const prepare = 0x16;
const execute = 0x17;
const sendLongData = 0x18;
const closeStatement = 0x19;
const resetStatement = 0x1a;
const setOption = 0x1b;
const fetch = 0x1c;
const resetConnection = 0x1f;
const changeUser = 0x11;
const statistics = 0x09;

const command = (kinds: readonly number[], rest: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc.tuple(fc.constantFrom(...kinds), rest).map(([kind, bytes]) => Buffer.concat([Buffer.from([kind]), bytes]));
const textOf = (from: fc.Arbitrary<string>): fc.Arbitrary<Buffer> => from.map((text) => Buffer.from(text));
/** With the flags and the count of iterations that every execution has. */
const executed = (of: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  of.map((id) => Buffer.concat([id, Buffer.from([0, 1, 0, 0, 0])]));

/** What a driver sends, of which every server and the proxy make the same. */
const ordinary = fc.oneof(
  { weight: 5, arbitrary: command([query, prepare], textOf(texts)) },
  { weight: 1, arbitrary: command([initDb], fc.constant(Buffer.from("shop"))) },
  { weight: 1, arbitrary: command([ping], fc.constant(Buffer.alloc(0))) },
  { weight: 3, arbitrary: command([execute], executed(ids)) },
  { weight: 1, arbitrary: command([closeStatement, resetStatement], ids) },
);

const any = fc.oneof(
  { weight: 8, arbitrary: ordinary },
  { weight: 2, arbitrary: command([query, prepare], textOf(unusualTexts)) },
  { weight: 1, arbitrary: command([initDb, fieldList], textOf(databases)) },
  {
    weight: 2,
    arbitrary: command([execute, sendLongData, closeStatement, resetStatement, fetch], executed(anyIds)),
  },
  { weight: 1, arbitrary: fc.tuple(fc.nat(255), someBytes).map(([kind, rest]) => Buffer.from([kind, ...rest])) },
  {
    weight: 1,
    arbitrary: command([resetConnection, changeUser, statistics, setOption], fc.constant(Buffer.alloc(0))),
  },
);

/** Commands as a client that waits for each answer sends them. */
export const conversations = fc.array(
  ordinary.map((body) => packetsOf(body, 0)),
  { minLength: 1, maxLength: 8 },
);

/** The number with which a packet begins is nearly always right. */
const packets = fc
  .tuple(any, fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(255) }))
  .map(([body, sequence]) => packetsOf(body, sequence));

/** Any commands one after the other, with a byte that may be another one. */
export const damaged = fc
  .tuple(
    fc.array(packets, { minLength: 1, maxLength: 8 }),
    fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 1 }),
  )
  .map(([sent, places]) => {
    const whole = Buffer.concat(sent);
    for (const [place, value] of places) if (place < whole.length) whole[place] = value;
    return whole;
  });

/** Lengths of pieces; what is left over arrives at once. */
export const cuts = fc.array(fc.nat(40), { maxLength: 12 });

export function* piecesOf(whole: Buffer, lengths: readonly number[]): Generator<Buffer> {
  for (let at = 0, piece = 0; at < whole.length; piece++) {
    const length = 1 + (lengths[piece] ?? whole.length);
    yield whole.subarray(at, at + length);
    at += length;
  }
}
