/** The names in a client's certificate (RFC 5280, section 4.2.1.6; SPIFFE's X.509-SVID for ids). */
import type { X509Certificate } from "node:crypto";

export type CertificateNameKind = "spiffe" | "dns" | "email" | "cn";

export type CertificateNames = Readonly<Record<CertificateNameKind, readonly string[]>>;

/** A name with special characters in it comes as JSON. */
const alternative = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y;

/** What cannot be read without doubt is left out. */
export function certificateNames({ subject, subjectAltName }: X509Certificate): CertificateNames {
  const alternatives = alternativeNames(subjectAltName ?? "");
  const of = (kind: string) => alternatives.filter(([each]) => each === kind).map(([, name]) => name);
  const uris = of("URI");
  const common = (subject ?? "").split("\n").filter((line) => line.startsWith("CN="));
  return {
    // More than one URI, and none of them is the id (X.509-SVID, section 2).
    spiffe: uris.length === 1 && uris[0]?.startsWith("spiffe://") === true ? uris : [],
    dns: of("DNS").map((name) => name.toLowerCase()),
    email: of("email"),
    cn: common.length === 1 ? common.map((line) => line.slice("CN=".length)) : [],
  };
}

function alternativeNames(text: string): readonly (readonly [kind: string, name: string])[] {
  const names: (readonly [string, string])[] = [];
  alternative.lastIndex = 0;
  while (alternative.lastIndex < text.length) {
    const found = alternative.exec(text);
    if (found === null) return [];
    const [, kind = "", name = ""] = found;
    names.push([kind, name.startsWith('"') ? String(JSON.parse(name)) : name]);
  }
  return names;
}
