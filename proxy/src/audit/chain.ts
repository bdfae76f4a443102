/**
 * What makes the audit log tamper-evident: two kinds of lines between the records.
 *
 * | event | when | fields beside `time` |
 * |---|---|---|
 * | `segment` | first in each file | `chain`: the same for all files of one log, `segment`: counted from 1, `previous`: the hash of the last seal before |
 * | `seal` | after at most a second, or a thousand lines, of others | `chain`, `segment`, `lines`: how many of the segment stand before it, `hash`, `last` where the file ends with it, `found` where lines were already there when a proxy started, `key` and `signature` |
 *
 * A seal's hash is the SHA-256 of the hash before it (32 bytes; nothing before the very first) and of all bytes since, from the line of that
 * seal, or of the segment, on. So each seal vouches for all before it, and where one does not hold the next can still be checked. The
 * signature is Ed25519 (RFC 8032) over the bytes of the seal's own line that stand before `,"signature"`.
 *
 * A hash for each line would tell no more: whoever may write the file can compute hashes. What cannot be computed is the signature.
 */
import { createHash, createPublicKey, type Hash, type KeyObject, randomUUID, sign, verify } from "node:crypto";
import { z } from "zod";
import { now } from "./now.ts";
import { jsonOnLine } from "./escape.ts";

const segmentLine = z.object({
  event: z.literal("segment"),
  chain: z.string(),
  segment: z.int().min(1),
  previous: z.string().optional(),
});
export type SegmentLine = z.output<typeof segmentLine>;

const sealLine = z.object({
  event: z.literal("seal"),
  time: z.string(),
  chain: z.string(),
  segment: z.int().min(1),
  lines: z.int().min(1),
  hash: z.string(),
  last: z.literal(true).optional(),
  found: z.int().optional(),
  key: z.string().optional(),
  signature: z.string().optional(),
});
export type SealLine = z.output<typeof sealLine>;

export const segmentStart = '{"event":"segment",';
export const sealStart = '{"event":"seal",';
/** Whether a line is none of the records. */
export function isOfChain(line: string): boolean {
  return line.startsWith(sealStart) || line.startsWith(segmentStart);
}

const signatureStart = ',"signature":';

/** What seals are signed with. */
export interface SealKey {
  readonly id: string;
  readonly privateKey: KeyObject;
}

/** @throws when it is no Ed25519 private key */
export function sealKey(privateKey: KeyObject): SealKey {
  return { privateKey, id: keyId(createPublicKey(privateKey)) };
}

/**
 * RFC 7638 thumbprint of a public key.
 * @throws when it is no Ed25519 key
 */
export function keyId(publicKey: KeyObject): string {
  if (publicKey.asymmetricKeyType !== "ed25519") {
    throw new Error(`it is a key of type ${publicKey.asymmetricKeyType ?? "unknown"}, not Ed25519`);
  }
  const { crv, kty, x } = publicKey.export({ format: "jwk" });
  return createHash("sha256").update(JSON.stringify({ crv, kty, x })).digest("base64url");
}

export function parseSegment(line: string): SegmentLine | undefined {
  return parse(segmentLine, line);
}

export function parseSeal(line: string): SealLine | undefined {
  return parse(sealLine, line);
}

function parse<T>(schema: z.ZodType<T>, line: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** @param line the seal's own, without line break */
export function isSignedBy(publicKey: KeyObject, line: string, { signature }: SealLine): boolean {
  const end = line.lastIndexOf(signatureStart);
  if (signature === undefined || end === -1) return false;
  const bytes = Buffer.from(signature, "base64url");
  // Decoding passes over what it does not know.
  if (line.slice(end) !== `${signatureStart}"${bytes.toString("base64url")}"}`) return false;
  return verify(undefined, Buffer.from(line.slice(0, end)), publicKey, bytes);
}

/** The hash that a seal must have, as bytes come in. */
export class SealedBytes {
  #hash: Hash;

  /** @param before the hash of the seal before */
  constructor(before: string | undefined) {
    this.#hash = startingWith(before);
  }

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** Of all since the last seal, in base64url. */
  hash(): string {
    return this.#hash.copy().digest("base64url");
  }

  /** Behind a seal with this hash, whether it holds or not: what follows is checked against what it says. */
  goOnFrom(hash: string): void {
    this.#hash = startingWith(hash);
  }
}

function startingWith(before: string | undefined): Hash {
  const hash = createHash("sha256");
  return before === undefined ? hash : hash.update(Buffer.from(before, "base64url"));
}

export interface Seal {
  readonly hash: string;
  /** Without line break. */
  readonly line: string;
}

/** What a seal says beside what it vouches for. */
interface SealNotes {
  /** The file ends with it. */
  readonly last?: boolean;
  /** How many lines were already there, and not sealed, when a proxy went on with the file. */
  readonly found?: number;
}

/** The lines that the writer of one segment puts in. */
export class Chain {
  readonly #segment: number;
  readonly #id: string;
  readonly #previous: string | undefined;
  readonly #bytes: SealedBytes;
  #lines: number;
  #unsealed = 0;

  private constructor(
    { chain, segment, previous }: Omit<SegmentLine, "event">,
    lines = 0,
    bytes = new SealedBytes(previous),
  ) {
    this.#id = chain;
    this.#segment = segment;
    this.#previous = previous;
    this.#lines = lines;
    this.#bytes = bytes;
  }

  /** The first segment of a new chain. */
  static begin(): Chain {
    return new Chain({ chain: randomUUID(), segment: 1 });
  }

  /** A segment that has been begun, of which no line has been `add`ed. */
  static of(segment: SegmentLine): Chain {
    return new Chain(segment);
  }

  /** A segment that goes on behind a seal, whose own line is still to be `add`ed. */
  static behind({ chain, segment, lines, hash }: SealLine): Chain {
    return new Chain({ chain, segment }, lines, new SealedBytes(hash));
  }

  /** The segment after the one that ended with this seal. */
  static after({ chain, segment, hash }: SealLine): Chain {
    return new Chain({ chain, segment: segment + 1, previous: hash });
  }

  /** Lines that no seal vouches for; seals do not count. */
  get unsealed(): number {
    return this.#unsealed;
  }

  /** The first line. */
  open(): string {
    const previous = this.#previous === undefined ? "" : `,"previous":${jsonOnLine(this.#previous)}`;
    return `${segmentStart}"time":"${now()}","chain":${jsonOnLine(this.#id)},"segment":${this.#segment}${previous}}`;
  }

  /** Whole lines that were written behind everything before. Hot. */
  add(bytes: Uint8Array, lines: number): void {
    this.#bytes.add(bytes);
    this.#lines += lines;
    this.#unsealed += lines;
  }

  /** To be `addSeal`ed when it is written: until then nothing has changed. */
  seal(key: SealKey | undefined, { last = false, found = 0 }: SealNotes = {}): Seal {
    const hash = this.#bytes.hash();
    const notes = `${last ? ',"last":true' : ""}${found > 0 ? `,"found":${found}` : ""}`;
    const line = `${sealStart}"time":"${now()}","chain":${jsonOnLine(this.#id)},"segment":${this.#segment},"lines":${this.#lines},"hash":"${hash}"${notes}`;
    if (key === undefined) return { hash, line: `${line}}` };
    const signed = `${line},"key":"${key.id}"`;
    const signature = sign(undefined, Buffer.from(signed), key.privateKey).toString("base64url");
    return { hash, line: `${signed}${signatureStart}"${signature}"}` };
  }

  /** The segment after this one, which ends with this seal. */
  next({ hash }: Seal): Chain {
    return new Chain({ chain: this.#id, segment: this.#segment + 1, previous: hash });
  }

  /** The line of a seal that was written. */
  addSeal({ hash }: Pick<Seal, "hash">, bytes: Uint8Array): void {
    this.#bytes.goOnFrom(hash);
    this.#bytes.add(bytes);
    this.#lines++;
    this.#unsealed = 0;
  }
}
