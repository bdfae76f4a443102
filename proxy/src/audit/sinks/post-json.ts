/** One POST of JSON, without redirects: what is in the log goes where the configuration says, and nowhere else. */
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { errorCode, errorMessage } from "../../config/system-error.ts";
import { SinkError } from "./sink.ts";

export interface HttpAddress {
  readonly url: URL;
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca: string | undefined;
  /** Bearer token, asked for each request. It may throw. */
  readonly token: (() => string) | undefined;
  /** For all of it, from connecting to the last byte of the answer. */
  readonly timeoutMs: number;
}

const answerBytesMax = 64 * 1024;

/** Keeps one connection. */
export class JsonPoster {
  readonly #address: HttpAddress;
  readonly #agent: HttpAgent;

  constructor(address: HttpAddress) {
    this.#address = address;
    const settings = { keepAlive: true, maxSockets: 1 };
    this.#agent =
      address.url.protocol === "https:"
        ? new HttpsAgent({ ...settings, ...(address.ca === undefined ? {} : { ca: address.ca }) })
        : new HttpAgent(settings);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Resolves with the body of an answer of 2xx; rejects with a SinkError for everything else. */
  async post(body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<string> {
    const deadline = AbortSignal.timeout(this.#address.timeoutMs);
    try {
      const response = await this.#ask(Buffer.from(body), headers, AbortSignal.any([signal, deadline]));
      const answer = await bodyOf(response);
      const { statusCode = 0 } = response;
      if (statusCode >= 200 && statusCode < 300) return answer;
      throw new SinkError(`it answers ${statusCode}${statusMeanings[statusCode] ?? ""}`, {
        isTooLarge: statusCode === 413,
        retryAfterMs: retryAfterMs(response.headers["retry-after"]),
      });
    } catch (error) {
      if (error instanceof SinkError) throw error;
      if (deadline.aborted) throw new SinkError(`no whole answer within ${this.#address.timeoutMs / 1000} s`);
      throw new SinkError(explain(error));
    }
  }

  #ask(body: Buffer, own: Readonly<Record<string, string>>, signal: AbortSignal): Promise<IncomingMessage> {
    const { url, token } = this.#address;
    const headers = {
      "content-type": "application/json",
      "content-length": body.length,
      "user-agent": "penstock",
      ...(token === undefined ? {} : { authorization: `Bearer ${token()}` }),
      ...own,
    };
    const send = url.protocol === "https:" ? requestHttps : requestHttp;
    return new Promise((resolve, reject) => {
      const attempt = (isFirst: boolean): void => {
        const request = send(url, { method: "POST", headers, signal, agent: this.#agent }, resolve);
        request.once("error", (error) => {
          // The server has ended a connection that was idle, just when it was used again.
          if (isFirst && request.reusedSocket && errorCode(error) === "ECONNRESET") attempt(false);
          else reject(error);
        });
        request.end(body);
      };
      attempt(true);
    });
  }
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) {
      response.destroy();
      throw new SinkError(`its answer is larger than ${answerBytesMax} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const statusMeanings: Readonly<Record<number, string>> = {
  301: ": redirects are not followed",
  302: ": redirects are not followed",
  307: ": redirects are not followed",
  308: ": redirects are not followed",
  401: ": check the token",
  403: ": check the token, and what it may write",
  404: ": check the path in `url`",
  413: ": too many records at once, fewer are sent",
};

/** In seconds, or a date (RFC 9110, section 10.2.3). */
function retryAfterMs(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** The address itself is not told: paths and queries of webhooks are often secrets. */
function explain(error: unknown): string {
  const code = errorCode(error) ?? (error instanceof AggregateError ? errorCode(error.errors[0]) : undefined) ?? "";
  return explanations[code] ?? errorMessage(error);
}

const untrusted = "nobody trusted here has signed its certificate: name the authority's certificate in `ca`";
const explanations: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "it has cut the connection",
  EPIPE: "it has cut the connection",
  ENOTFOUND: "the host name is not known",
  EAI_AGAIN: "the host name is not known",
  ETIMEDOUT: "no answer from there",
  EHOSTUNREACH: "no answer from there",
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host",
  CERT_HAS_EXPIRED: "its certificate has expired",
};
