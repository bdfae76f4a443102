/**
 * Bundles over HTTP(S), with conditional requests (RFC 9110, section 13): an unchanged bundle costs an exchange of headers. What comes is
 * only bytes; whether to believe them is `readBundle`'s business. So plain HTTP is allowed, but not for a token.
 */
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { errorCode, errorMessage } from "../config/system-error.ts";

export interface BundleAddress {
  readonly url: URL;
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca: string | undefined;
  /** Asked for each request, and sent to the origin of `url` only. It may throw. */
  readonly token: (() => string) | undefined;
  /** For all of it: connecting, redirects, the last byte. */
  readonly timeoutMs: number;
}

export type Fetched =
  | { readonly kind: "bytes"; readonly bytes: Buffer; readonly etag: string | undefined }
  /** As when it was fetched with this etag. */
  | { readonly kind: "unchanged" }
  | { readonly kind: "failed"; readonly problem: string; readonly help: string };

export const bundleBytesMax = 80 * 1024 * 1024;
const redirectsMax = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Never rejects. @param etag of what is known already. */
export async function fetchBundle(address: BundleAddress, etag: string | undefined): Promise<Fetched> {
  const deadline = AbortSignal.timeout(address.timeoutMs);
  try {
    let { url } = address;
    for (let hops = 0; hops <= redirectsMax; hops++) {
      const response = await ask(address, url, etag, deadline);
      if (!redirects.has(response.statusCode ?? 0)) return await answerOf(response, etag);
      response.resume();
      const next = redirectFrom(url, response.headers.location);
      if (!(next instanceof URL)) return failed(next, "let the server answer with the bundle itself");
      url = next;
    }
    return failed(`it redirects more than ${redirectsMax} times`, "let the server answer with the bundle itself");
  } catch (error) {
    if (deadline.aborted)
      return failed(
        `no whole answer within ${address.timeoutMs / 1000} s`,
        "check the server and the way to it, or raise `policies.http.timeout_seconds`",
      );
    return failed(...explain(error));
  }
}

function ask(
  { url: configured, ca, token }: BundleAddress,
  url: URL,
  etag: string | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const isOwn = url.origin === configured.origin;
  const headers = {
    accept: "application/gzip, application/octet-stream;q=0.9, */*;q=0.1",
    "accept-encoding": "identity",
    "user-agent": "penstock",
    ...(token !== undefined && isOwn ? { authorization: `Bearer ${token()}` } : {}),
    ...(etag === undefined ? {} : { "if-none-match": etag }),
  };
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = send(url, { headers, signal, agent: false, ...(ca === undefined ? {} : { ca }) }, resolve);
    request.once("error", reject);
    request.end();
  });
}

/** @returns the problem as text */
function redirectFrom(from: URL, location: string | undefined): URL | string {
  if (location === undefined || !URL.canParse(location, from.href)) return "it redirects to no address";
  const to = new URL(location, from);
  if (to.protocol === "https:" || (to.protocol === "http:" && from.protocol === "http:")) return to;
  return `it redirects from ${from.protocol.slice(0, -1)} to ${to.protocol.slice(0, -1)}`;
}

async function answerOf(response: IncomingMessage, etag: string | undefined): Promise<Fetched> {
  const { statusCode = 0, headers } = response;
  if (statusCode === 304 && etag !== undefined) {
    response.resume();
    return { kind: "unchanged" };
  }
  if (statusCode !== 200) {
    response.resume();
    return failed(`the server answers ${statusCode}`, statusHelp[statusCode] ?? "look into the server's log");
  }
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") {
    response.destroy();
    return failed(`it comes in the encoding ${encoding}`, "let the server send the file as it is");
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bundleBytesMax) {
      response.destroy();
      return failed(`it is larger than ${bundleBytesMax} bytes`, "check that the address is that of a bundle");
    }
    chunks.push(chunk);
  }
  return { kind: "bytes", bytes: Buffer.concat(chunks), etag: headers.etag };
}

const statusHelp: Readonly<Record<number, string>> = {
  304: "it was asked for no condition: look into the server's log",
  401: "check the token in `policies.http`",
  403: "check the token in `policies.http`, and what it may read",
  404: "check the address in `policies.bundle`",
};

function explain(error: unknown): readonly [problem: string, help: string] {
  const code = errorCode(error) ?? (error instanceof AggregateError ? errorCode(error.errors[0]) : undefined) ?? "";
  return (
    explanations[code] ?? [
      errorMessage(error),
      code.includes("CERT") || code.includes("TLS") || code.includes("SSL")
        ? "check the server's certificate"
        : "check the address in `policies.bundle`, and the server",
    ]
  );
}

const untrusted = [
  "nobody trusted here has signed the server's certificate",
  "name the authority's certificate in `policies.http.ca`",
] as const;
const explanations: Readonly<Record<string, readonly [problem: string, help: string]>> = {
  ECONNREFUSED: ["nothing listens there", "check the address in `policies.bundle`, and that the server runs"],
  ENOTFOUND: ["the host name is not known", "check the address in `policies.bundle`, and the name server"],
  EAI_AGAIN: ["the host name is not known", "check the address in `policies.bundle`, and the name server"],
  ECONNRESET: ["the server cut the answer off", "look into the server's log"],
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: [
    "the server's certificate is for another host",
    "ask by the name that is in the certificate",
  ],
  CERT_HAS_EXPIRED: ["the server's certificate has expired", "renew it there"],
};

function failed(problem: string, help: string): Fetched {
  return { kind: "failed", problem, help };
}
