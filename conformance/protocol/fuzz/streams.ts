/** What clients send: conversations that a driver could have written, and the same after somebody has been at them. */
import fc from "fast-check";
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
  raw,
  sync,
} from "../raw-client.ts";

/** A text with it is denied by the enforcer of these tests, and must never reach the server. */
export const deniedWord = "forbidden";

const longName = "n".repeat(70);
const names = fc.constantFrom("", "", "", "a", "b", longName, `${longName}2`);
const sqlNames = fc.constantFrom("a", "b");

const plainStatements = fc.oneof(
  { weight: 6, arbitrary: fc.nat(3).map((rows) => `select ${rows}`) },
  { weight: 3, arbitrary: fc.constantFrom("begin", "commit", "rollback") },
  { weight: 2, arbitrary: fc.constantFrom(`select 1 ${deniedWord}`, deniedWord) },
  { weight: 2, arbitrary: fc.constantFrom("fail", "nonsense") },
  { weight: 1, arbitrary: fc.constantFrom("set search_path to a", "set search_path to b") },
  { weight: 1, arbitrary: fc.constant("copy t to stdout") },
  { weight: 1, arbitrary: fc.tuple(sqlNames, fc.nat(2)).map(([name, rows]) => `prepare ${name} as select ${rows}`) },
  { weight: 1, arbitrary: sqlNames.map((name) => `deallocate ${name}`) },
);
/** In a text of several, one EXECUTE of an unknown name has the whole text refused, so these stand alone. */
const statements = fc.oneof(
  { weight: 15, arbitrary: plainStatements },
  { weight: 1, arbitrary: sqlNames.map((name) => `execute ${name}`) },
);

const data = fc
  .array(fc.constantFrom("1\n", "", "x".repeat(300)), { maxLength: 3 })
  .chain((rows) => fc.boolean().map((isDone) => [...rows.map(copyData), isDone ? copyDone : copyFail("no more")]));

const copiesIn = "copy t from stdin";

const simple = fc.oneof(
  { weight: 6, arbitrary: statements.map((text) => [query(text)]) },
  {
    weight: 2,
    arbitrary: fc.array(plainStatements, { minLength: 2, maxLength: 3 }).map((texts) => [query(texts.join("; "))]),
  },
  { weight: 1, arbitrary: fc.constantFrom("", ";", "  ").map((text) => [query(text)]) },
  { weight: 1, arbitrary: data.map((sent) => [query(copiesIn), ...sent]) },
);

/** What EXECUTE may run: the proxy does not follow names that come and go inside of it, and refuses them later. */
const nameable = (name: string, text: string) =>
  name !== "" && /^(?:prepare|deallocate)/.test(text) ? "select 1" : text;

const step = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(names, statements).map(([name, text]) => [parse(name, nameable(name, text))]) },
  { weight: 4, arbitrary: fc.tuple(names, names).map(([portal, statement]) => [bind(portal, statement)]) },
  { weight: 4, arbitrary: fc.tuple(names, fc.nat(2)).map(([portal, rows]) => [execute(portal, rows)]) },
  { weight: 1, arbitrary: names.map((name) => [describeStatement(name)]) },
  { weight: 1, arbitrary: names.map((name) => [describePortal(name)]) },
  { weight: 1, arbitrary: names.map((name) => [closeStatement(name)]) },
  { weight: 1, arbitrary: names.map((name) => [closePortal(name)]) },
  { weight: 1, arbitrary: fc.constant([flush]) },
  { weight: 1, arbitrary: fc.constant([parse("", "")]) },
  {
    weight: 3,
    arbitrary: statements.map((text) => [parse("", text), bind("", ""), describePortal(""), execute("")]),
  },
  { weight: 1, arbitrary: data.map((sent) => [parse("", copiesIn), bind("", ""), execute(""), ...sent]) },
);

const extended = fc.array(step, { minLength: 1, maxLength: 4 }).map((groups) => [...groups.flat(), sync]);

/** Well-formed messages in any order that a client may send them in; ends outside of a group and of a COPY. */
export const conversations: fc.Arbitrary<readonly Buffer[]> = fc
  .array(fc.oneof(simple, extended), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.flat());

const edges = fc.constantFrom(
  0,
  1,
  3,
  4,
  5,
  6,
  0x7fff,
  0x00ff_ffff,
  0x7fff_fffe,
  0x7fff_ffff,
  0x8000_0000,
  0xffff_fffb,
  0xffff_ffff,
);

/** Messages that hide in the body of another one. */
const smuggled = Buffer.concat([
  Buffer.from("\0"),
  query(`select '${deniedWord} smuggled'`),
  parse("", `select '${deniedWord} smuggled'`),
  bind("", ""),
  execute(""),
  sync,
]);

type Change = (messages: readonly Buffer[]) => readonly Buffer[];

const at = <T>(list: readonly T[], place: number): number => (list.length === 0 ? 0 : place % list.length);

function replaced(
  messages: readonly Buffer[],
  place: number,
  change: (message: Buffer) => readonly Buffer[],
): Buffer[] {
  const index = at(messages, place);
  return messages.flatMap((message, position) => (position === index ? change(message) : [message]));
}

const changes: fc.Arbitrary<Change> = fc
  .tuple(
    fc.constantFrom(
      "length",
      "byte",
      "type",
      "cut",
      "grow",
      "smuggle",
      "drop",
      "repeat",
      "swap",
      "insert",
      "function",
      "random",
    ),
    fc.nat(1000),
    fc.nat(1000),
    fc.nat(255),
    edges,
    fc.uint8Array({ maxLength: 40 }),
  )
  .map(([kind, place, offset, value, edge, bytes]): Change => {
    switch (kind) {
      case "length":
        return (messages) =>
          replaced(messages, place, (message) => {
            if (message.length < 5) return [message];
            const changed = Buffer.from(message);
            changed.writeUInt32BE(offset % 3 === 0 ? edge : (changed.length - 1 + (value % 9) - 4) >>> 0, 1);
            return [changed];
          });
      case "byte":
        return (messages) =>
          replaced(messages, place, (message) => {
            const changed = Buffer.from(message);
            if (changed.length > 0) changed[offset % changed.length] = value;
            return [changed];
          });
      case "type":
        return (messages) =>
          replaced(messages, place, (message) => {
            const changed = Buffer.from(message);
            if (changed.length > 0) changed[0] = value;
            return [changed];
          });
      case "cut":
        return (messages) =>
          replaced(messages, place, (message) => [message.subarray(0, offset % (message.length + 1))]);
      case "grow":
        return (messages) =>
          replaced(messages, place, ([type, ...rest]) => [
            raw(String.fromCharCode(type ?? 0), Buffer.from(rest.slice(4)), Buffer.from(bytes)),
          ]);
      case "smuggle":
        return (messages) =>
          replaced(messages, place, (message) => [
            raw(String.fromCharCode(message[0] ?? 0), message.subarray(5), smuggled),
          ]);
      case "drop":
        return (messages) => replaced(messages, place, () => []);
      case "repeat":
        return (messages) => replaced(messages, place, (message) => [message, message]);
      case "swap":
        return (messages) => {
          if (messages.length === 0) return messages;
          const changed = [...messages];
          const [one, other] = [at(changed, place), at(changed, offset)];
          [changed[one], changed[other]] = [changed[other]!, changed[one]!];
          return changed;
        };
      case "insert":
        return (messages) =>
          replaced(messages, place, (message) => [raw(String.fromCharCode(value), Buffer.from(bytes)), message]);
      case "function":
        return (messages) => replaced(messages, place, (message) => [raw("F", Buffer.from(bytes)), message]);
      case "random":
        return (messages) => replaced(messages, place, (message) => [Buffer.from(bytes), message]);
      default:
        return kind satisfies never;
    }
  });

/** Conversations with one to four things wrong with them. */
export const damaged: fc.Arbitrary<readonly Buffer[]> = fc
  .tuple(conversations, fc.array(changes, { minLength: 1, maxLength: 4 }))
  .map(([messages, wrongs]) => wrongs.reduce((changed, wrong) => wrong(changed), messages));
