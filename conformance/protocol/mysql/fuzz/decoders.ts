/** What must hold of each decoder, whatever the body of its packet. */
import fc from "fast-check";
import { ProtocolError } from "../../../../proxy/src/enforce/protocol-error.ts";
import { decodeColumnOrigin } from "../../../../proxy/src/mysql/messages/column-definition.ts";
import { decodeErr } from "../../../../proxy/src/mysql/messages/err.ts";
import { decodeExecution, decodeStatementId } from "../../../../proxy/src/mysql/messages/execute.ts";
import { decodeChangeUser, decodeHandshakeResponse } from "../../../../proxy/src/mysql/messages/handshake-response.ts";
import { findGreeting } from "../../../../proxy/src/mysql/messages/handshake.ts";
import { decodeEnd, decodeOk } from "../../../../proxy/src/mysql/messages/ok.ts";
import { decodePrepareOk } from "../../../../proxy/src/mysql/messages/prepare-ok.ts";
import { someBytes } from "./streams.ts";

type Decoder = (buffer: Buffer, body: number, end: number) => unknown;

const everything = 0xffff_ffff;
const decoders: Readonly<Record<string, Decoder>> = {
  greeting: findGreeting,
  "handshake response": (buffer, body, end) => decodeHandshakeResponse(buffer, body, end, everything),
  COM_CHANGE_USER: (buffer, body, end) => decodeChangeUser(buffer, body, end, everything),
  OK: decodeOk,
  EOF: (buffer, body, end) => decodeEnd(buffer, body, end, 0),
  ERR: decodeErr,
  "column definition": decodeColumnOrigin,
  COM_STMT_PREPARE_OK: decodePrepareOk,
  "statement id": decodeStatementId,
  COM_STMT_EXECUTE: (buffer, body, end) => decodeExecution(buffer, body, end, 3, Buffer.alloc(6)),
};

function decoded(decode: Decoder, packet: Buffer, before: Buffer, behind: Buffer): string {
  const buffer = Buffer.concat([before, packet, behind]);
  try {
    const value = JSON.stringify(decode(buffer, before.length, before.length + packet.length)) ?? "nothing";
    // Where in the buffer something stands is no part of what it says.
    return value.replaceAll(/"(?:lower|upper|further|statusAt)":\d+/g, "");
  } catch (error) {
    if (error instanceof ProtocolError) return error.message;
    throw error;
  }
}

/** A decoder reads its own packet and nothing else, or says that it cannot. */
export const bounded = fc.property(
  fc.constantFrom(...Object.keys(decoders)),
  someBytes,
  someBytes,
  someBytes,
  (name, packet, before, behind) => {
    const decode = decoders[name]!;
    const alone = decoded(decode, packet, Buffer.alloc(0), Buffer.alloc(0));
    const among = decoded(decode, packet, before, behind);
    if (alone !== among) throw new Error(`${name} reads beyond its packet: ${alone} or ${among}`);
  },
);
