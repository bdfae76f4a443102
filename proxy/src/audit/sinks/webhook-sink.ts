/**
 * Records as JSON to an HTTP address: `{"records":[{"id","chain","segment","start","record"}, …]}`.
 *
 * The header `Penstock-Signature: t=SECONDS,v1=HEX` is for whoever listens there: HEX is the HMAC-SHA256, with the shared secret, of SECONDS,
 * a dot and the body. Whoever checks it, and refuses old SECONDS, takes nothing from others and nothing twice; `Penstock-Delivery` is the same
 * for the same records.
 */
import { createHash, createHmac } from "node:crypto";
import { type HttpAddress, JsonPoster } from "./post-json.ts";
import type { Sink, SinkRecord } from "./sink.ts";

export interface WebhookOptions extends HttpAddress {
  /** Asked for each request. It may throw. */
  readonly secret: () => string;
}

export class WebhookSink implements Sink {
  readonly #options: WebhookOptions;
  readonly #poster: JsonPoster;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#poster = new JsonPoster(options);
  }

  async send(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    const body = `{"records":[${records.map(printRecord).join(",\n")}]}`;
    const seconds = Math.floor(Date.now() / 1000);
    const headers = {
      "penstock-signature": `t=${seconds},v1=${signatureOf(this.#options.secret(), seconds, body)}`,
      "penstock-delivery": deliveryOf(records),
    };
    await this.#poster.post(body, headers, signal);
  }

  close(): Promise<void> {
    this.#poster.close();
    return Promise.resolve();
  }
}

export function signatureOf(secret: string, seconds: number, body: string): string {
  return createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
}

function printRecord({ id, chain, segment, start, line }: SinkRecord): string {
  return `{"id":"${id}","chain":${JSON.stringify(chain)},"segment":${segment},"start":${start},"record":${line}}`;
}

function deliveryOf(records: readonly SinkRecord[]): string {
  const hash = createHash("sha256");
  for (const { id } of records) hash.update(id);
  return hash.digest("base64url");
}
