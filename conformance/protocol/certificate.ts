/** Certificates, made with Node alone: X.509 v3 by hand (RFC 5280), signed with ECDSA P-256. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

const tlv = (tag: number, ...parts: readonly Buffer[]) => {
  const body = Buffer.concat(parts);
  const { length } = body;
  const header =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), body]);
};
const sequence = (...parts: readonly Buffer[]) => tlv(0x30, ...parts);
const oid = (hex: string) => tlv(0x06, Buffer.from(hex, "hex"));
const utcTime = (date: Date) =>
  tlv(
    0x17,
    Buffer.from(
      `${date
        .toISOString()
        .replaceAll(/[-:T]|\.\d+/g, "")
        .slice(2, 14)}Z`,
      "latin1",
    ),
  );

const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));
const dayMs = 86_400_000;

/** @param change `from` and `to` in milliseconds from now */
export function selfSigned({ host = "localhost", from = -dayMs, to = dayMs } = {}): IssuedCertificate {
  return certificate({ commonName: host, names: [["dns", host]], fromMs: from, validMs: to });
}

export interface CertificateAsked {
  readonly commonName: string;
  readonly names?: readonly (readonly [kind: "dns" | "uri" | "email", name: string])[];
  /** Left out, it signs itself. */
  readonly issuer?: IssuedCertificate;
  readonly isAuthority?: boolean;
  /** Both from now. */
  readonly fromMs?: number;
  readonly validMs?: number;
}

export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
  readonly commonName: string;
  readonly serial: Buffer;
  readonly privateKey: KeyObject;
}

const nameTags = { email: 0x81, dns: 0x82, uri: 0x86 } as const;
const nameOf = (text: string) => sequence(tlv(0x31, sequence(oid("550403"), tlv(0x0c, Buffer.from(text)))));

export function certificate(asked: CertificateAsked): IssuedCertificate {
  const { commonName, names = [], issuer, isAuthority = false, fromMs = -dayMs, validMs = dayMs } = asked;
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  // Positive, and without padding.
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(8)]);
  const extensions = [];
  if (names.length > 0) {
    const alternatives = names.map(([kind, name]) => tlv(nameTags[kind], Buffer.from(name)));
    extensions.push(sequence(oid("551d11"), tlv(0x04, sequence(...alternatives))));
  }
  if (isAuthority) extensions.push(sequence(oid("551d13"), tlv(0x04, sequence(tlv(0x01, Buffer.from([0xff]))))));
  const now = Date.now();
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, serial),
    ecdsaWithSha256,
    nameOf(issuer?.commonName ?? commonName),
    sequence(utcTime(new Date(now + fromMs)), utcTime(new Date(now + validMs))),
    nameOf(commonName),
    publicKey.export({ type: "spki", format: "der" }),
    ...(extensions.length === 0 ? [] : [tlv(0xa3, sequence(...extensions))]),
  );
  return {
    cert: signedPem("CERTIFICATE", body, issuer?.privateKey ?? privateKey),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    commonName,
    serial,
    privateKey,
  };
}

/** An authority's list of certificates that count no more. @param validMs from now */
export function revocationList(
  issuer: IssuedCertificate,
  revoked: readonly IssuedCertificate[],
  validMs = dayMs,
): string {
  const now = new Date(Date.now() - 1_000);
  const entries = revoked.map(({ serial }) => sequence(tlv(0x02, serial), utcTime(now)));
  const body = sequence(
    tlv(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    nameOf(issuer.commonName),
    utcTime(new Date(now.getTime() - dayMs)),
    utcTime(new Date(now.getTime() + validMs)),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
  );
  return signedPem("X509 CRL", body, issuer.privateKey);
}

function signedPem(label: string, body: Buffer, key: KeyObject): string {
  const signature = tlv(0x03, Buffer.concat([Buffer.from([0]), sign("sha256", body, key)]));
  const der = sequence(body, ecdsaWithSha256, signature).toString("base64");
  return `-----BEGIN ${label}-----\n${der.replaceAll(/(.{64})/g, "$1\n").trim()}\n-----END ${label}-----\n`;
}
