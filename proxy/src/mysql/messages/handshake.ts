/** The server's greeting ("Protocol::HandshakeV10"). */
import { PacketReader, PacketWriter } from "../wire.ts";

export interface Handshake {
  readonly serverVersion: string;
  readonly connectionId: number;
  /** 20 bytes, none of them 0. */
  readonly scramble: Buffer;
  readonly capabilities: number;
  /** Of the greeting, id of a collation below 256. */
  readonly collation: number;
  readonly status: number;
  readonly authPlugin: string;
}

const protocolVersion = 10;
const firstScrambleBytes = 8;
const reservedBytes = 10;

export function encodeHandshake(greeting: Handshake): Buffer {
  const { serverVersion, connectionId, scramble, capabilities, collation, status, authPlugin } = greeting;
  return new PacketWriter()
    .uint8(protocolVersion)
    .nulText(serverVersion)
    .uint32(connectionId)
    .bytes(scramble.subarray(0, firstScrambleBytes))
    .uint8(0)
    .uint16(capabilities & 0xffff)
    .uint8(collation)
    .uint16(status)
    .uint16(capabilities >>> 16)
    .uint8(scramble.length + 1)
    .zeros(reservedBytes)
    .bytes(scramble.subarray(firstScrambleBytes))
    .uint8(0)
    .nulText(authPlugin)
    .packet(0);
}

export interface GreetingPlaces {
  readonly serverVersion: string;
  readonly connectionId: number;
  readonly capabilities: number;
  /** Positions of the two halves of the capabilities, and of what MariaDB keeps its further ones in. */
  readonly lower: number;
  readonly upper: number;
  readonly further: number;
}

/** Of a server's greeting; `undefined` where it is an error or no greeting that is known. */
export function findGreeting(buffer: Buffer, body: number, end: number): GreetingPlaces | undefined {
  const reader = new PacketReader(buffer, body, end);
  if (reader.uint8() !== protocolVersion) return undefined;
  const serverVersion = reader.nulText();
  const connectionId = reader.uint32();
  reader.skip(firstScrambleBytes + 1);
  const lower = reader.at;
  const low = reader.uint16();
  reader.skip(3);
  const upper = reader.at;
  const high = reader.uint16();
  reader.skip(1);
  const further = reader.at + reservedBytes - 4;
  reader.skip(reservedBytes);
  return { serverVersion, connectionId, capabilities: (low | (high << 16)) >>> 0, lower, upper, further };
}
