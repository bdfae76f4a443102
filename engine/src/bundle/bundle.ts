/**
 * A bundle: the sources of a set of policies with their data in one signed file.
 *
 * | member | what |
 * |---|---|
 * | `manifest.json` | name, revision, versions, digest of every other member |
 * | `signature.jws` | over the manifest; absent from an unsigned bundle |
 * | `data.json` | `data.*` |
 * | `sources/…` | the policy files; whoever loads the bundle compiles them |
 */
import { basename, relative, sep } from "node:path";
import { statSync } from "node:fs";
import type { SourceFile } from "@penstock/language";
import { type Member, memberNameBytesMax, readArchive, writeArchive } from "./archive.ts";
import { digest, encodeManifest, makeManifest, type Manifest, parseManifest } from "./manifest.ts";
import { type PolicyFolder, policyEnding } from "./policy-folder.ts";
import { signManifest, verifySignature } from "./signature.ts";

const manifestName = "manifest.json";
const signatureName = "signature.jws";
const dataName = "data.json";
const sourcesPrefix = "sources/";

/** Whom to believe. */
export type Trust =
  /** Public keys, PEM: one of them must have signed. */
  | { readonly kind: "keys"; readonly publicKeys: readonly string[] }
  /** The explicit development flag: digests are checked, the signature is not. */
  | { readonly kind: "unsigned" };

interface Bundle {
  readonly manifest: Manifest;
  /** Sources under `sources/`, and data, as `compile` takes them. */
  readonly folder: PolicyFolder;
  /** Thumbprint of the key that signed; `undefined` where nobody looked. */
  readonly signedBy: string | undefined;
}

export type BundleResult =
  | { readonly ok: true; readonly bundle: Bundle }
  /** Why the bundle is refused: lower case, no full stop. */
  | { readonly ok: false; readonly problem: string };

/**
 * The folder as it will be in a bundle: paths relative to the roots it was read from, so that a bundle has no trace of where it was
 * built. Compile this one, so that the revision is the one that the loader will get.
 *
 * @throws when two files would get the same name or one would get a name that is too long.
 */
export function relocate(folder: PolicyFolder, roots: readonly string[]): PolicyFolder {
  const seen = new Set<string>();
  const sources = folder.sources.map(({ path, text }): SourceFile => {
    const name = sourcesPrefix + nameUnder(path, roots);
    if (seen.has(name)) throw new Error(`two files would be \`${name}\` in the bundle: build from their common folder`);
    if (Buffer.byteLength(name) > memberNameBytesMax) {
      throw new Error(`\`${name}\` is longer than the ${memberNameBytesMax} bytes that a bundle holds`);
    }
    seen.add(name);
    return { path: name, text };
  });
  sources.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { sources, data: folder.data, problems: folder.problems };
}

function nameUnder(path: string, roots: readonly string[]): string {
  for (const root of roots) {
    if (path === root) return basename(path);
    const inside = relative(root, path);
    if (inside.startsWith("..") || !statSync(root).isDirectory()) continue;
    // One root: its content lies at the top. Several: each under its own name.
    return (roots.length === 1 ? inside : `${basename(root)}${sep}${inside}`).split(sep).join("/");
  }
  return basename(path);
}

/**
 * Writes a bundle: the same folder, name and key give the same bytes.
 * @param folder as `relocate` made it, checked and compiled by the caller.
 * @param revision of the compiled program.
 * @param privateKey PEM of an Ed25519 key; `undefined` for an unsigned bundle, for development.
 * @param sequence see `Manifest`.
 */
export async function writeBundle(
  folder: PolicyFolder,
  name: string,
  revision: string,
  privateKey: string | undefined,
  sequence?: number,
): Promise<Buffer> {
  const members = contentOf(folder);
  const manifest = encodeManifest(makeManifest(name, revision, members, sequence));
  const head: Member[] = [{ name: manifestName, bytes: manifest }];
  if (privateKey !== undefined) {
    head.push({ name: signatureName, bytes: Buffer.from(await signManifest(manifest, privateKey), "latin1") });
  }
  return writeArchive([...head, ...members]);
}

/** Digests by member name as a manifest of this folder would have them, to compare with one that was built. */
export function digestsOf(folder: PolicyFolder): Readonly<Record<string, string>> {
  return makeManifest("", "", contentOf(folder)).members;
}

function contentOf(folder: PolicyFolder): Member[] {
  const data = { name: dataName, bytes: Buffer.from(`${JSON.stringify(sortKeys(folder.data), null, 2)}\n`, "utf8") };
  return [data, ...folder.sources.map(({ path, text }) => ({ name: path, bytes: Buffer.from(text, "utf8") }))];
}

/** Objects with their keys in order: where a key stands in data.json means nothing. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, field]) => [key, sortKeys(field)]));
}

/** Reads a bundle and believes it only as far as `trust` goes. Never throws. */
export async function readBundle(bytes: Buffer, trust: Trust): Promise<BundleResult> {
  const archive = readArchive(bytes);
  if (!archive.ok) return archive;
  const members = new Map(archive.members.map((member) => [member.name, member.bytes]));

  const manifestBytes = members.get(manifestName);
  if (manifestBytes === undefined) return refuse(`it has no ${manifestName}: not a bundle`);
  const signature = members.get(signatureName);
  // The signature comes first: nothing of an unsigned manifest is looked at while keys are configured.
  let signedBy: string | undefined;
  if (trust.kind === "keys") {
    if (trust.publicKeys.length === 0) return refuse("no trusted key is configured");
    if (signature === undefined) return refuse("it is not signed, and trusted keys are configured");
    const verified = await verifySignature(manifestBytes, signature.toString("latin1"), trust.publicKeys);
    if (!verified.ok) return verified;
    signedBy = verified.keyId;
  }
  const manifest = parseManifest(manifestBytes);
  if (typeof manifest === "string") return refuse(manifest);

  for (const [name, content] of members) {
    if (name === manifestName || name === signatureName) continue;
    const expected = manifest.members[name];
    if (expected === undefined) return refuse(`it has a member \`${name}\` that the manifest does not name`);
    if (digest(content) !== expected) return refuse(`the member \`${name}\` was changed after the bundle was built`);
  }
  const missing = Object.keys(manifest.members).find((name) => !members.has(name));
  if (missing !== undefined) return refuse(`the member \`${missing}\` is missing`);
  return unpack(manifest, members, signedBy);
}

function unpack(manifest: Manifest, members: ReadonlyMap<string, Buffer>, signedBy: string | undefined): BundleResult {
  const sources: SourceFile[] = [];
  let data: Record<string, unknown> = {};
  for (const name of Object.keys(manifest.members).sort()) {
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(members.get(name));
    } catch {
      return refuse(`the member \`${name}\` is not valid UTF-8`);
    }
    if (name === dataName) {
      const value = parseJson(text);
      if (typeof value !== "object" || value === null || Array.isArray(value))
        return refuse(`${dataName} is not an object`);
      data = { ...value };
    } else if (name.startsWith(sourcesPrefix) && name.endsWith(policyEnding)) {
      sources.push({ path: name, text });
    } else {
      return refuse(`it has an unknown member \`${name}\``);
    }
  }
  if (sources.length === 0) return refuse("it has no policy");
  return { ok: true, bundle: { manifest, folder: { sources, data, problems: [] }, signedBy } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refuse(problem: string): BundleResult {
  return { ok: false, problem };
}
