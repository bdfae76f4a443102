import { createHash } from "node:crypto";
import type { Member } from "./archive.ts";
import { errorMessage } from "./error-message.ts";

/**
 * What this build reads. `vocabulary` and `language` go up when policies can say something that an older build would not
 * understand or would understand otherwise.
 */
const bundleVersions = { format: 1, language: 1, vocabulary: 1 } as const;

export interface Manifest {
  readonly format: number;
  readonly name: string;
  /** `Program.revision` of the sources and data. */
  readonly revision: string;
  /** Orders the bundles of one name: a later one has a higher number. */
  readonly sequence?: number;
  readonly language: number;
  readonly vocabulary: number;
  /** Hex SHA-256 by member name, for every member but the manifest and its signature. */
  readonly members: Readonly<Record<string, string>>;
}

export function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function makeManifest(name: string, revision: string, members: readonly Member[], sequence?: number): Manifest {
  const digests = members.map((member) => [member.name, digest(member.bytes)] as const);
  digests.sort(([a], [b]) => (a < b ? -1 : 1));
  const order = sequence === undefined ? {} : { sequence };
  return { ...bundleVersions, name, revision, ...order, members: Object.fromEntries(digests) };
}

/** Always the same bytes for the same manifest: the keys stand as `makeManifest` orders them. */
export function encodeManifest(manifest: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`, "utf8");
}

/** The manifest, or why it cannot be taken. */
export function parseManifest(bytes: Buffer): Manifest | string {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    return `the manifest cannot be read: ${errorMessage(error)}`;
  }
  // The versions first: whatever else a newer format has, the answer is to update.
  if (!isRecord(value)) return "the manifest is not an object";
  for (const [key, ours] of Object.entries(bundleVersions)) {
    const theirs = value[key];
    if (typeof theirs !== "number") return `the manifest lacks \`${key}\``;
    if (theirs > ours) return `it needs ${key} version ${theirs} and this build knows ${ours}: update Penstock first`;
  }
  const unknown = Object.keys(value).find((key) => !manifestKeys.has(key));
  if (unknown !== undefined) return `the manifest has an unknown field \`${unknown}\``;
  if (!isManifest(value)) return "the manifest lacks a field or has one of the wrong type";
  return value;
}

const manifestKeys = new Set(["format", "name", "revision", "sequence", "language", "vocabulary", "members"]);

function isManifest(value: Readonly<Record<string, unknown>>): value is Readonly<Record<string, unknown>> & Manifest {
  return (
    typeof value["name"] === "string" &&
    typeof value["revision"] === "string" &&
    (value["sequence"] === undefined || Number.isSafeInteger(value["sequence"])) &&
    isRecord(value["members"]) &&
    Object.values(value["members"]).every((each) => typeof each === "string" && /^[0-9a-f]{64}$/.test(each))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
