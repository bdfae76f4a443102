/** What must hold of any bytes before somebody is logged in. */
import fc from "fast-check";
import type { Principal } from "@penstock/engine";
import { someone } from "../../../../engine/src/decide/someone.ts";
import { Login } from "../../../../proxy/src/identity/login.ts";
import { deriveVerifier } from "../../../../proxy/src/identity/scram-verifier.ts";
import { Sha2Cache } from "../../../../proxy/src/identity/sha2-cache.ts";
import { proxyLimits } from "../../../../proxy/src/limits.ts";
import { capability, requiredCapabilities } from "../../../../proxy/src/mysql/capabilities.ts";
import { ClientLogin } from "../../../../proxy/src/mysql/client-login.ts";
import { RsaKey } from "../../../../proxy/src/mysql/rsa-key.ts";
import { PacketWriter } from "../../../../proxy/src/mysql/wire.ts";
import { asSocket, MemorySocket } from "../../fuzz/memory-socket.ts";
import { cuts, piecesOf, someBytes } from "./streams.ts";

const password = "nobody knows it";
const verifier = await deriveVerifier(password, { iterations: 4096 });
const key = new RsaKey();
await key.publicKey();
/** Somebody has logged in before: the proxy recognises digests of the right password. */
const passwords = new Sha2Cache(10);
passwords.remember(new Login(verifier, true, { certificateHash: undefined }, () => someone().principal), password);

const plugins = fc.constantFrom(
  "caching_sha2_password",
  "mysql_native_password",
  "mysql_clear_password",
  "sha256_password",
  "",
);
const proofs = fc.oneof(
  fc.constantFrom(Buffer.alloc(0), Buffer.alloc(32), Buffer.alloc(20, 1), Buffer.from(`guessed\0`)),
  someBytes,
);
const flags = fc
  .tuple(
    fc.oneof({ weight: 9, arbitrary: fc.constant(requiredCapabilities) }, { weight: 1, arbitrary: fc.nat() }),
    fc.constantFrom(
      0,
      capability.pluginAuthLengthEncoded,
      capability.connectWithDatabase,
      capability.connectWithDatabase | capability.connectAttributes,
      capability.ssl,
    ),
  )
  .map(([required, more]) => (required | more) >>> 0);

const responses = fc
  .tuple(flags, fc.constantFrom(33, 45, 255, 8, 0, 17), plugins, proofs, fc.constantFrom("alice", "", "é"))
  .map(([capabilities, collation, plugin, proof, user]) =>
    new PacketWriter()
      .uint32(capabilities)
      .uint32(0xff_ffff)
      .uint8(collation)
      .zeros(23)
      .nulText(user)
      .uint8(proof.length)
      .bytes(proof)
      .nulText("shop")
      .nulText(plugin),
  );

/** Further messages of an exchange: a request for the key, a password, something encrypted, anything. */
const further = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(Buffer.from([2]), Buffer.from([0]), Buffer.alloc(256, 7)) },
  { weight: 1, arbitrary: fc.constant(Buffer.from("guessed\0")) },
  { weight: 2, arbitrary: proofs },
);

const damage = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 2 });
const turnsMax = 40;

/** Nobody gets in without the password, nothing is thrown, and what is answered are packets. */
export const closed = fc.asyncProperty(
  responses,
  fc.array(further, { maxLength: 4 }),
  damage,
  cuts,
  async (response, answers, places, lengths) => {
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
      { passwords, rsaKey: key, serverVersion: "8.0.0", newConnectionId: () => 1 },
      asSocket(socket),
      ({ identity }) => entered.push(identity.principal),
    );
    const sent = [
      response.packet(1),
      ...answers.map((body, turn) => new PacketWriter().bytes(body).packet(3 + 2 * turn)),
    ];
    const bytes = Buffer.concat(sent);
    for (const [place, value] of places) if (place < bytes.length) bytes[place] = value;
    for (const piece of piecesOf(bytes, lengths)) {
      // What is sent while an answer is worked out waits in the socket.
      for (let turn = 0; turn < turnsMax && socket.isPaused() && !socket.ended; turn++) {
        // oxlint-disable-next-line no-await-in-loop -- a conversation is in turns
        await new Promise(setImmediate);
      }
      if (socket.ended) break;
      socket.arrive(piece);
    }
    if (entered.length > 0) throw new Error("somebody got in without the password");
    const answered = Buffer.concat(socket.written);
    for (let at = 0; at < answered.length; ) {
      at += 4 + answered.readUIntLE(at, 3);
      if (at > answered.length) throw new Error("the client got a packet that is not whole");
    }
  },
);
