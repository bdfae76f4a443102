/** `identity.issuers`: whose tokens are taken, and what their claims mean. */
import type { PrincipalKind } from "@penstock/language";
import { principalKinds } from "@penstock/language";
import { z } from "zod";
import { filledText } from "../fields.ts";
import { signingAlgorithms, type TokenIssuer } from "../../identity/jwt/token-issuer.ts";
import type { SectionReader } from "../section-reader.ts";
import type { YamlPath } from "../yaml-document.ts";

const kind = z.enum(principalKinds);
const claim = z.union([filledText, z.array(filledText).min(1).max(8)], {
  error: "must be the name of a claim, or a list of names that leads to one inside others",
});

export const tokenIssuersSection = z
  .array(
    z.strictObject({
      issuer: filledText.describe("As the claim `iss` has it, to the letter."),
      audiences: z
        .array(filledText)
        .min(1)
        .describe(
          "One of them must stand in the claim `aud`. Give the proxy one of its own: a token for others is not for it.",
        ),
      algorithms: z
        .array(z.enum(signingAlgorithms))
        .min(1)
        .default(["RS256", "PS256", "ES256", "EdDSA"])
        .describe("How its tokens may be signed. Those with a shared secret (`HS256`) and `none` are never taken."),
      jwks: filledText.describe("Its public keys (JWK Set): an `https://` address, or a file."),
      ca: filledText.optional().describe("Certificates to trust for that address instead of the system's, a PEM file."),
      refresh_seconds: z
        .int()
        .min(10)
        .max(86_400)
        .default(300)
        .describe(
          "How old keys may be before they are asked for again. For an unknown key id they are asked for at once, every ten seconds at most.",
        ),
      outage_seconds: z
        .int()
        .min(0)
        .max(604_800)
        .default(3600)
        .describe(
          "How much longer they are used while nobody answers. Then no token of this issuer is taken until somebody does.",
        ),
      max_lifetime_seconds: z
        .int()
        .min(1)
        .max(2_592_000)
        .default(86_400)
        .describe("Longest time from `iat` to `exp` of a token that is taken."),
      one_use: z
        .boolean()
        .default(false)
        .describe("A token logs in once: it needs a `jti`, which this process remembers until the token expires."),
      agents: z
        .boolean()
        .default(false)
        .describe(
          "Take tokens that say by `act` (RFC 8693) that an agent acts for their subject. Left out, they are refused.",
        ),
      id_prefix: z
        .string()
        .default("")
        .describe("Put before `principal.id`, so that two issuers cannot speak of the same principal."),
      kind: kind.default("human").describe("`principal.kind` of its subjects, where `kinds` does not say otherwise."),
      kinds: z
        .record(z.string(), kind)
        .optional()
        .describe(
          "`principal.kind` by the value of the claim `claims.kind`. A value that is not in the table is refused.",
        ),
      group_table: z
        .record(z.string(), z.union([filledText, z.array(filledText)]))
        .optional()
        .describe(
          "`principal.groups` by the token's groups. Those not in the table do not count. Left out, they are taken as they are.",
        ),
      add_groups: z.array(filledText).default([]).describe("Groups of all its subjects."),
      claims: z
        .strictObject({
          id: claim.default("sub").describe("Of `principal.id`."),
          name: claim.optional().describe("Of `principal.name`. Left out, or missing in a token, it is the id."),
          groups: claim
            .default("groups")
            .describe("Of `principal.groups`, a list of texts; of agents inside of `act`."),
          kind: claim.optional().describe("That `kinds` looks at."),
          show: z.array(filledText).default([]).describe("Claims that policies see in `principal.claims`."),
        })
        .prefault({})
        .describe(
          "Which claims mean what: names, or lists of names for claims inside others, such as `[realm_access, roles]`.",
        ),
    }),
  )
  .default([])
  .describe("Whose tokens (JWT) are taken as passwords.");

type RawIssuer = z.output<typeof tokenIssuersSection>[number];

export function readTokenIssuers(raw: readonly RawIssuer[], reader: SectionReader): readonly TokenIssuer[] {
  for (const [index, { issuer, id_prefix: prefix }] of raw.entries()) {
    const before = raw.slice(0, index);
    const at = ["identity", "issuers", index] as const;
    if (before.some((other) => other.issuer === issuer)) reader.fail([...at, "issuer"], "stands here twice");
    else if (before.some((other) => other.id_prefix === prefix))
      reader.warnings.push(
        `two of \`identity.issuers\` have the same \`id_prefix\`: whom ${issuer} calls by an id is whom another calls so`,
      );
  }
  return raw.flatMap((each, index) => issuerOf(each, ["identity", "issuers", index], reader) ?? []);
}

function issuerOf(raw: RawIssuer, at: YamlPath, reader: SectionReader): TokenIssuer | undefined {
  const keys = keysOf(raw, at, reader);
  const { claims, kinds } = raw;
  if ((claims.kind === undefined) !== (kinds === undefined))
    reader.fail([...at, "kinds"], "and `claims.kind` belong together: give both or neither");
  if (keys === undefined) return undefined;
  return {
    issuer: raw.issuer,
    audiences: raw.audiences,
    algorithms: raw.algorithms,
    keys,
    refreshMs: raw.refresh_seconds * 1000,
    outageMs: raw.outage_seconds * 1000,
    lifetimeMsMax: raw.max_lifetime_seconds * 1000,
    oneUse: raw.one_use,
    agents: raw.agents,
    claims: {
      id: pathOf(claims.id),
      idPrefix: raw.id_prefix,
      name: claims.name === undefined ? undefined : pathOf(claims.name),
      groups: pathOf(claims.groups),
      groupTable: tableOf(raw.group_table),
      alsoGroups: raw.add_groups,
      kind: raw.kind,
      kindOf: kindOf(claims.kind, kinds),
      shown: claims.show,
    },
  };
}

function keysOf({ jwks, ca }: RawIssuer, at: YamlPath, reader: SectionReader): TokenIssuer["keys"] | undefined {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(jwks)) {
    if (ca !== undefined) reader.fail([...at, "ca"], "belongs to a `jwks` with an address");
    return reader.readFile([...at, "jwks"], jwks) === undefined ? undefined : { kind: "file", path: reader.path(jwks) };
  }
  const url = URL.canParse(jwks) ? new URL(jwks) : undefined;
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "") {
    reader.fail([...at, "jwks"], "is no address of keys", "write `https://HOST/PATH`, or a path of a file");
    return undefined;
  }
  return { kind: "address", url, ca: ca === undefined ? undefined : reader.readFile([...at, "ca"], ca) };
}

function pathOf(value: string | readonly string[]): readonly string[] {
  return typeof value === "string" ? [value] : value;
}

function tableOf(table: RawIssuer["group_table"]): TokenIssuer["claims"]["groupTable"] {
  if (table === undefined) return undefined;
  return new Map(Object.entries(table).map(([from, to]) => [from, pathOf(to)]));
}

function kindOf(
  path: string | readonly string[] | undefined,
  kinds: Readonly<Record<string, PrincipalKind>> | undefined,
): TokenIssuer["claims"]["kindOf"] {
  if (path === undefined || kinds === undefined) return undefined;
  return { claim: pathOf(path), kinds: new Map(Object.entries(kinds)) };
}
