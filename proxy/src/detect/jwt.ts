import { isBase64Url, runEnd, standsAt } from "./bytes.ts";
import type { Detector } from "./detector.ts";

/** `{"` in base64, with which header and claims begin. */
const object = "eyJ";
const partMin = 8;
const dot = 0x2e;

/** A signed JSON Web Token in its compact form (RFC 7519): header, claims, signature; unsigned ones have an empty signature. */
export const jwt: Detector = {
  triggers: "e",
  find(bytes, at, from, to) {
    if (!standsAt(bytes, at, to, object) || (at > from && isBase64Url[bytes[at - 1]!] === 1)) return undefined;
    const header = runEnd(bytes, at, to, isBase64Url);
    if (header - at < partMin || bytes[header] !== dot || !standsAt(bytes, header + 1, to, object)) return undefined;
    const claims = runEnd(bytes, header + 1, to, isBase64Url);
    if (claims >= to || bytes[claims] !== dot) return undefined;
    return { start: at, end: runEnd(bytes, claims + 1, to, isBase64Url) };
  },
};
