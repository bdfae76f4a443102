/** Tokens that must not log anybody in, each beside what it was made of, which must. */
import type { KeyObject } from "node:crypto";
import { audience, type TestIssuer } from "./issuers.ts";
import { type Algorithm, algorithms, encoded, type Json, jwkOf, keyPair, signatureOf, signed } from "./signer.ts";

export interface WrongToken {
  readonly name: string;
  readonly wrong: () => string;
  readonly right: () => string;
}

export interface Issuers {
  readonly plain: TestIssuer;
  /** May say that agents act for its subjects, and looks at the claim `gty` for the kind. */
  readonly agents: TestIssuer;
}

export function wrongTokens({ plain, agents }: Issuers): readonly WrongToken[] {
  return [
    ...claimsOf("", plain, wrongClaims(plain)),
    ...claimsOf("of an agent: ", agents, wrongActs, { act: { sub: "bot" } }),
    ...texts(plain),
    ...algorithms.flatMap((algorithm) => [
      ...confusions(plain, algorithm),
      ...headers(plain, algorithm),
      ...signatures(plain, agents, algorithm),
    ]),
    ...shapes(plain),
  ];
}

const at = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const missing = Symbol("missing");
/** By claim: what it must not be. */
type Table = Readonly<Record<string, readonly unknown[]>>;

const noTexts: readonly unknown[] = [7, true, [], ["ana"], { sub: "ana" }, null];
const badTexts = ["", "a\nb", "a\0b", "a\u001b[31mb", "a\u202eb", "a\u200bb", "x".repeat(256)];
const noTimes: readonly unknown[] = ["soon", String(2 ** 31), true, null, [1], {}, -1];

function wrongClaims({ issuer }: TestIssuer): Table {
  return {
    iss: [
      missing,
      `${issuer}/`,
      issuer.toUpperCase(),
      `${issuer} `,
      "https://evil.example",
      [issuer],
      { issuer },
      null,
      "",
    ],
    aud: [
      missing,
      "",
      "other",
      `${audience} `,
      audience.toUpperCase(),
      `x${audience}`,
      [],
      ["other"],
      [[audience]],
      7,
      {},
      null,
      [audience, 7],
      { [audience]: true },
    ],
    exp: [missing, at(-31), at(-86_400), 0, at(600) * 1000, at(86_400 + 60), ...noTimes],
    nbf: [at(120), at(86_400), ...noTimes],
    iat: [at(120), at(-86_400), ...noTimes],
    sub: [missing, ...noTexts, ...badTexts],
    name: [...noTexts, ...badTexts],
    jti: [...noTexts, ...badTexts],
    groups: ["dba", 7, true, null, {}, { dba: true }, [7], [["dba"]], [""], ["a\nb"], [null]],
    amr: ["mfa", 1, { mfa: true }, [1], null],
    act: [{ sub: "bot" }, "bot", {}, null],
    cnf: [
      { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" },
      { "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" },
      null,
    ],
  };
}

const deep = { sub: "a", act: { sub: "b", act: { sub: "c", act: { sub: "d", act: { sub: "e" } } } } };
const wrongActs: Table = {
  act: [
    "bot",
    7,
    null,
    true,
    [],
    [{ sub: "bot" }],
    {},
    { name: "bot" },
    { sub: 7 },
    { sub: "" },
    { sub: ["bot"] },
    { sub: "a\nb" },
    { sub: "ana" },
    { sub: "bot", act: "b" },
    { sub: "bot", act: { sub: 1 } },
    { sub: "bot", act: {} },
    deep,
    { sub: "bot", groups: "dba" },
    { sub: "bot", groups: [1] },
  ],
  gty: ["admin", 7, null, ["client-credentials"]],
};

function claimsOf(prefix: string, issuer: TestIssuer, table: Table, base: Json = {}): readonly WrongToken[] {
  let count = 0;
  return Object.entries(table).flatMap(([claim, values]) =>
    values.map((value, index) => {
      const algorithm = algorithms[count++ % algorithms.length]!;
      const wrong = () => {
        const claims = { ...issuer.claims(base), [claim]: value };
        if (value === missing) delete claims[claim];
        const { kid, privateKey: key } = issuer.key(algorithm);
        return signed({ header: { alg: algorithm, kid }, claims, key, algorithm });
      };
      return { name: `${prefix}${claim} ${index + 1}`, wrong, right: () => issuer.token(base, algorithm) };
    }),
  );
}

/** Claims that are no JSON, or JSON that can be read in two ways. */
function texts(issuer: TestIssuer): readonly WrongToken[] {
  const json = (change: Json = {}) => JSON.stringify(issuer.claims(change));
  const withMember = (member: string) => `${json().slice(0, -1)},${member}}`;
  const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  const made: Readonly<Record<string, () => string | Buffer>> = {
    "two subjects": () => withMember('"sub":"dba"'),
    "two subjects, one spelt otherwise": () => withMember('"\\u0073ub":"dba"'),
    "two audiences": () => withMember(`"aud":"${audience}"`),
    "two ends": () => withMember('"exp":9999999999'),
    "two members of one name further in": () => withMember('"data":{"a":1,"a":2}'),
    "two members of one name in a list": () => withMember('"data":[{"a":1,"b":[],"a":2}]'),
    "claims in a list": () => `[${json()}]`,
    "claims as a text": () => JSON.stringify(json()),
    "null for claims": () => "null",
    "no claims": () => "",
    "empty claims": () => "{}",
    "claims with something behind them": () => `${json()} {}`,
    "claims cut off": () => json().slice(0, -1),
    "claims with a byte order mark": () => `\ufeff${json()}`,
    "claims with a comment": () => `/**/${json()}`,
    "claims with NaN": () => withMember('"nbf":NaN'),
    "claims that are no UTF-8": () =>
      Buffer.concat([Buffer.from(withMember('"x":"').slice(0, -1)), Buffer.from([0xff, 0x22, 0x7d])]),
    "claims that nest deeply": () => withMember(`"data":${nested(17)}`),
    "claims that nest very deeply": () => withMember(`"data":${nested(2_000)}`),
    "claims on a prototype": () => `{"__proto__":${json()}}`,
  };
  return Object.entries(made).map(([name, claims], index) => {
    const algorithm = algorithms[index % algorithms.length]!;
    const { kid, privateKey: key } = issuer.key(algorithm);
    const wrong = () => signed({ header: { alg: algorithm, kid }, claims: claims(), key, algorithm });
    return { name, wrong, right: () => issuer.token({ data: { a: [1, { b: 2 }] } }, algorithm) };
  });
}

/** The algorithm in the header is another than the key is for, or none at all. */
function confusions(issuer: TestIssuer, algorithm: Algorithm): readonly WrongToken[] {
  const { kid, publicKey, privateKey } = issuer.key(algorithm);
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const right = () => issuer.token({}, algorithm);
  const others = ["RS256", "RS384", "PS256", "PS384", "ES256", "ES384", "ES256K", "EdDSA"].filter(
    (other) => other !== algorithm,
  );
  const secrets: Readonly<Record<string, string | Buffer>> = {
    "its PEM": pem,
    "its PEM without line break": pem.trim(),
    "its DER": publicKey.export({ type: "spki", format: "der" }),
    "its JWK": JSON.stringify(jwkOf(issuer.key(algorithm))),
    "no secret": "",
  };
  const made: [string, () => string][] = [];
  for (const none of ["none", "None", "NONE", "nOnE", ""]) {
    const unsigned = () => `${encoded({ alg: none, kid })}.${encoded(issuer.claims())}.`;
    made.push([`algorithm "${none}", unsigned`, unsigned]);
    made.push([
      `algorithm "${none}" with a right signature`,
      () => resigned(issuer, algorithm, { alg: none, kid }, privateKey),
    ]);
  }
  for (const other of others)
    made.push([
      `${other} in place of ${algorithm}`,
      () => resigned(issuer, algorithm, { alg: other, kid }, privateKey),
    ]);
  for (const [what, secret] of Object.entries(secrets))
    for (const hs of ["HS256", "HS512"])
      made.push([
        `${hs} with ${what}`,
        () => signed({ header: { alg: hs, kid }, claims: issuer.claims(), key: secret, algorithm: hs }),
      ]);
  return made.map(([name, wrong]) => ({ name: `${algorithm}: ${name}`, wrong, right }));
}

function resigned(issuer: TestIssuer, algorithm: Algorithm, header: unknown, key: KeyObject): string {
  return signed({ header, claims: issuer.claims(), key, algorithm });
}

/** Headers that would choose the key, or change what is signed. */
function headers(issuer: TestIssuer, algorithm: Algorithm): readonly WrongToken[] {
  const own = issuer.key(algorithm);
  const mine = keyPair(algorithm, own.kid);
  const alg = algorithm;
  const { kid } = own;
  const byMe: Readonly<Record<string, Json>> = {
    "a key in the header": { alg, kid, jwk: jwkOf(mine) },
    "a key in the header and no id": { alg, jwk: jwkOf(mine) },
    "an address of keys": { alg, kid, jku: "https://evil.example/keys" },
    "an address of a certificate": { alg, kid, x5u: "https://evil.example/cert" },
    "a certificate": { alg, kid, x5c: ["MIIB"] },
    "another one's key": { alg, kid },
    "another one's key, without id": { alg },
  };
  const byIssuer: Readonly<Record<string, unknown>> = {
    "no algorithm": { kid },
    "an algorithm that is a number": { alg: 256, kid },
    "a list of algorithms": { alg: [alg], kid },
    "an algorithm in small letters": { alg: alg.toLowerCase(), kid },
    "an unknown key id": { alg, kid: "unknown" },
    "a path as key id": { alg, kid: "../../../../dev/null" },
    "an address as key id": { alg, kid: "https://evil.example/keys" },
    "SQL as key id": { alg, kid: "x' union select 'y" },
    "a command as key id": { alg, kid: "|sleep 5" },
    "a name of every object as key id": { alg, kid: "__proto__" },
    "an empty key id": { alg, kid: "" },
    "a number as key id": { alg, kid: 1 },
    "a list as key id": { alg, kid: [kid] },
    "a long key id": { alg, kid: "k".repeat(600) },
    "the key id of another algorithm": { alg, kid: algorithms.find((other) => other !== algorithm) + "-1" },
    "a critical extension": { alg, kid, crit: ["exp"], exp: 1 },
    "no critical extensions": { alg, kid, crit: [] },
    "a payload as it is": { alg, kid, b64: false, crit: ["b64"] },
    "compressed claims": { alg, kid, zip: "DEF" },
    "a token in it": { alg, kid, cty: "JWT" },
    "encryption in its header": { alg, kid, enc: "A256GCM" },
    "the type of a proof": { alg, kid, typ: "dpop+jwt" },
    "the type of a logout": { alg, kid, typ: "logout+jwt" },
    "the type of an event": { alg, kid, typ: "application/secevent+jwt" },
    "a number as type": { alg, kid, typ: 1 },
    "a header in a list": [{ alg, kid }],
    "two algorithms": `{"alg":"none","kid":"${kid}","alg":"${alg}"}`,
    "a header that is no JSON": "alg",
  };
  const right = () => issuer.token({}, algorithm);
  return [
    ...Object.entries(byMe).map(([name, header]) => ({
      name,
      wrong: () => resigned(issuer, algorithm, header, mine.privateKey),
    })),
    ...Object.entries(byIssuer).map(([name, header]) => ({
      name,
      wrong: () => resigned(issuer, algorithm, header, own.privateKey),
    })),
  ].map(({ name, wrong }) => ({ name: `${algorithm}: ${name}`, wrong, right }));
}

function signatures(issuer: TestIssuer, other: TestIssuer, algorithm: Algorithm): readonly WrongToken[] {
  const right = () => issuer.token({}, algorithm);
  const replaced = (change: (signature: Buffer, input: string) => Buffer) => () => {
    const token = right();
    const [head, claims, signature = ""] = token.split(".");
    const input = `${head}.${claims}`;
    return `${input}.${change(Buffer.from(signature, "base64url"), input).toString("base64url")}`;
  };
  const made: Readonly<Record<string, () => string>> = {
    "no signature": replaced(() => Buffer.alloc(0)),
    "half a signature": replaced((signature) => signature.subarray(0, signature.length / 2)),
    "a signature of zeros": replaced((signature) => Buffer.alloc(signature.length)),
    "a signature with a bit turned": replaced((signature) =>
      Buffer.concat([signature.subarray(0, -1), Buffer.from([signature.at(-1)! ^ 1])]),
    ),
    "a signature with a byte more": replaced((signature) => Buffer.concat([signature, Buffer.from([0])])),
    "the signature of another token": replaced(() =>
      Buffer.from(issuer.token({}, algorithm).split(".")[2]!, "base64url"),
    ),
    "the signature of another issuer": () => other.token({ iss: issuer.issuer }, algorithm),
    "the name of another issuer": () => issuer.token({ iss: other.issuer }, algorithm),
    "other claims under its signature": () => {
      const [head, , signature] = right().split(".");
      return `${head}.${encoded(issuer.claims({ sub: "dba" }))}.${signature}`;
    },
    "another header under its signature": () => {
      const [, claims, signature] = right().split(".");
      return `${encoded({ alg: algorithm, kid: issuer.key(algorithm).kid, typ: "JWT" })}.${claims}.${signature}`;
    },
    "a signature over the claims alone": replaced((_signature, input) =>
      signatureOf(input.split(".")[1]!, issuer.key(algorithm).privateKey, algorithm),
    ),
  };
  return Object.entries(made).map(([name, wrong]) => ({ name: `${algorithm}: ${name}`, wrong, right }));
}

/** No three parts in base64url. */
function shapes(issuer: TestIssuer): readonly WrongToken[] {
  const right = () => issuer.token();
  const changed = (change: (token: string) => string) => () => change(right());
  const made: Readonly<Record<string, () => string>> = {
    "two parts": changed((token) => token.split(".").slice(0, 2).join(".")),
    "one part": changed((token) => token.split(".")[0]!),
    "a dot at the end": changed((token) => `${token}.`),
    "a dot in front": changed((token) => `.${token}`),
    "a part more": changed((token) => `${token}.${encoded({})}`),
    "five parts": changed((token) => `${token}.${encoded("iv")}.${encoded("tag")}`),
    "nothing but dots": () => "..",
    "a space in front": changed((token) => ` ${token}`),
    "a line break behind": changed((token) => `${token}\n`),
    "a word in front": changed((token) => `Bearer ${token}`),
    "quotes around": changed((token) => `"${token}"`),
    padding: changed((token) => `${token}=`),
    "the other base64": changed((token) => `${token.slice(0, -1)}+`),
    "the other last letter of the same bytes": () => {
      const token = right();
      const last = token.at(-1)!;
      const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      return token.slice(0, -1) + letters[letters.indexOf(last) + 1]!;
    },
    "a line break inside": changed((token) => token.replace(".", ".\n")),
    "its JSON form": changed((token) => {
      const [head, payload, signature] = token.split(".");
      return JSON.stringify({ protected: head, payload, signature });
    }),
    "a giant": () => issuer.token({ data: "x".repeat(10_000) }),
    "a key in its place": () => issuer.key("RS256").publicKey.export({ type: "spki", format: "pem" }).toString(),
    "a word in its place": () => "password",
    "twice the same": changed((token) => `${token},${token}`),
  };
  return Object.entries(made).map(([name, wrong]) => ({ name: `instead of a token: ${name}`, wrong, right }));
}
