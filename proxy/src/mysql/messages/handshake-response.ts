/** What the client answers the greeting with ("Protocol::HandshakeResponse41", "Protocol::SSLRequest"), and COM_CHANGE_USER. */
import { ProtocolError } from "../../enforce/protocol-error.ts";
import { capability, has } from "../capabilities.ts";
import { PacketReader } from "../wire.ts";

export interface HandshakeResponse {
  readonly kind: "response";
  /** As the client set them. */
  readonly capabilities: number;
  readonly collation: number;
  readonly user: string;
  /** Of `plugin`. */
  readonly authResponse: Buffer;
  /** Empty for none. */
  readonly database: string;
  /** Empty where the client names none. */
  readonly plugin: string;
  readonly attributes: ReadonlyMap<string, string>;
}

export interface SslRequest {
  readonly kind: "ssl_request";
  readonly capabilities: number;
}

const fixedBytes = 32;
const fillerBytes = 23;

/** @param offered flags beside these do not count. */
export function decodeHandshakeResponse(
  buffer: Buffer,
  body: number,
  end: number,
  offered: number,
): HandshakeResponse | SslRequest {
  const reader = new PacketReader(buffer, body, end);
  const low = reader.uint16();
  if (!has(low, capability.protocol41)) throw new ProtocolError("the client speaks the protocol of before MySQL 4.1");
  const capabilities = ((low | (reader.uint16() << 16)) & offered) >>> 0;
  reader.skip(4);
  const collation = reader.uint8();
  reader.skip(fillerBytes);
  if (end - body === fixedBytes && has(capabilities, capability.ssl)) return { kind: "ssl_request", capabilities };
  const user = reader.nulText();
  const authResponse = Buffer.from(
    has(capabilities, capability.pluginAuthLengthEncoded) ? reader.lengthEncodedBytes() : reader.bytes(reader.uint8()),
  );
  const database = has(capabilities, capability.connectWithDatabase) && reader.remaining > 0 ? reader.nulText() : "";
  const plugin = has(capabilities, capability.pluginAuth) && reader.remaining > 0 ? reader.nulText() : "";
  const attributes = readAttributes(reader, capabilities);
  return { kind: "response", capabilities, collation, user, authResponse, database, plugin, attributes };
}

export type ChangeUser = Pick<HandshakeResponse, "user" | "authResponse" | "database" | "plugin" | "attributes"> & {
  /** `undefined` where the client leaves it as it is. */
  readonly collation: number | undefined;
};

/** COM_CHANGE_USER. @param capabilities of the connection */
export function decodeChangeUser(buffer: Buffer, body: number, end: number, capabilities: number): ChangeUser {
  const reader = new PacketReader(buffer, body + 1, end);
  const user = reader.nulText();
  const authResponse = Buffer.from(reader.bytes(reader.uint8()));
  const database = reader.nulText();
  const collation = reader.remaining >= 2 ? reader.uint16() : undefined;
  const plugin = has(capabilities, capability.pluginAuth) && reader.remaining > 0 ? reader.nulText() : "";
  return { user, authResponse, database, collation, plugin, attributes: readAttributes(reader, capabilities) };
}

function readAttributes(reader: PacketReader, capabilities: number): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  if (!has(capabilities, capability.connectAttributes) || reader.remaining === 0) return attributes;
  const bytes = reader.lengthEncodedBytes();
  const pairs = new PacketReader(bytes, 0, bytes.length);
  while (pairs.remaining > 0) attributes.set(pairs.lengthEncodedText(), pairs.lengthEncodedText());
  return attributes;
}
