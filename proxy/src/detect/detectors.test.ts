/** For each kind: what is found, what is left of the text, and what looks alike and passes. */
import { describe, expect, test } from "vitest";
import { type DetectedKind, detectedKinds } from "./detector.ts";
import { type Findings, Redactor } from "./redactor.ts";

const redactor = new Redactor(detectedKinds, 1_000_000);

function redact(text: string): { readonly text: string; readonly found: Record<string, number> } {
  const found: Findings = new Map();
  const bytes = Buffer.from(text);
  const changed = redactor.redactText(bytes, 0, bytes.length, found);
  return { text: (changed ?? bytes).toString(), found: Object.fromEntries(found) };
}

const github = `ghp_${"a1B2".repeat(9)}`;
const google = `AIza${"x-Y_3".repeat(7)}`;
const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2lnbmF0dXJl";
const pem = (label: string) => `-----BEGIN ${label}-----\nMIIB\nAAAA\n-----END ${label}-----`;

const found: Readonly<Record<DetectedKind, readonly [text: string, redacted: string][]>> = {
  email: [
    ["ann@example.com", "[email]"],
    ["Ann Lee <ann.lee+shop@mail.example.co.uk>, call her", "Ann Lee <[email]>, call her"],
    ["mail to ann@example.com.", "mail to [email]."],
    ["mailto:ann@example.com?subject=x", "mailto:[email]?subject=x"],
    ["/send?to=ann@example.com&cc=bob@example.com", "/send?to=[email]&cc=[email]"],
    ["'ann@example.com','bob@example.com'", "'[email]','[email]'"],
    ['{ann@example.com,"Bob <bob@example.com>"}', '{[email],"Bob <[email]>"}'],
    ["o'brien@example.com", "[email]"],
    ["jörg@bücher.example", "[email]"],
    ["ann@example.com…2 times", "[email]…2 times"],
    ["ann@xn--bcher-kva.xn--p1ai", "[email]"],
    ["ANN@EXAMPLE.COM", "[email]"],
  ],
  phone: [
    ["+44 20 7946 0958", "[phone]"],
    ["call +49 (0)30 901820 today", "call [phone] today"],
    ["+14155550123", "[phone]"],
    ["tel:+1-415-555-0123;ext=5", "tel:[phone];ext=5"],
    ["(415) 555-0123", "[phone]"],
    ["415-555-0123 or 415.555.0124", "[phone] or [phone]"],
    ["+4930901820", "[phone]"],
  ],
  iban: [
    ["DE89370400440532013000", "[iban]"],
    ["pay to GB82 WEST 1234 5698 7654 32 now", "pay to [iban] now"],
    ["IBAN:NL91ABNA0417164300.", "IBAN:[iban]."],
    ["FR14 2004 1010 0505 0001 3M02 606", "[iban]"],
    ["NO9386011117947", "[iban]"],
  ],
  card: [
    ["4111111111111111", "[card]"],
    ["paid with 5555 5555 5555 4444, thanks", "paid with [card], thanks"],
    ["4111-1111-1111-1111", "[card]"],
    ["378282246310005", "[card]"],
    ["3782 822463 10005", "[card]"],
    ["30569309025904", "[card]"],
    ["cc=6011111111111117;exp", "cc=[card];exp"],
    ["4111 1111 1111 1111 2030", "[card] 2030"],
    ["3530111333300000, 2223003122003222", "[card], [card]"],
    ["卡4111111111111111号", "卡[card]号"],
  ],
  ssn: [
    ["123-45-6789", "[ssn]"],
    ["SSN: 078-05-1120.", "SSN: [ssn]."],
    ["(899-99-9999)", "([ssn])"],
  ],
  jwt: [
    [jwt, "[jwt]"],
    [`Authorization: Bearer ${jwt}`, "Authorization: Bearer [jwt]"],
    [`${jwt.slice(0, jwt.lastIndexOf(".") + 1)} unsigned`, "[jwt] unsigned"],
  ],
  aws_key: [
    ["AKIAIOSFODNN7EXAMPLE", "[aws_key]"],
    ['"ASIAIOSFODNN7EXAMPLE"', '"[aws_key]"'],
  ],
  google_key: [[`key=${google}&x`, "key=[google_key]&x"]],
  github_token: [
    [github, "[github_token]"],
    [`https://${github}:x@host/`, "https://[github_token]:x@host/"],
    [`github_pat_${"A1_b".repeat(20)}`, "[github_token]"],
  ],
  slack_token: [
    ["xoxb-123456789012-abcdefABCDEF", "[slack_token]"],
    ["token xapp-1-A0123456789-0123456789 end", "token [slack_token] end"],
  ],
  private_key: [
    [`a\n${pem("PRIVATE KEY")}\nb`, "a\n[private_key]\nb"],
    [pem("OPENSSH PRIVATE KEY"), "[private_key]"],
    [pem("PGP PRIVATE KEY BLOCK"), "[private_key]"],
    ["x -----BEGIN RSA PRIVATE KEY-----\nMIIB cut off", "x [private_key]"],
  ],
};

describe.each(detectedKinds)("of the kind %s", (kind) => {
  test.each(found[kind])("is found: %s", (text, redacted) => {
    const count = redacted.split(`[${kind}]`).length - 1;
    expect(redact(text)).toEqual({ text: redacted, found: { [kind]: count } });
  });

  test("nothing is found when it is not looked for", () => {
    const others = new Redactor(
      detectedKinds.filter((other) => other !== kind),
      1_000_000,
    );
    for (const [text] of found[kind]) {
      const counts: Findings = new Map();
      others.redactText(Buffer.from(text), 0, Buffer.byteLength(text), counts);
      expect([...counts.keys()]).not.toContain(kind);
    }
  });
});

const passing: readonly [what: string, ...texts: string[]][] = [
  ["an order number", "4711", "ORD-2026-000123", "1234567890123456", "4111111111111112", "2026112800000017"],
  ["a UUID", "550e8400-e29b-41d4-a716-446655440000", "12345678-1234-4123-8123-123456789012", "4111-1111-1111-1111-22"],
  ["a number after a hyphen", "x 12-4111111111111111"],
  ["a timestamp", "2026-11-28 12:34:56.123456+00", "1732797296123", "1732797296123456789", "2026-11-28T12:00:00+01:00"],
  ["a hash", "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "a".repeat(64)],
  ["a decimal number", "4111111111111111.5", "0.4111111111111111", "-12.50", "1e10"],
  ["an address of a machine", "192.168.100.200", "10.0.0.1:5432", "fe80::1", "user@localhost", "root@10.0.0.1"],
  ["a version", "pkg@1.2.3", "@scope/name@2.0.0-rc.1", "v1.2.3.4"],
  ["an image for screens", "logo@2x.png", "icons/a@3x.webp"],
  ["a handle", "@ann", "hello @ann_lee, see you", "a @ b.com", "ann@", "@", "ann@.com", "ann@com", "ann@a..com"],
  ["a masked value", "a***@example.com", "***-**-6789", "**** **** **** 1111", "+44 *** **58"],
  ["an amount", "+100000000", "+15.50", "+1000000000", "1+4930901820", "+0301234567", "x+4930901820"],
  ["a number that nobody has", "000-12-3456", "666-12-3456", "900-12-3456", "123-00-4567", "123-45-0000"],
  ["digits with hyphens", "123-45-67890", "1123-45-6789", "12-123-45-6789", "123-45-6789-1", "2026-45-6789"],
  ["no area of North America", "123-456-7890", "015-555-0123", "415-155-0123", "415-555-01234", "415-555.0123"],
  ["no IBAN", "DE89370400440532013001", "DE8937040044053201300", "XX89370400440532013000", "de89370400440532013000"],
  ["an IBAN within a word", "xDE89370400440532013000", "DE893704004405320130001"],
  [
    "a card with a wrong digit or length",
    "5555555555554445",
    "411111111111111",
    "3782822463100050",
    "9111111111111111",
  ],
  ["base64", "eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ9.x.y", "TWFuIGlzIGRpc3Rpbmd1aXNoZWQ=", `-${jwt}`],
  [
    "a name that begins like a key",
    "AKIA",
    "AKIAIOSFODNN7EXAMPL",
    "AKIAIOSFODNN7EXAMPLES",
    "ghp_short",
    "xoxb-",
    "AIzaShort",
  ],
  ["a public key or certificate", pem("PUBLIC KEY"), pem("CERTIFICATE"), "-----BEGIN", "-".repeat(80)],
  ["prose", "Ann's order of 3 items came at 10:30; 50% off, ref. A-12/2026 (see p. 415)."],
  ["nothing", ""],
];

test.each(passing)("%s passes", (_, ...texts) => {
  for (const text of texts) expect(redact(text)).toEqual({ text, found: {} });
});

test("several kinds in one text are found, each once, and the rest stays", () => {
  const text = `ann@example.com 4111111111111111 +44 20 7946 0958 x DE89370400440532013000 ${github}`;
  expect(redact(text)).toEqual({
    text: "[email] [card] [phone] x [iban] [github_token]",
    found: { email: 1, card: 1, phone: 1, iban: 1, github_token: 1 },
  });
});

test("of a value that is too large nothing is shown, nor looked at", () => {
  const small = new Redactor(detectedKinds, 20);
  const counts: Findings = new Map();
  const twenty = Buffer.from("x".repeat(20));
  expect(small.redactText(twenty, 0, 20, counts)).toBeUndefined();
  const more = Buffer.from("x".repeat(21));
  expect(small.redactText(more, 0, 21, counts)?.toString()).toBe("[too large]");
  expect(small.redactJson(Buffer.from(`"${"x".repeat(30)}"`), 0, 32, counts)?.toString()).toBe('"[too large]"');
  expect([...counts]).toEqual([["too_large", 2]]);
});

/** What begins like something again and again: what a detector looks through in vain each time, it would look through too often. */
const beginnings = [
  ..."a@ a@b. a@b.c- . @ é@é. x@ (415) + +1 415-555- 4 4- 4111- 123- 123-45- DE DE89 eyJ eyJ. AKIA ghp_ github_pat_ xoxb- xapp- AIza -".split(
    " ",
  ),
  "(415) ",
  "+1 ",
  "4111 ",
  "DE89 ",
  "-----BEGIN ",
  "-----BEGIN PRIVATE KEY----",
];

test.each(beginnings)("%s, repeated, is looked at twice as often when it is twice as long", (beginning) => {
  const looks = (length: number): number => {
    let number = 0;
    const bytes = new Proxy(Buffer.from(beginning.repeat(length).slice(0, length)), {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (key === "subarray") return target.subarray.bind(target);
        if (typeof value === "function") throw new Error(`${String(key)} looks at nobody knows how many bytes`);
        number += 1;
        return value;
      },
    });
    redactor.redactText(bytes, 0, length, new Map());
    return number;
  };
  expect(looks(8000)).toBeLessThan(2.2 * looks(4000));
});

const json: readonly [text: string, redacted: string][] = [
  ['{"a":"ann@example.com","b":[1,null,true]}', '{"a":"[email]","b":[1,null,true]}'],
  ['{"card": 4111111111111111, "n": 12}', '{"card": "[card]", "n": 12}'],
  [
    "[4111111111111111,-4111111111111111,4111111111111111.5,4111111111111111e2]",
    '["[card]",-4111111111111111,4111111111111111.5,4111111111111111e2]',
  ],
  ["4111111111111111", '"[card]"'],
  ['"ann\\u0040example.com"', '"[email]"'],
  ['"x\\n4111111111111111"', '"x\\n[card]"'],
  [`{"k":${JSON.stringify(pem("PRIVATE KEY"))}}`, '{"k":"[private_key]"}'],
  ['{"a\\\\":"b@example.com"}', '{"a\\\\":"[email]"}'],
  ['{"ann@example.com":{"deep":["x bob@example.com y"]}}', '{"[email]":{"deep":["x [email] y"]}}'],
  ['{"q":"\\"ann@example.com\\""}', '{"q":"\\"[email]\\""}'],
  ["{}", "{}"],
  [
    '{"id":"550e8400-e29b-41d4-a716-446655440000","at":1732797296123,"s":"\\u00e4\\n"}',
    '{"id":"550e8400-e29b-41d4-a716-446655440000","at":1732797296123,"s":"\\u00e4\\n"}',
  ],
];

test.each(json)("JSON stays JSON: %s", (text, redacted) => {
  const bytes = Buffer.from(text);
  const counts: Findings = new Map();
  const changed = redactor.redactJson(bytes, 0, bytes.length, counts);
  expect((changed ?? bytes).toString()).toBe(redacted);
  expect(changed === undefined).toBe(text === redacted);
  expect(() => JSON.parse(redacted)).not.toThrow();
});
