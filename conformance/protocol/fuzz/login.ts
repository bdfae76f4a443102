/** What must hold of any bytes before somebody is logged in. */
import fc from "fast-check";
import type { Principal } from "@penstock/engine";
import { someone } from "../../../engine/src/decide/someone.ts";
import { Login } from "../../../proxy/src/identity/login.ts";
import { deriveVerifier } from "../../../proxy/src/identity/scram-verifier.ts";
import { proxyLimits } from "../../../proxy/src/limits.ts";
import { sessionFrames } from "../../../proxy/src/postgres/frame-rules.ts";
import { ClientLogin } from "../../../proxy/src/postgres/client-login.ts";
import { encodeCancelRequest, encodeSslRequest } from "../../../proxy/src/postgres/messages/startup.ts";
import { raw } from "../raw-client.ts";
import { asSocket, MemorySocket } from "./memory-socket.ts";
import { messagesOf } from "./transcripts.ts";

const verifier = await deriveVerifier("nobody knows it", { iterations: 4096 });

const gssRequest = Buffer.from(encodeSslRequest());
gssRequest.writeInt32BE(80_877_104, 4);

function startup(minor: number, parameters: readonly (readonly [string, string])[], length?: number): Buffer {
  const pairs = parameters.map(([name, value]) => `${name}\0${value}\0`).join("");
  const packet = Buffer.concat([Buffer.alloc(8), Buffer.from(`${pairs}\0`)]);
  packet.writeUInt32BE(length ?? packet.length, 0);
  packet.writeUInt16BE(3, 4);
  packet.writeUInt16BE(minor, 6);
  return packet;
}

const parameters = fc.array(
  fc.tuple(
    fc.constantFrom("user", "database", "options", "replication", "client_encoding", "_pq_.x", "search_path", ""),
    fc.constantFrom("alice", "", "-c search_path=a", "true", "SQL_ASCII", "é", "x".repeat(100)),
  ),
  { maxLength: 5 },
);
const lengths = fc.option(fc.constantFrom(0, 4, 7, 8, 9, 10_000, 10_001, 0x7fff_ffff, 0xffff_ffff), {
  nil: undefined,
  freq: 4,
});
const starts = fc
  .tuple(fc.constantFrom(0, 2, 3, 9999), parameters, lengths)
  .map(([minor, given, length]) => startup(minor, [["user", "alice"], ...given], length));

const clientFirst = "n,,n=,r=abcdefghijklmnop";
const sasl = (mechanism: string, first: string) => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(Buffer.byteLength(first));
  return raw("p", mechanism, "\0", length, first);
};
const answers = fc.oneof(
  fc.constant(sasl("SCRAM-SHA-256", clientFirst)),
  fc.constantFrom(
    sasl("SCRAM-SHA-256-PLUS", clientFirst),
    sasl("SCRAM-SHA-256", "y,,n=,r=a"),
    sasl("SCRAM-SHA-256", ""),
    sasl("", clientFirst),
    raw("p", "c=biws,r=abcdefghijklmnop,p=AAAA"),
    raw("p", "c=biws,r=,p="),
    raw("p", "password\0"),
    raw("X"),
    raw("Q", "select 1\0"),
  ),
  fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => raw("p", Buffer.from(bytes))),
);

const packets = fc.oneof(
  { weight: 4, arbitrary: starts },
  { weight: 1, arbitrary: fc.constantFrom(encodeSslRequest(), gssRequest) },
  { weight: 1, arbitrary: fc.nat().map((processId) => encodeCancelRequest(processId, Buffer.from("secret"))) },
  { weight: 6, arbitrary: answers },
  { weight: 2, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
);

/** Where to put which byte, if anywhere. */
const damage = fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 2 });

const frames = sessionFrames(proxyLimits, 0);

/** Nobody gets in without the password, nothing is thrown, and what is answered are messages. */
export const closed = fc.property(
  fc.array(packets, { minLength: 1, maxLength: 5 }),
  damage,
  fc.array(fc.nat(120), { maxLength: 6 }),
  (sent, places, cuts) => {
    const bytes = Buffer.concat(sent);
    for (const [place, value] of places) if (place < bytes.length) bytes[place] = value;
    const socket = new MemorySocket();
    const entered: Principal[] = [];
    // oxlint-disable-next-line no-new -- it listens to its socket
    new ClientLogin(
      {
        limits: proxyLimits,
        identities: { begin: (_user, channel) => new Login(verifier, true, channel, () => someone().principal) },
        tokens: undefined,
        certificates: undefined,
        tls: undefined,
        tlsRequired: false,
        isFull: () => false,
        isThrottled: () => false,
        loginFailed: () => undefined,
        loginUndecided: () => undefined,
      },
      { frames, cancel: () => undefined },
      asSocket(socket),
      ({ identity }) => entered.push(identity.principal),
    );
    for (let at = 0, piece = 0; at < bytes.length && !socket.ended; piece++) {
      const length = 1 + (cuts[piece] ?? bytes.length);
      socket.arrive(bytes.subarray(at, at + length));
      at += length;
    }
    if (entered.length > 0) throw new Error("somebody got in without the password");
    // The answer to a request for encryption is one byte and no message.
    const answer = Buffer.concat(socket.written.filter(({ length }) => length > 1));
    messagesOf(answer);
  },
);
