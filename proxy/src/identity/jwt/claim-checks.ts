/** Claims of a token whose signature is right: times, audience and the types of what is read (RFC 7519, section 4). */
import { memberOf } from "./strict-json.ts";
import type { ClaimPath, TokenIssuer } from "./token-issuer.ts";
import type { Wrong } from "./token-parts.ts";

export type Claims = Readonly<Record<string, unknown>>;

export interface Times {
  readonly expiresAtMs: number;
}

const identifierCharactersMax = 255;

/** @returns until when it is good, skew included; or what is wrong */
export function checkTimes(claims: Claims, lifetimeMsMax: number, skewMs: number, nowMs: number): Times | Wrong {
  const exp = timeOf(claims, "exp");
  const nbf = timeOf(claims, "nbf");
  const iat = timeOf(claims, "iat");
  if (memberOf(claims, "exp") === undefined) return "never expires: it has no `exp`";
  for (const [name, time] of Object.entries({ exp, nbf, iat }))
    if (time === "wrong") return `has no time in \`${name}\``;
  if (typeof exp !== "number" || nbf === "wrong" || iat === "wrong") return "has no time in `exp`";
  if (exp + skewMs <= nowMs) return "has expired";
  if (nbf !== undefined && nbf - skewMs > nowMs) return "is not valid yet";
  if (iat !== undefined && iat - skewMs > nowMs) return "was issued in the future: are the clocks right?";
  if (exp - (iat ?? nowMs) > lifetimeMsMax)
    return `is valid for longer than ${Math.round(lifetimeMsMax / 1000)} seconds, which is the most that is taken here`;
  return { expiresAtMs: exp + skewMs };
}

/** In milliseconds. */
function timeOf(claims: Claims, name: string): number | undefined | "wrong" {
  const value = memberOf(claims, name);
  if (value === undefined) return undefined;
  // Until the year 5138: what is beyond was meant in other units.
  return typeof value === "number" && value >= 0 && value < 1e11 ? value * 1000 : "wrong";
}

export function checkAudience(claims: Claims, { audiences }: Pick<TokenIssuer, "audiences">): Wrong | undefined {
  const aud = memberOf(claims, "aud");
  const named = typeof aud === "string" ? [aud] : texts(aud);
  if (named === undefined || named.length === 0) return "does not say for whom it is: it has no proper `aud`";
  return named.some((audience) => audiences.includes(audience)) ? undefined : "is for somebody else: `aud` is not ours";
}

/** A claim that must be a short text for people, or absent. */
export function textAt(claims: unknown, path: ClaimPath): string | undefined | { readonly wrong: Wrong } {
  const value = claimAt(claims, path);
  if (value === undefined) return undefined;
  return isIdentifier(value) ? value : { wrong: `has no proper text in \`${path.join(".")}\`` };
}

/** A claim that must be a list of short texts, or absent. */
export function textsAt(claims: unknown, path: ClaimPath): readonly string[] | { readonly wrong: Wrong } {
  const value = claimAt(claims, path);
  if (value === undefined) return [];
  const list = texts(value);
  return list?.every(isIdentifier) === true ? list : { wrong: `has no list of texts in \`${path.join(".")}\`` };
}

function claimAt(claims: unknown, path: ClaimPath): unknown {
  return path.reduce<unknown>(memberOf, claims);
}

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.length <= listMax && value.every((each) => typeof each === "string")
    ? value
    : undefined;
}

const listMax = 2_000;

/** No control characters, and nothing that is invisible or turns the direction of what follows; joiners belong to some scripts. */
const printable = /^[^\p{Cc}\p{Zl}\p{Zp}\p{Cn}\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]+$/u;

/** What can stand in a log and on a screen. */
function isIdentifier(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.length <= identifierCharactersMax &&
    value.isWellFormed() &&
    printable.test(value)
  );
}
