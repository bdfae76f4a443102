import { readFileSync } from "node:fs";
import { z } from "zod";
import { filledText } from "../fields.ts";
import type { BundleAddress } from "../../policies/fetch-bundle.ts";
import { isThisMachine, type SectionReader } from "../section-reader.ts";
import type { YamlPath } from "../yaml-document.ts";

/** How long a bundle's address may take where the configuration does not say. */
const bundleTimeoutSeconds = 30;

const sourceKeys = z.strictObject({
  path: z
    .union([filledText, z.array(filledText).min(1)], { error: "must be a path or a list of paths" })
    .optional()
    .describe(
      "Folders (or files) of policies, read recursively, watched for changes. For development, or when the folder is deployed by something you trust.",
    ),
  bundle: filledText
    .optional()
    .describe(
      "A signed bundle made by `policy build`: a file, watched for changes, or an `https://` address, asked every `poll_seconds`. Either this or `path`.",
    ),
  http: z
    .strictObject({
      ca: filledText.optional().describe("Certificates to trust instead of the system's, a PEM file."),
      token_env: filledText.optional().describe("Name of an environment variable that holds a bearer token."),
      token_file: filledText
        .optional()
        .describe("File that holds a bearer token and nothing else, read again for each request."),
      timeout_seconds: z
        .int()
        .min(1)
        .max(600)
        .default(bundleTimeoutSeconds)
        .describe("For one request with its redirects."),
    })
    .optional()
    .describe("How the bundle is fetched from its address."),
  cache: filledText
    .optional()
    .describe(
      "Folder that keeps the last good bundle of an address, to start with when there is no answer. Left out, the proxy does not start then.",
    ),
  allow_rollback: z
    .boolean()
    .default(false)
    .describe(
      "Take bundles that are older than the one in force: with a lower `--sequence` or, without any, that were in force before.",
    ),
  trusted_keys: z
    .array(filledText)
    .min(1)
    .optional()
    .describe("Public keys (files made by `policy keygen`) of which one must have signed the bundle."),
  allow_unsigned: z
    .boolean()
    .default(false)
    .describe("Development only: take a bundle without checking who made it. Not together with `trusted_keys`."),
  poll_seconds: z
    .int()
    .min(1)
    .max(3600)
    .default(5)
    .describe(
      "How often to ask a bundle's address, give or take a tenth, and to look for changed files besides what the system tells.",
    ),
});

function refineSource(value: z.output<typeof sourceKeys>, context: z.core.$RefinementCtx): void {
  const fail = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
  if ((value.path === undefined) === (value.bundle === undefined)) {
    fail(value.path === undefined ? [] : ["bundle"], "needs exactly one of `path` and `bundle`");
  }
  if (value.bundle === undefined || !isAddress(value.bundle)) {
    if (value.http !== undefined) fail(["http"], "belongs to a `bundle` with an address");
    if (value.cache !== undefined) fail(["cache"], "belongs to a `bundle` with an address");
  }
  if (value.http?.token_env !== undefined && value.http.token_file !== undefined)
    fail(["http", "token_file"], "stands beside `token_env`: give one of them only");
  if (value.bundle === undefined) {
    if (value.allow_rollback) fail(["allow_rollback"], "belongs to `bundle`: a folder has no order");
    if (value.trusted_keys !== undefined) fail(["trusted_keys"], "belongs to `bundle`: a folder has no signature");
    if (value.allow_unsigned) fail(["allow_unsigned"], "belongs to `bundle`: a folder has no signature");
  } else if (value.trusted_keys === undefined && !value.allow_unsigned) {
    fail(
      ["bundle"],
      "needs `trusted_keys`: without them anybody could have made the bundle (`allow_unsigned: true` for development)",
    );
  } else if (value.trusted_keys !== undefined && value.allow_unsigned) {
    fail(["allow_unsigned"], "contradicts `trusted_keys`");
  }
}

export const policiesSection = sourceKeys
  .extend({
    shadow: sourceKeys
      .superRefine(refineSource)
      .optional()
      .describe(
        "Policies beside those in force, with the same keys: they decide every statement too, and only what would be different is recorded.",
      ),
  })
  .superRefine(refineSource)
  .describe("What is decided by.");

/** Whether a bundle is named by an address and not by a path. */
function isAddress(bundle: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(bundle);
}

export type PoliciesConfig =
  | { readonly kind: "folder"; readonly paths: readonly string[]; readonly pollMs: number }
  | BundleConfig;

export interface BundleConfig {
  readonly kind: "bundle";
  readonly location:
    | { readonly kind: "file"; readonly file: string }
    | ({ readonly kind: "address"; readonly cacheFolder: string | undefined } & BundleAddress);
  /** PEM; empty only with the development flag `allow_unsigned`. */
  readonly trustedKeys: readonly string[];
  readonly allowRollback: boolean;
  readonly pollMs: number;
}

type RawSource = z.output<typeof sourceKeys>;

export function readPolicies(
  raw: z.output<typeof policiesSection>,
  reader: SectionReader,
): { readonly inForce: PoliciesConfig; readonly shadow: PoliciesConfig | undefined } {
  const { shadow } = raw;
  return {
    inForce: readSource(raw, ["policies"], reader),
    shadow: shadow === undefined ? undefined : readSource(shadow, ["policies", "shadow"], reader),
  };
}

function readSource(raw: RawSource, at: YamlPath, reader: SectionReader): PoliciesConfig {
  const { path, bundle, trusted_keys: keys, poll_seconds: pollSeconds, allow_rollback: rollback } = raw;
  const pollMs = pollSeconds * 1000;
  if (bundle === undefined) {
    const paths = typeof path === "string" ? [path] : (path ?? []);
    return { kind: "folder", paths: paths.map((each) => reader.path(each)), pollMs };
  }
  const trustedKeys = (keys ?? []).map((key, index) => reader.readFile([...at, "trusted_keys", index], key) ?? "");
  if (keys === undefined)
    reader.warnings.push(
      `\`${at.join(".")}.allow_unsigned\` is on: whoever can write the bundle decides what is allowed`,
    );
  return { kind: "bundle", location: bundleOf(bundle, raw, at, reader), trustedKeys, allowRollback: rollback, pollMs };
}

function bundleOf(bundle: string, raw: RawSource, at: YamlPath, reader: SectionReader): BundleConfig["location"] {
  if (!isAddress(bundle)) return { kind: "file", file: reader.path(bundle) };
  const { http = { timeout_seconds: bundleTimeoutSeconds }, cache } = raw;
  const url = URL.canParse(bundle) ? new URL(bundle) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    reader.fail([...at, "bundle"], `\`${bundle}\` is no address of a bundle`, "write `https://HOST/PATH`, or a path");
  } else if (url.username !== "" || url.password !== "") {
    reader.fail([...at, "bundle"], "the address holds a user or a password", "give a token in `policies.http`");
  }
  const ca = http.ca === undefined ? undefined : reader.readFile([...at, "http", "ca"], http.ca);
  const token = tokenOf(http, [...at, "http"], reader);
  if (token !== undefined && url?.protocol === "http:" && !isThisMachine(url.hostname)) {
    reader.fail([...at, "bundle"], "a token would travel in the clear", "use `https://`");
  }
  return {
    kind: "address",
    url: url ?? new URL("https://invalid.invalid"),
    ca,
    token,
    timeoutMs: http.timeout_seconds * 1000,
    cacheFolder: cache === undefined ? undefined : reader.path(cache),
  };
}

function tokenOf(
  { token_env: name, token_file: file }: Partial<NonNullable<RawSource["http"]>>,
  at: YamlPath,
  reader: SectionReader,
): BundleAddress["token"] {
  if (name !== undefined) {
    const value = reader.variable([...at, "token_env"], name);
    return value === undefined ? undefined : () => value;
  }
  if (file === undefined) return undefined;
  reader.warnIfExposed(file, "the token file");
  reader.readFile([...at, "token_file"], file);
  const path = reader.path(file);
  return () => readFileSync(path, "utf8").trim();
}
