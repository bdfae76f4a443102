/** What must hold of each decoder, whatever the body of its message. */
import fc from "fast-check";
import { type BindNames, decodeBindNames, decodeBindParameters } from "../../../proxy/src/postgres/messages/bind.ts";
import { decodeCommandTag, rowsOfTag } from "../../../proxy/src/postgres/messages/command-complete.ts";
import { decodeTextRow } from "../../../proxy/src/postgres/messages/data-row.ts";
import { decodeErrorFields } from "../../../proxy/src/postgres/messages/error-response.ts";
import { decodeExecute } from "../../../proxy/src/postgres/messages/execute.ts";
import { decodeParameterStatus } from "../../../proxy/src/postgres/messages/parameter-status.ts";
import { decodeParse } from "../../../proxy/src/postgres/messages/parse.ts";
import { queryTextEnd } from "../../../proxy/src/postgres/messages/query.ts";
import { forbiddenOutput } from "../../../proxy/src/postgres/messages/row-description.ts";
import { decodeSaslInitialResponse } from "../../../proxy/src/postgres/messages/sasl-response.ts";
import { decodeFirstMessage } from "../../../proxy/src/postgres/messages/startup.ts";
import { decodeTargetMessage } from "../../../proxy/src/postgres/messages/target-message.ts";
import { ProtocolError } from "../../../proxy/src/enforce/protocol-error.ts";

type Decoder = (buffer: Buffer, body: number, end: number) => unknown;

const decoders: Readonly<Record<string, Decoder>> = {
  Query: queryTextEnd,
  Parse: decodeParse,
  Bind: (buffer, body, end) => {
    const into: BindNames = { portal: "", statement: "", formats: 0 };
    decodeBindNames(buffer, body, end, into);
    return [into, decodeBindParameters(buffer, into.formats, end)];
  },
  Execute: decodeExecute,
  "Describe and Close": decodeTargetMessage,
  SASLInitialResponse: decodeSaslInitialResponse,
  "first message": (buffer, body, end) =>
    decodeFirstMessage(Buffer.concat([Buffer.alloc(4), buffer.subarray(body, end)])),
  CommandComplete: (buffer, body, end) => [decodeCommandTag(buffer, body, end), rowsOfTag(buffer, body, end)],
  DataRow: decodeTextRow,
  ErrorResponse: decodeErrorFields,
  ParameterStatus: decodeParameterStatus,
  RowDescription: (buffer, body, end) => forbiddenOutput(buffer, body, end, new Set([65_536])),
};

const piece = fc.oneof(
  fc.constantFrom("", "a", "select 1", "C42501", "S", "P").map((text) => Buffer.from(`${text}\0`)),
  fc.constantFrom(0, 1, 2, 3, 0x7fff, 0x8000, 0xffff).map((value) => {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16BE(value);
    return bytes;
  }),
  fc.constantFrom(0, 1, 4, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff).map((value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  }),
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
);

/** Before and behind a message lie other ones: what they hold must make no difference. */
function decoded(decode: Decoder, body: Buffer, around: number): string {
  const buffer = Buffer.concat([Buffer.alloc(7, around), body, Buffer.alloc(64, around)]);
  try {
    return JSON.stringify(decode(buffer, 7, 7 + body.length)) ?? "nothing";
  } catch (error) {
    if (error instanceof ProtocolError) return error.message;
    throw error;
  }
}

/** A decoder reads its own message and nothing else, or says that it cannot. */
export const bounded = fc.property(
  fc.constantFrom(...Object.keys(decoders)),
  fc.array(piece, { maxLength: 8 }),
  (name, pieces) => {
    const body = Buffer.concat(pieces);
    const decode = decoders[name]!;
    const [one, other] = [decoded(decode, body, 0), decoded(decode, body, 0x41)];
    if (one !== other) throw new Error(`${name} reads beyond its message: ${one} or ${other}`);
  },
);
