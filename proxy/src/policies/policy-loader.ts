import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { type Manifest, readBundle, readPolicyFolder, type Redaction, type Trust } from "@penstock/engine";
import type { BundleConfig, PoliciesConfig } from "../config/sections/policies.ts";
import { replaceFile } from "../config/replace-file.ts";
import { cannotRead, errorMessage } from "../config/system-error.ts";
import { readCachedBundle, writeCachedBundle } from "./bundle-cache.ts";
import { fetchBundle } from "./fetch-bundle.ts";
import { compileContent, type LoadedOrRefused, type LoadedPolicies } from "./policy-content.ts";
import { RollbackGuard } from "./rollback-guard.ts";

export type PoliciesResult =
  | { readonly kind: "loaded"; readonly policies: LoadedPolicies }
  /** The same as was loaded, or refused, before. */
  | { readonly kind: "unchanged" }
  /**
   * @param report for people: diagnostics with excerpts, or why a bundle is refused.
   * @param revision that the refused bundle claims to be
   */
  | { readonly kind: "refused"; readonly report: string; readonly revision?: string }
  /** Whether there is something new cannot be told. */
  | { readonly kind: "unreachable"; readonly report: string };

/** What became of a bundle that somebody wants in force. */
export type PutResult =
  | { readonly kind: "loaded"; readonly policies: LoadedPolicies }
  /** It is not what it has to be. @param revision that it claims to be */
  | { readonly kind: "refused"; readonly report: string; readonly revision?: string }
  /** The configuration has no place for it, whatever it is. */
  | { readonly kind: "no place"; readonly report: string };

/** Where policies come from, again and again. What it loads is taken for what is in force from then on. */
export interface Loader {
  /** Never rejects: whatever goes wrong is in the report. */
  load(): Promise<PoliciesResult>;
  /**
   * Puts a signed bundle in force, in the configured file, where a restart finds it. It is held to all that a file is held to.
   * @param decided called before anything is changed; where it rejects, nothing is, and this rejects too
   */
  put(bytes: Buffer, decided: (manifest: Manifest) => Promise<void>): Promise<PutResult>;
  /** Another place or another redaction, and the same memory of what must not come into force again. It has loaded nothing yet. */
  renewed(config: PoliciesConfig, redaction: Redaction | undefined): Loader;
}

/** Reads, verifies and compiles policies. */
export class PolicyLoader implements Loader {
  readonly #config: PoliciesConfig;
  readonly #redaction: Redaction | undefined;
  #guard = new RollbackGuard();
  #etag: string | undefined;
  /** Digest of the bytes that came last. */
  #seen: string | undefined;
  #isStarted = false;

  /** @param redaction of the enforcers that it makes */
  constructor(config: PoliciesConfig, redaction?: Redaction) {
    this.#config = config;
    this.#redaction = redaction;
  }

  renewed(config: PoliciesConfig, redaction: Redaction | undefined): PolicyLoader {
    const next = new PolicyLoader(config, redaction);
    next.#guard = this.#guard.copy();
    next.#isStarted = true;
    return next;
  }

  async load(): Promise<PoliciesResult> {
    try {
      const result = await this.#load();
      if (result.kind === "loaded") this.#isStarted = true;
      return result;
    } catch (error) {
      return { kind: "refused", report: `the policies could not be loaded: ${errorMessage(error)}` };
    }
  }

  async #load(): Promise<PoliciesResult> {
    const config = this.#config;
    if (config.kind === "folder") return loadFolder(config.paths, this.#redaction);
    const { location } = config;
    if (location.kind === "file") {
      try {
        return await this.#take(readFileSync(location.file), location.file, config);
      } catch (error) {
        return { kind: "refused", report: `${location.file}: error: ${cannotRead(error)}` };
      }
    }
    const { cacheFolder } = location;
    if (this.#isStarted || cacheFolder === undefined) return this.#fetch(location, config);
    return this.#start(location, cacheFolder, config);
  }

  /** At start, what was in force when the proxy ran last is known: no older one replaces it, and it serves where nothing else does. */
  async #start(location: AddressLocation, folder: string, config: BundleConfig): Promise<PoliciesResult> {
    const cached = await readCache(folder, config);
    if (cached.version !== undefined) this.#guard.accept(cached.version);
    const fetched = await this.#fetch(location, config);
    if (fetched.kind === "loaded") return fetched;
    const problem = fetched.kind === "unchanged" ? "" : fetched.report;
    if (cached.bytes === undefined) {
      const report = [problem, cached.problem].filter((text) => text !== "").join("\n");
      return fetched.kind === "refused" ? { ...fetched, report } : { kind: "unreachable", report };
    }
    const result = await this.#take(cached.bytes, `${folder}, the last good bundle`, config);
    if (result.kind !== "loaded") return fetched;
    // What was refused stays so, until something else comes.
    const note = `the policies are those of the last run, from ${folder}: ${problem}`;
    return { kind: "loaded", policies: { ...result.policies, note } };
  }

  async #fetch(location: AddressLocation, config: BundleConfig): Promise<PoliciesResult> {
    const { href } = location.url;
    const fetched = await fetchBundle(location, this.#etag);
    switch (fetched.kind) {
      case "failed":
        return { kind: "unreachable", report: `${href}: error: ${fetched.problem}\n  help: ${fetched.help}` };
      case "unchanged":
        return { kind: "unchanged" };
      case "bytes": {
        this.#etag = fetched.etag;
        const digest = createHash("sha256").update(fetched.bytes).digest("hex");
        if (digest === this.#seen) return { kind: "unchanged" };
        this.#seen = digest;
        const result = await this.#take(fetched.bytes, href, config);
        return result.kind === "loaded" ? keep(result, location.cacheFolder, fetched.bytes) : result;
      }
    }
  }

  async put(bytes: Buffer, decided: (manifest: Manifest) => Promise<void>): Promise<PutResult> {
    const config = this.#config;
    const report = noPlaceFor(config);
    if (report !== undefined || config.kind !== "bundle" || config.location.kind !== "file")
      return { kind: "no place", report: report ?? "" };
    const { file } = config.location;
    const checked = await this.#check(bytes, file, config);
    if (checked.manifest === undefined) return checked.result;
    await decided(checked.manifest);
    try {
      replaceFile(file, bytes, (statSync(file, { throwIfNoEntry: false })?.mode ?? 0o600) & 0o777);
    } catch (error) {
      return {
        kind: "no place",
        report: `${file} cannot be written: ${errorMessage(error)}. Let the proxy's account write to its folder`,
      };
    }
    this.#guard.accept(checked.manifest);
    return checked.result;
  }

  async #take(bytes: Buffer, origin: string, config: BundleConfig): Promise<LoadedOrRefused> {
    const { result, manifest } = await this.#check(bytes, origin, config);
    if (manifest !== undefined) this.#guard.accept(manifest);
    return result;
  }

  async #check(bytes: Buffer, origin: string, config: BundleConfig): Promise<Checked> {
    const read = await readBundle(bytes, trustOf(config));
    if (!read.ok) {
      const help = "build it again with `policy build -o FILE --key KEY`, and look at it with `policy verify`";
      return { result: refuse(origin, read.problem, help), manifest: undefined };
    }
    const { manifest, folder, signedBy } = read.bundle;
    const { revision } = manifest;
    const refused = (problem: string, help: string): Checked => ({
      result: { ...refuse(origin, problem, help), revision },
      manifest: undefined,
    });
    if (ordersBundles(config)) {
      const problem = this.#guard.problemOf(manifest);
      if (problem !== undefined) {
        const help =
          "build it with a higher `--sequence`, or set `policies.allow_rollback: true` to go back on purpose";
        return refused(problem, help);
      }
    }
    const by = signedBy === undefined ? "not verified" : `signed by key ${signedBy}`;
    const { sources, data } = folder;
    const result = compileContent({ sources, data, origin: `${origin} (${named(manifest)}, ${by})` }, this.#redaction);
    if (result.kind === "refused") return { result: { ...result, revision }, manifest: undefined };
    if (result.policies.enforcer.revision !== revision)
      return refused("its revision is not that of its sources", "build it again with `policy build` of this version");
    return { result, manifest };
  }
}

type Checked =
  | { readonly result: Extract<PoliciesResult, { kind: "loaded" }>; readonly manifest: Manifest }
  | { readonly result: Extract<PoliciesResult, { kind: "refused" }>; readonly manifest: undefined };

/** Why no bundle can be put in force from outside; `undefined` where one can. */
function noPlaceFor(config: PoliciesConfig): string | undefined {
  if (config.kind === "folder")
    return `the policies come from files (${config.paths.join(", ")}): change them there, or set \`policies.bundle\``;
  if (config.location.kind === "address")
    return `the policies come from ${config.location.url.href}: put the bundle there, and the proxy takes it`;
  if (config.trustedKeys.length === 0)
    return "no keys are trusted (`policies.trusted_keys`), so that nobody could tell who has made a bundle: it has to be put where the proxy reads it";
  return undefined;
}

type AddressLocation = Extract<BundleConfig["location"], { kind: "address" }>;

/** Whoever does not check signatures cannot tell what a manifest's order is worth. */
function ordersBundles({ trustedKeys, allowRollback }: BundleConfig): boolean {
  return trustedKeys.length > 0 && !allowRollback;
}

function trustOf({ trustedKeys }: BundleConfig): Trust {
  return trustedKeys.length === 0 ? { kind: "unsigned" } : { kind: "keys", publicKeys: trustedKeys };
}

function named({ name, sequence }: Manifest): string {
  return sequence === undefined ? name : `${name}, sequence ${sequence}`;
}

function refuse(origin: string, problem: string, help: string): Extract<PoliciesResult, { kind: "refused" }> {
  return { kind: "refused", report: `${origin}: error: the bundle is refused: ${problem}\n  help: ${help}` };
}

function keep(
  result: Extract<PoliciesResult, { kind: "loaded" }>,
  folder: string | undefined,
  bytes: Buffer,
): PoliciesResult {
  if (folder === undefined) return result;
  try {
    writeCachedBundle(folder, bytes);
    return result;
  } catch (error) {
    const note = `the bundle could not be kept in ${folder}: ${errorMessage(error)}`;
    return { kind: "loaded", policies: { ...result.policies, note } };
  }
}

interface Cached {
  readonly bytes?: Buffer;
  readonly version?: Manifest;
  readonly problem: string;
}

async function readCache(folder: string, config: BundleConfig): Promise<Cached> {
  try {
    const bytes = readCachedBundle(folder);
    if (bytes === undefined) return { problem: "" };
    const read = await readBundle(bytes, trustOf(config));
    if (!read.ok) return { problem: `${folder}: error: the last good bundle is refused: ${read.problem}` };
    return { bytes, version: read.bundle.manifest, problem: "" };
  } catch (error) {
    return { problem: `${folder}: error: the last good bundle ${cannotRead(error)}` };
  }
}

function loadFolder(paths: readonly string[], redaction: Redaction | undefined): LoadedOrRefused {
  const folder = readPolicyFolder(paths, false);
  if (folder.problems.length > 0) {
    // A file that cannot be read may be the one that denies: the others alone are not the policy.
    const report = folder.problems.map(({ path, message }) => `${path}: error: ${message}`).join("\n");
    return { kind: "refused", report };
  }
  const { sources, data } = folder;
  return compileContent({ sources, data, origin: paths.join(", ") }, redaction);
}
