/** An issuer's public keys (JWK Set, RFC 7517): from its address over TLS, or from a file. */
import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import type { JWK } from "jose";
import { errorCode, errorMessage } from "../../config/system-error.ts";
import { isRecord, memberOf, strictJsonObject } from "./strict-json.ts";
import type { KeySource } from "./token-issuer.ts";

const bytesMax = 512 * 1024;
const keysMax = 200;
const timeoutMs = 5_000;
const rsaModulusBytesMin = 256;

/** Rejects with what an operator should read. */
export async function fetchKeys(source: KeySource): Promise<readonly JWK[]> {
  if (source.kind === "own") return source.keys;
  const bytes = source.kind === "file" ? await readFile(source.path) : await ask(source);
  const set = strictJsonObject(bytes);
  const listed = memberOf(set, "keys");
  if (!Array.isArray(listed)) throw new Error("what comes is no set of keys (JSON with `keys`)");
  const keys = listed.slice(0, keysMax).filter(isUsable);
  if (keys.length === 0) throw new Error("the set has no key that signatures can be checked with");
  return keys;
}

/** Public keys for signatures. A secret one, or the public half of one that was published, proves nothing of anybody. */
function isUsable(key: unknown): key is JWK {
  if (!isRecord(key)) return false;
  const { kty, use, key_ops: operations, d, n } = key;
  if (kty !== "RSA" && kty !== "EC" && kty !== "OKP") return false;
  if (d !== undefined || (use !== undefined && use !== "sig")) return false;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes("verify"))) return false;
  return kty !== "RSA" || (typeof n === "string" && Buffer.from(n, "base64url").length >= rsaModulusBytesMin);
}

async function ask({ url, ca }: Extract<KeySource, { kind: "address" }>): Promise<Buffer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { accept: "application/jwk-set+json, application/json", "user-agent": "penstock" };
      const asked = request(url, { headers, signal, agent: false, ...(ca === undefined ? {} : { ca }) }, resolve);
      asked.once("error", reject);
      asked.end();
    });
    if (response.statusCode !== 200) {
      response.resume();
      throw new Error(`the server answers ${response.statusCode}`);
    }
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > bytesMax) throw new Error(`the answer is larger than ${bytesMax} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (signal.aborted) throw new Error(`no whole answer within ${timeoutMs / 1000} s`, { cause: error });
    const code = errorCode(error) ?? (error instanceof AggregateError ? errorCode(error.errors[0]) : undefined);
    throw new Error(errorMessage(error) || code || "no answer", { cause: error });
  }
}
