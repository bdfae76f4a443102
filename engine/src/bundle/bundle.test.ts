import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Member, readArchive, writeArchive } from "./archive.ts";
import { digestsOf, readBundle, relocate, type Trust, writeBundle } from "./bundle.ts";
import { encodeManifest, makeManifest } from "./manifest.ts";
import { readPolicyFolder } from "./policy-folder.ts";
import { generateKeyPair, signManifest } from "./signature.ts";

const keys = generateKeyPair();
const otherKeys = generateKeyPair();
const trusted: Trust = { kind: "keys", publicKeys: [keys.publicKey] };

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "penstock-bundle-"));
  mkdirSync(join(root, "pii"));
  writeFileSync(join(root, "guard.policy"), 'package guard\n\ndeny "no" if query.kind == "truncate"\n');
  writeFileSync(join(root, "pii", "mask.policy"), "package pii\n# ж€😀\n");
  writeFileSync(join(root, "pii", "data.json"), '{"b": [1, {"y": 1, "x": 2}], "a": "é"}');
  writeFileSync(join(root, "guard_test.policy"), "package guard\n");
});
afterAll(() => rmSync(root, { recursive: true }));

const folder = () => relocate(readPolicyFolder([root], false), [root]);
const build = (key: string | undefined = keys.privateKey) => writeBundle(folder(), "test", "r1", key);
const refusal = async (bytes: Buffer, trust: Trust = trusted) => {
  const result = await readBundle(bytes, trust);
  return result.ok ? "accepted" : result.problem;
};

/** A bundle signed by the right key around any members. */
async function forge(
  members: readonly Member[],
  change: (manifest: Record<string, unknown>) => void = () => undefined,
) {
  const manifest = { ...makeManifest("test", "r1", members) };
  change(manifest);
  const bytes = encodeManifest(manifest);
  return writeArchive([
    { name: "manifest.json", bytes },
    { name: "signature.jws", bytes: Buffer.from(await signManifest(bytes, keys.privateKey)) },
    ...members,
  ]);
}

const source = { name: "sources/a.policy", bytes: Buffer.from("package a\n") };

describe("a bundle", () => {
  test("gives back what went in, under relative names, without tests", async () => {
    const result = await readBundle(await build(), trusted);
    if (!result.ok) throw new Error(result.problem);
    expect(result.bundle.manifest).toMatchObject({
      name: "test",
      revision: "r1",
      format: 1,
      vocabulary: 1,
      language: 1,
    });
    expect(result.bundle.folder).toEqual({
      sources: [
        { path: "sources/guard.policy", text: 'package guard\n\ndeny "no" if query.kind == "truncate"\n' },
        { path: "sources/pii/mask.policy", text: "package pii\n# ж€😀\n" },
      ],
      data: { pii: { a: "é", b: [1, { x: 2, y: 1 }] } },
      problems: [],
    });
    expect(result.bundle.signedBy).toMatch(/^[\w-]{43}$/);
    expect(digestsOf(folder())).toEqual(result.bundle.manifest.members);
  });

  test("is the same bytes each time", async () => {
    expect(await build()).toEqual(await build());
  });

  test("can be listed and unpacked with tar", async () => {
    const file = join(root, "b.tar.gz");
    writeFileSync(file, await build());
    const names = execFileSync("tar", ["tzf", file], { encoding: "utf8" }).trim().split("\n");
    rmSync(file);
    expect(names).toEqual([
      "manifest.json",
      "signature.jws",
      "data.json",
      "sources/guard.policy",
      "sources/pii/mask.policy",
    ]);
  });

  test.each<[string, () => Promise<Buffer>, Trust, string]>([
    [
      "is not signed while keys are configured",
      () => writeBundle(folder(), "test", "r1", undefined),
      trusted,
      "it is not signed, and trusted keys are configured",
    ],
    ["is to be checked without keys", () => build(), { kind: "keys", publicKeys: [] }, "no trusted key is configured"],
    [
      "is signed by a stranger",
      () => build(otherKeys.privateKey),
      trusted,
      "it is signed with a key that is not trusted here",
    ],
    [
      "is read with a key that is none",
      () => build(),
      { kind: "keys", publicKeys: ["x"] },
      "trusted key 1 is not an Ed25519 public key",
    ],
    [
      "is read with a key of another type",
      () => build(),
      {
        kind: "keys",
        publicKeys: [
          generateKeyPairSync("ec", { namedCurve: "P-256" })
            .publicKey.export({ type: "spki", format: "pem" })
            .toString(),
        ],
      },
      "it is a key of type ec",
    ],
    ["is cut off", async () => (await build()).subarray(0, 1000), trusted, "the file is cut off"],
    ["is empty", () => Promise.resolve(Buffer.alloc(0)), trusted, "cut off"],
    ["is not a bundle", () => Promise.resolve(Buffer.from("package a\n")), trusted, "it is not a gzip file"],
    ["has no manifest", () => Promise.resolve(writeArchive([source])), trusted, "it has no manifest.json"],
    [
      "has another member",
      async () => forge([source, { name: "policy.js", bytes: Buffer.from("x") }]),
      trusted,
      "it has an unknown member `policy.js`",
    ],
    [
      "has a source that is no policy",
      async () => forge([{ name: "sources/x.sh", bytes: Buffer.from("x") }]),
      trusted,
      "it has an unknown member `sources/x.sh`",
    ],
    ["has no policy", () => forge([]), trusted, "it has no policy"],
    [
      "has a policy that is not UTF-8",
      () => forge([{ name: "sources/a.policy", bytes: Buffer.from([0xff]) }]),
      trusted,
      "is not valid UTF-8",
    ],
    [
      "has data that is a list",
      () => forge([source, { name: "data.json", bytes: Buffer.from("[]") }]),
      trusted,
      "data.json is not an object",
    ],
    [
      "needs a newer vocabulary",
      () => forge([source], (manifest) => (manifest["vocabulary"] = 2)),
      trusted,
      "it needs vocabulary version 2 and this build knows 1: update Penstock first",
    ],
    [
      "needs a newer format",
      () => forge([source], (manifest) => (manifest["format"] = 99)),
      trusted,
      "it needs format version 99",
    ],
    [
      "has a field that nobody knows",
      () => forge([source], (manifest) => (manifest["more"] = 1)),
      trusted,
      "the manifest has an unknown field `more`",
    ],
    [
      "lacks a member",
      () => forge([source], (manifest) => (manifest["members"] = { "sources/b.policy": "0".repeat(64) })),
      trusted,
      "it has a member `sources/a.policy` that the manifest does not name",
    ],
  ])("that %s is refused", async (_name, make, trust, expected) => {
    expect(await refusal(await make(), trust)).toContain(expected);
  });

  test("is refused with any member changed, removed, added or swapped", async () => {
    const read = readArchive(await build());
    if (!read.ok) throw new Error(read.problem);
    const { members } = read;
    for (const [index, member] of members.entries()) {
      const bytes = Buffer.from(member.bytes);
      bytes[bytes.length >> 1]! ^= 1;
      expect(await refusal(writeArchive(members.with(index, { name: member.name, bytes })))).not.toBe("accepted");
      expect(await refusal(writeArchive(members.toSpliced(index, 1)))).not.toBe("accepted");
    }
    expect(await refusal(writeArchive([...members, source]))).toContain(
      "`sources/a.policy` that the manifest does not name",
    );
    const [a, b] = [members[3]!, members[4]!];
    const swapped = [...members.slice(0, 3), { ...a, bytes: b.bytes }, { ...b, bytes: a.bytes }];
    expect(await refusal(writeArchive(swapped))).toContain("was changed after the bundle was built");
  });

  test("that is not signed is taken with the development flag, and its digests still count", async () => {
    const bytes = await writeBundle(folder(), "test", "r1", undefined);
    expect(await refusal(bytes, { kind: "unsigned" })).toBe("accepted");
    const read = readArchive(bytes);
    if (!read.ok) throw new Error(read.problem);
    const changed = read.members.map(({ name, bytes: old }) => ({
      name,
      bytes: name.endsWith(".policy") ? Buffer.from("package x") : old,
    }));
    expect(await refusal(writeArchive(changed), { kind: "unsigned" })).toContain("was changed");
  });

  test("with any bit changed or any part cut off is refused, and reading it never throws", async () => {
    const good = await build();
    const original = digestsOf(folder());
    const refusedOrTheSame = fc.asyncProperty(fc.nat(good.length * 8 - 1), fc.boolean(), async (bit, cut) => {
      const bytes = Buffer.from(cut ? good.subarray(0, bit >> 3) : good);
      if (!cut) bytes[bit >> 3]! ^= 1 << (bit & 7);
      const result = await readBundle(bytes, trusted);
      // The gzip header has bytes without meaning (time, operating system), and so has the padding of tar headers.
      expect(result.ok ? digestsOf(result.bundle.folder) : original).toEqual(original);
    });
    await expect(fc.assert(refusedOrTheSame, { numRuns: 300 })).resolves.toBeUndefined();
  });
});

describe("an archive", () => {
  test("that unpacks into too much is refused", () => {
    expect(readArchive(gzipSync(Buffer.alloc(65 * 1024 * 1024)))).toMatchObject({
      ok: false,
      problem: expect.stringContaining("unpacks to more than"),
    });
  });

  test("with a name twice is refused", () => {
    expect(readArchive(writeArchive([source, source]))).toEqual({
      ok: false,
      problem: "the member `sources/a.policy` is there twice",
    });
  });

  test("with a link in it is refused", () => {
    const link = join(root, "link");
    mkdirSync(link);
    execFileSync("ln", ["-s", "/etc/passwd", join(link, "data.json")]);
    const bytes = execFileSync("tar", ["--format=ustar", "-czf", "-", "-C", link, "data.json"]);
    rmSync(link, { recursive: true });
    expect(readArchive(bytes)).toEqual({ ok: false, problem: "the member `data.json` is not an ordinary file" });
  });

  test("holds members of any size", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(70_000), { maxLength: 6 }), (sizes) => {
        const members = sizes.map((size, index) => ({ name: `m${index}`, bytes: Buffer.alloc(size, index + 1) }));
        expect(readArchive(writeArchive(members))).toEqual({ ok: true, members });
      }),
      { numRuns: 50 },
    );
  });
});

test("two files that would get one name in the bundle are refused", () => {
  const two = {
    sources: [
      { path: "a/x.policy", text: "1" },
      { path: "b/x.policy", text: "2" },
    ],
    data: {},
    problems: [],
  };
  expect(() => relocate(two, ["a/x.policy", "b/x.policy"])).toThrow("two files would be `sources/x.policy`");
});
