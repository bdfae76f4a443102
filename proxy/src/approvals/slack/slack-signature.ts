/**
 * Whether a request comes from Slack, and has not come before. Slack signs `v0:TIMESTAMP:BODY`, the body byte by byte, with the app's signing secret
 * (HMAC-SHA-256): headers `X-Slack-Signature: v0=HEX` and `X-Slack-Request-Timestamp`, in seconds.
 * Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";

export type SlackCheck =
  | "genuine"
  | "wrong"
  /** Signed too long ago, or by a clock that is ahead. */
  | "old"
  | "seen before"
  /** So many came within minutes that it cannot be told whether one has come before. */
  | "too many";

/** How far Slack's time may be from ours. */
const skewMs = 5 * 60_000;
/** Signatures that are remembered. A genuine request is a click of a person. */
const seenMax = 10_000;

export class SlackSignatures {
  readonly #secret: KeyObject;
  /** When each can be forgotten, the oldest first. */
  readonly #seen = new Map<string, number>();

  constructor(secret: KeyObject) {
    this.#secret = secret;
  }

  /** Remembers a genuine one. @param body as it came, not decoded */
  check(signature: string, timestamp: string, body: Buffer): SlackCheck {
    if (!/^\d{1,12}$/.test(timestamp)) return "wrong";
    const right = createHmac("sha256", this.#secret).update(`v0:${timestamp}:`).update(body).digest();
    const given = /^v0=([0-9a-f]{64})$/.exec(signature)?.[1];
    if (given === undefined || !timingSafeEqual(Buffer.from(given, "hex"), right)) return "wrong";
    const nowMs = Date.now();
    if (Math.abs(nowMs - Number(timestamp) * 1000) > skewMs) return "old";
    this.#forget(nowMs);
    if (this.#seen.has(given)) return "seen before";
    if (this.#seen.size >= seenMax) return "too many";
    // It may have been signed by a clock that is as far ahead as it may be.
    this.#seen.set(given, nowMs + 2 * skewMs);
    return "genuine";
  }

  #forget(nowMs: number): void {
    for (const [signature, untilMs] of this.#seen) {
      if (untilMs > nowMs) return;
      this.#seen.delete(signature);
    }
  }
}
