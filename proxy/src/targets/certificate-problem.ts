/** Why the certificate of a server was not taken, whatever driver says so: `pg` gives Node's code, `mysql2` only the words. */
import { errorCode, errorMessage } from "../config/system-error.ts";

export type CertificateProblem = "expired" | "other host" | "unknown authority";

const codes: Readonly<Record<string, CertificateProblem>> = {
  CERT_HAS_EXPIRED: "expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "other host",
  DEPTH_ZERO_SELF_SIGNED_CERT: "unknown authority",
  SELF_SIGNED_CERT_IN_CHAIN: "unknown authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unknown authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unknown authority",
};

/** Node's and OpenSSL's words. */
const words: readonly (readonly [RegExp, CertificateProblem])[] = [
  [/certificate has expired/, "expired"],
  [/does not match certificate's altnames/, "other host"],
  [
    /self-signed certificate|unable to verify the first certificate|unable to get (?:local )?issuer certificate/,
    "unknown authority",
  ],
];

export function certificateProblem(error: unknown): CertificateProblem | undefined {
  const known = codes[errorCode(error) ?? ""];
  if (known !== undefined) return known;
  const message = errorMessage(error);
  return words.find(([pattern]) => pattern.test(message))?.[1];
}
