/** `identity.certificates`: client certificates, and whom they mean. */
import { createSecureContext } from "node:tls";
import { principalKinds } from "@penstock/language";
import { z } from "zod";
import { filledText } from "../fields.ts";
import type { CertificateRule } from "../../identity/certificate/certificate-logins.ts";
import type { SectionReader } from "../section-reader.ts";
import { errorMessage } from "../system-error.ts";

const nameKinds = ["spiffe", "dns", "email", "cn"] as const;

export const clientCertificatesSection = z
  .strictObject({
    ca: filledText.describe("Certificates of the authorities that sign client certificates, a PEM file."),
    crl: filledText
      .optional()
      .describe(
        "Their lists of revoked certificates, a PEM file, read again when it changes. With it, a certificate of an authority without a list, or with one that is out of date, is refused.",
      ),
    required: z
      .boolean()
      .default(false)
      .describe("Every client needs a certificate of these authorities, however it logs in."),
    map: z
      .array(
        z.strictObject({
          spiffe: filledText
            .optional()
            .describe(
              "The SPIFFE id in the certificate, such as `spiffe://example.org/ns/prod/sa/app`; `/*` at its end stands for all below.",
            ),
          dns: filledText.optional().describe("Or a DNS name among its alternative names."),
          email: filledText.optional().describe("Or an e-mail address among them."),
          cn: filledText.optional().describe("Or the common name of its subject."),
          user: filledText
            .max(63)
            .default("certificate")
            .describe(
              "The user name that the client connects with. With `password`, a user of the users file; otherwise none of them may have it.",
            ),
          password: z
            .boolean()
            .default(false)
            .describe("The user needs the certificate and its password, and is who the users file says."),
          id: filledText.optional().describe("`principal.id`. Left out, it is the name in the certificate."),
          kind: z.enum(principalKinds).default("service").describe("`principal.kind`."),
          groups: z.array(filledText).default([]).describe("`principal.groups`."),
        }),
      )
      .default([])
      .describe("Whom a certificate means, by one of its names; the first that fits counts."),
  })
  .optional()
  .describe("Client certificates (mutual TLS). One that is shown and is not valid is refused, whoever shows it.");

export interface CertificatesConfig {
  /** PEM. */
  readonly ca: string;
  /** Absolute path. */
  readonly crlFile: string | undefined;
  readonly isRequired: boolean;
  readonly rules: readonly CertificateRule[];
}

type Raw = NonNullable<z.output<typeof clientCertificatesSection>>;

export function readClientCertificates(
  raw: z.output<typeof clientCertificatesSection>,
  reader: SectionReader,
): CertificatesConfig | undefined {
  if (raw === undefined) return undefined;
  const at = ["identity", "certificates"] as const;
  const ca = reader.readFile([...at, "ca"], raw.ca);
  const crl = raw.crl === undefined ? undefined : reader.readFile([...at, "crl"], raw.crl);
  for (const [key, content] of Object.entries({ ca, crl })) {
    try {
      if (content !== undefined) createSecureContext({ [key]: content });
    } catch (error) {
      reader.fail([...at, key], `cannot be used: ${errorMessage(error)}`, "it must be a PEM file");
    }
  }
  const rules = raw.map.flatMap((entry, index) => ruleOf(entry, index, reader) ?? []);
  if (ca === undefined) return undefined;
  return { ca, crlFile: raw.crl === undefined ? undefined : reader.path(raw.crl), isRequired: raw.required, rules };
}

function ruleOf(entry: Raw["map"][number], index: number, reader: SectionReader): CertificateRule | undefined {
  const at = ["identity", "certificates", "map", index] as const;
  const given = nameKinds.filter((kind) => entry[kind] !== undefined);
  const [kind] = given;
  const name = kind === undefined ? undefined : entry[kind];
  if (kind === undefined || name === undefined || given.length > 1) {
    reader.fail(at, `needs exactly one of ${nameKinds.map((each) => `\`${each}\``).join(", ")}`);
    return undefined;
  }
  if (kind === "spiffe" && !/^spiffe:\/\/[^/]+\/./.test(name))
    reader.fail([...at, kind], "is no SPIFFE id", "write `spiffe://TRUST-DOMAIN/PATH`");
  if (entry.password && (entry.id !== undefined || entry.groups.length > 0))
    reader.fail([...at, "password"], "takes who the user is from the users file: leave `id` and `groups` out");
  return {
    kind,
    name: kind === "dns" ? name.toLowerCase() : name,
    user: entry.user,
    withPassword: entry.password,
    id: entry.id,
    principalKind: entry.kind,
    groups: entry.groups,
  };
}
