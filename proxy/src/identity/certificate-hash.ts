import { createHash, X509Certificate } from "node:crypto";

/**
 * The channel binding data `tls-server-end-point` of a server certificate (RFC 5929, section 4.1): its digest by the hash of
 * its signature algorithm, SHA-256 in place of MD5 and SHA-1.
 *
 * @param certificate PEM, of which the first certificate counts, or DER.
 * @returns `undefined` where the RFC defines no hash (Ed25519) or Node does not name it (RSASSA-PSS): then no channel binding is offered.
 */
export function certificateHash(certificate: string | Buffer): Buffer | undefined {
  const parsed = new X509Certificate(certificate);
  const algorithm = parsed.signatureAlgorithm?.toLowerCase() ?? "";
  const digest = /sha-?(1|224|256|384|512)(?![0-9])|md5/.exec(algorithm);
  if (digest === null) return undefined;
  const bits = digest[1];
  return createHash(bits === undefined || bits === "1" ? "sha256" : `sha${bits}`)
    .update(parsed.raw)
    .digest();
}
