/**
 * The server's side of one SCRAM-SHA-256 exchange (RFC 5802, RFC 7677), as PostgreSQL's protocol carries it ("SASL
 * Authentication" in the chapter "Frontend/Backend Protocol", src/backend/libpq/auth-scram.c), with channel binding
 * `tls-server-end-point` (RFC 5929) on TLS.
 *
 * No I/O: the caller carries the messages. An exchange serves one login and answers each message once.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { decodeBase64, digestBytes, hmac, sha256, type ScramVerifier } from "./scram-verifier.ts";

export type ScramMechanism = "SCRAM-SHA-256" | "SCRAM-SHA-256-PLUS";

/** What of the client's connection the exchange is bound to. */
export interface ScramChannel {
  /** Digest of the proxy's certificate (`certificateHash`); `undefined` without TLS, and then the PLUS mechanism is not offered. */
  readonly certificateHash: Buffer | undefined;
}

export type ScramStep =
  /** Send AuthenticationSASLContinue with `data` and wait for the next SASLResponse. */
  | { readonly kind: "continue"; readonly data: Buffer }
  /** The proof is right: send AuthenticationSASLFinal with `data`, then AuthenticationOk. */
  | { readonly kind: "done"; readonly data: Buffer }
  /** A wrong password or an unknown user, which must look alike: 28P01 with the server's text and nothing else. */
  | { readonly kind: "refused" }
  /** The client broke the protocol. `message` and `detail` hold nothing secret and nothing that the client sent. */
  | { readonly kind: "protocol_error"; readonly message: string; readonly detail: string | undefined };

/** Of a SASLInitialResponse or SASLResponse: nobody needs more, and a stranger may send them. */
export const scramMessageBytesMax = 4096;
const nonceBytes = 18;

/** Mechanisms to offer in AuthenticationSASL, the preferred one first. */
export function scramMechanisms(channel: ScramChannel): readonly ScramMechanism[] {
  return channel.certificateHash === undefined ? ["SCRAM-SHA-256"] : ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"];
}

type State =
  | { readonly kind: "initial" }
  | {
      readonly kind: "challenged";
      readonly gs2Header: string;
      readonly bound: boolean;
      readonly nonce: string;
      readonly messages: string;
    }
  | { readonly kind: "over" };

export class ScramExchange {
  readonly #verifier: ScramVerifier;
  readonly #genuine: boolean;
  readonly #channel: ScramChannel;
  readonly #serverNonce: string;
  #state: State = { kind: "initial" };

  /**
   * @param genuine `false` for the verifier of a user that does not exist: the exchange runs to its end and then refuses.
   * @param serverNonce printable ASCII without comma; given by tests that replay the RFC's example.
   */
  constructor(
    verifier: ScramVerifier,
    genuine: boolean,
    channel: ScramChannel,
    serverNonce: string = randomBytes(nonceBytes).toString("base64"),
  ) {
    this.#verifier = verifier;
    this.#genuine = genuine;
    this.#channel = channel;
    this.#serverNonce = serverNonce;
  }

  /** Takes the mechanism and the client-first-message of a SASLInitialResponse. */
  first(mechanism: string, message: Buffer): ScramStep {
    if (this.#state.kind !== "initial") return this.#fail("the exchange has already begun");
    if (
      mechanism !== "SCRAM-SHA-256" &&
      (mechanism !== "SCRAM-SHA-256-PLUS" || this.#channel.certificateHash === undefined)
    ) {
      return this.#fail("client selected an invalid SASL authentication mechanism", undefined);
    }
    const text = readText(message);
    if (text === undefined) return this.#fail("the message is too long or holds control characters");

    // client-first-message = gs2-cbind-flag "," [authzid] "," [m=…","] n=user "," r=nonce ["," extensions]
    const header = /^(n|y|p=([A-Za-z0-9.-]+)),(a=[^,]*)?,/.exec(text);
    if (header === null) return this.#fail("the GS2 header cannot be read");
    const plus = mechanism === "SCRAM-SHA-256-PLUS";
    const binding = header[2];
    if (header[3] !== undefined) return this.#fail("an authorization identity is not supported");
    if (plus !== (binding !== undefined)) {
      return this.#fail(
        plus ? "the selected mechanism needs channel binding data" : "the selected mechanism takes no channel binding",
      );
    }
    if (binding !== undefined && binding !== "tls-server-end-point") {
      return this.#fail("only the channel binding type tls-server-end-point is supported");
    }
    if (header[1] === "y" && this.#channel.certificateHash !== undefined) {
      // The client can bind and believes that we cannot, though we offered it: somebody between us removed the offer.
      return this.#fail(
        "the client supports channel binding but thinks the server does not, although it does",
        "SCRAM channel binding negotiation error",
      );
    }
    const bare = text.slice(header[0].length);
    // The user name is ignored, as PostgreSQL does: the one of the StartupMessage counts.
    const attributes = /^n=([^,]*),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,]*)*$/.exec(bare);
    if (attributes === null) {
      return this.#fail(
        bare.startsWith("m=")
          ? "a mandatory SCRAM extension is not supported"
          : "a user name and a printable nonce are expected",
      );
    }
    const nonce = attributes[2]! + this.#serverNonce;
    const challenge = `r=${nonce},s=${this.#verifier.salt.toString("base64")},i=${this.#verifier.iterations}`;
    this.#state = { kind: "challenged", gs2Header: header[0], bound: plus, nonce, messages: `${bare},${challenge}` };
    return { kind: "continue", data: Buffer.from(challenge, "latin1") };
  }

  /** Takes the client-final-message of the SASLResponse. */
  final(message: Buffer): ScramStep {
    const state = this.#state;
    if (state.kind !== "challenged") return this.#fail("no challenge is outstanding");
    const text = readText(message);
    if (text === undefined) return this.#fail("the message is too long or holds control characters");

    // client-final-message = c=base64 "," r=nonce ["," extensions] ",p=" base64
    const match = /^(c=([A-Za-z0-9+/=]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,]*)*),p=([A-Za-z0-9+/=]+)$/.exec(
      text,
    );
    if (match === null) return this.#fail("channel binding, nonce and proof are expected");
    const binding = decodeBase64(match[2]!);
    const expected = Buffer.concat([
      Buffer.from(state.gs2Header, "latin1"),
      state.bound ? this.#channel.certificateHash! : Buffer.alloc(0),
    ]);
    if (binding === undefined || !equal(binding, expected)) {
      return this.#fail(undefined, "SCRAM channel binding check failed");
    }
    if (!equal(Buffer.from(match[3]!, "latin1"), Buffer.from(state.nonce, "latin1"))) {
      return this.#fail("the nonce does not match");
    }
    const proof = decodeBase64(match[4]!);
    if (proof?.length !== digestBytes) return this.#fail("the proof cannot be read");

    this.#state = { kind: "over" };
    const authMessage = Buffer.from(`${state.messages},${match[1]!}`, "latin1");
    const clientSignature = hmac(this.#verifier.storedKey, authMessage);
    const clientKey = Buffer.alloc(digestBytes);
    for (let index = 0; index < digestBytes; index++) clientKey[index] = proof[index]! ^ clientSignature[index]!;
    // Both are computed before either is looked at: an unknown user costs the same as a wrong password.
    const matches = timingSafeEqual(sha256(clientKey), this.#verifier.storedKey);
    const serverSignature = hmac(this.#verifier.serverKey, authMessage);
    if (!matches || !this.#genuine) return { kind: "refused" };
    return { kind: "done", data: Buffer.from(`v=${serverSignature.toString("base64")}`, "latin1") };
  }

  #fail(detail: string | undefined, message = "malformed SCRAM message"): ScramStep {
    this.#state = { kind: "over" };
    return { kind: "protocol_error", message, detail };
  }
}

/** One character a byte, so that the signature is over the bytes that came, whatever the user name is written in. No control characters. */
function readText(message: Buffer): string | undefined {
  if (message.length === 0 || message.length > scramMessageBytesMax) return undefined;
  for (const byte of message) if (byte < 0x20 || byte === 0x7f) return undefined;
  return message.toString("latin1");
}

/** In constant time for equal lengths; the lengths are not secret. */
function equal(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
