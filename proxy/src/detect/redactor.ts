/** Finds what is in values and puts a word in its place. Hot: every byte of every value that is looked into passes here. */
import { isDigit, isWord } from "./bytes.ts";
import { card } from "./card.ts";
import { type DetectedKind, type Detector } from "./detector.ts";
import { email } from "./email.ts";
import { iban } from "./iban.ts";
import { jwt } from "./jwt.ts";
import { phone } from "./phone.ts";
import { awsKey, githubToken, googleKey, slackToken } from "./prefixed-key.ts";
import { privateKey } from "./private-key.ts";
import { Splices } from "./splices.ts";
import { ssn } from "./ssn.ts";

const detectors: Readonly<Record<DetectedKind, Detector>> = {
  email,
  phone,
  iban,
  card,
  ssn,
  jwt,
  aws_key: awsKey,
  google_key: googleKey,
  github_token: githubToken,
  slack_token: slackToken,
  private_key: privateKey,
};

/** How often something was found; `too_large` counts values that were not looked into. */
export type Findings = Map<DetectedKind | "too_large", number>;

interface Candidate {
  readonly kind: DetectedKind;
  readonly detector: Detector;
  readonly word: Buffer;
}

const quote = 0x22;
const backslash = 0x5c;
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
const tooLarge = "[too large]";

export class Redactor {
  /** By the byte that makes them worth asking. */
  readonly #byTrigger: (readonly Candidate[] | undefined)[];
  readonly #numbers: Candidate | undefined;
  readonly #valueBytesMax: number;

  constructor(kinds: readonly DetectedKind[], valueBytesMax: number) {
    const candidates = kinds.map(
      (kind): Candidate => ({ kind, detector: detectors[kind], word: Buffer.from(`[${kind}]`) }),
    );
    this.#byTrigger = Array.from({ length: 256 }, (_, byte) => {
      const those = candidates.filter(({ detector }) => detector.triggers.includes(String.fromCharCode(byte)));
      return those.length === 0 ? undefined : those;
    });
    this.#numbers = candidates.find(({ kind }) => kind === "card");
    this.#valueBytesMax = valueBytesMax;
  }

  /** @returns the value with words in place of what was found; `undefined` where nothing was */
  redactText(bytes: Buffer, from: number, to: number, found: Findings): Buffer | undefined {
    if (to - from > this.#valueBytesMax) return this.#refuse(found, tooLarge);
    const splices = new Splices();
    this.#scan(bytes, from, to, splices, found);
    return splices.apply(bytes, from, to);
  }

  /** As `redactText`, for JSON in text form: it stays JSON. Looks into strings, keys too, and finds cards that are written as numbers. */
  redactJson(bytes: Buffer, from: number, to: number, found: Findings): Buffer | undefined {
    if (to - from > this.#valueBytesMax) return this.#refuse(found, JSON.stringify(tooLarge));
    const splices = new Splices();
    let at = from;
    while (at < to) {
      const byte = bytes[at]!;
      if (byte === quote) at = this.#jsonString(bytes, at, to, splices, found);
      else if (isDigit(byte)) at = this.#jsonNumber(bytes, at, to, splices, found);
      else at++;
    }
    return splices.apply(bytes, from, to);
  }

  /** As `redactText`, for text that may be JSON without its type saying so: JSON stays JSON. */
  redactTextOrJson(bytes: Buffer, from: number, to: number, found: Findings): Buffer | undefined {
    const isJson = to - from <= this.#valueBytesMax && isDocument(bytes, from, to);
    return isJson ? this.redactJson(bytes, from, to, found) : this.redactText(bytes, from, to, found);
  }

  #refuse(found: Findings, word: string): Buffer {
    count(found, "too_large");
    return Buffer.from(word);
  }

  #scan(bytes: Uint8Array, from: number, to: number, splices: Splices, found: Findings): void {
    let free = from;
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      const candidates = this.#byTrigger[byte];
      if (candidates === undefined || (isWord[byte] === 1 && at > free && isWord[bytes[at - 1]!] === 1)) continue;
      for (const { kind, detector, word } of candidates) {
        const span = detector.find(bytes, at, free, to);
        if (span === undefined) continue;
        splices.replace(span.start, span.end, word);
        count(found, kind);
        free = span.end;
        at = span.end - 1;
        break;
      }
    }
  }

  /** @returns where it ends */
  #jsonString(bytes: Buffer, open: number, to: number, splices: Splices, found: Findings): number {
    let close = open + 1;
    let isEscaped = false;
    while (close < to && bytes[close] !== quote) {
      if (bytes[close] === backslash) {
        isEscaped = true;
        close++;
      }
      close++;
    }
    if (isEscaped) {
      // What is written `\u0040` is an @ to whoever reads it.
      const value = Buffer.from(String(JSON.parse(bytes.toString("utf8", open, close + 1))));
      const inner = new Splices();
      this.#scan(value, 0, value.length, inner, found);
      const redacted = inner.apply(value, 0, value.length);
      if (redacted !== undefined)
        splices.replace(open, close + 1, Buffer.from(JSON.stringify(redacted.toString("utf8"))));
    } else this.#scan(bytes, open + 1, close, splices, found);
    return close + 1;
  }

  #jsonNumber(bytes: Buffer, start: number, to: number, splices: Splices, found: Findings): number {
    let end = start;
    // Digits, fraction and exponent.
    while (end < to && (isWord[bytes[end]!] === 1 || bytes[end] === 0x2e || bytes[end] === 0x2d || bytes[end] === 0x2b))
      end++;
    const isNegative = bytes[start - 1] === 0x2d;
    const span = isNegative ? undefined : this.#numbers?.detector.find(bytes, start, start, end);
    if (this.#numbers !== undefined && span?.end === end) {
      splices.replace(start, end, Buffer.from(JSON.stringify(this.#numbers.word.toString())));
      count(found, this.#numbers.kind);
    }
    return end;
  }
}

/** An object or array of JSON, and nothing else. */
function isDocument(bytes: Buffer, from: number, to: number): boolean {
  let [first, last] = [from, to - 1];
  while (first < last && isSpace(bytes[first]!)) first++;
  while (last > first && isSpace(bytes[last]!)) last--;
  const isBracketed =
    (bytes[first] === openBrace && bytes[last] === closeBrace) ||
    (bytes[first] === openBracket && bytes[last] === closeBracket);
  if (!isBracketed) return false;
  try {
    JSON.parse(bytes.toString("utf8", first, last + 1));
    return true;
  } catch {
    return false;
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function count(found: Findings, kind: DetectedKind | "too_large"): void {
  found.set(kind, (found.get(kind) ?? 0) + 1);
}
