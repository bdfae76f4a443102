import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";

/** What a client has shown at the TLS handshake. */
export type PeerCertificate =
  | { readonly kind: "none" }
  | { readonly kind: "valid"; readonly certificate: X509Certificate }
  /** @property because the code of OpenSSL, such as `CERT_HAS_EXPIRED` */
  | { readonly kind: "wrong"; readonly because: string };

/** Of an encrypted connection that has asked for one. */
export function peerCertificate(socket: TLSSocket): PeerCertificate {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { kind: "none" };
  const problem = verifyError(socket);
  if (problem !== undefined) return { kind: "wrong", because: problem };
  // A session that is resumed was verified when it was new.
  const nowMs = Date.now();
  if (nowMs > certificate.validToDate.getTime()) return { kind: "wrong", because: "CERT_HAS_EXPIRED" };
  if (nowMs < certificate.validFromDate.getTime()) return { kind: "wrong", because: "CERT_NOT_YET_VALID" };
  return { kind: "valid", certificate };
}

/**
 * Node tells servers of `tls.createServer` alone whether a certificate is trusted (`authorized`); connections that turn to TLS on the way have
 * to ask for it where that server asks. Where that cannot be done, nobody is trusted.
 */
function verifyError(socket: TLSSocket): string | undefined {
  const ssl: unknown = Reflect.get(socket, "ssl") ?? Reflect.get(socket, "_handle");
  const verify: unknown = typeof ssl === "object" && ssl !== null ? Reflect.get(ssl, "verifyError") : undefined;
  if (typeof verify !== "function") return "UNVERIFIED";
  const error: unknown = Reflect.apply(verify, ssl, []);
  if (error === null || error === undefined) return undefined;
  return error instanceof Error && "code" in error ? String(error.code) : "UNVERIFIED";
}
