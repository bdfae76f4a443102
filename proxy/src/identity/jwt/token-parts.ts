/**
 * The parts of a signed token in compact form (RFC 7515, section 7.1), read before anything in it is believed. Stricter than the RFCs where
 * they leave room for two readings, and where a header could make a verifier take keys from whoever wrote it.
 */
import { memberOf, strictJsonObject } from "./strict-json.ts";

export interface TokenParts {
  readonly alg: string;
  readonly kid: string | undefined;
  /** Lower case, without `application/`; empty where the header has none. */
  readonly type: string;
  /** Nothing of it is proven yet. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Each would let the token itself name the key, or change what the signature is over. */
const forbiddenHeaders: Readonly<Record<string, string>> = {
  crit: "asks for extensions that are not understood here",
  b64: "asks for extensions that are not understood here",
  jwk: "brings a key of its own",
  jku: "names an address for its key",
  x5u: "names an address for its key",
  x5c: "brings a certificate of its own",
  enc: "is encrypted",
  zip: "is compressed",
  cty: "has another token in it",
};

const keyIdCharactersMax = 512;

/** What is wrong, as the end of a sentence that begins with "the token". */
export type Wrong = string;

/** @returns a text for a token that is not to be looked at any further */
export function readToken(token: string, bytesMax: number): TokenParts | Wrong {
  if (token.length > bytesMax) return `has more than ${bytesMax} bytes`;
  const parts = token.split(".");
  if (parts.length === 5) return "is encrypted, and only signed ones are taken";
  const [head, body, signature] = parts;
  if (parts.length !== 3 || head === undefined || body === undefined || signature === undefined)
    return "does not consist of three parts";
  const bytes = parts.map(decodeBase64url);
  const [headBytes, bodyBytes] = bytes;
  if (headBytes === undefined || bodyBytes === undefined || bytes[2] === undefined)
    return "is not written in base64url";
  if (signature === "") return "is not signed";
  const header = strictJsonObject(headBytes);
  if (header === undefined) return "has a header that is no unambiguous JSON object";
  const claims = strictJsonObject(bodyBytes);
  if (claims === undefined) return "has claims that are no unambiguous JSON object";
  for (const [name, problem] of Object.entries(forbiddenHeaders)) if (Object.hasOwn(header, name)) return problem;
  const alg = memberOf(header, "alg");
  const kid = memberOf(header, "kid");
  const typ = memberOf(header, "typ");
  if (typeof alg !== "string") return "does not say how it is signed";
  if (kid !== undefined && (typeof kid !== "string" || kid === "" || kid.length > keyIdCharactersMax))
    return "has a key id that is no text";
  if (typ !== undefined && typeof typ !== "string") return "has a type that is no text";
  return { alg, kid, type: (typ ?? "").toLowerCase().replace(/^application\//, ""), claims };
}

/** `undefined` for anything but the one way in which these bytes are written. */
function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}
