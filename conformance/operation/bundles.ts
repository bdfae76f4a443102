/** Bundles as builders and forgers make them, and the loader of the proxy that takes or refuses them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "@penstock/language";
import { onTestFinished } from "vitest";
import { type Member, readArchive, writeArchive } from "../../engine/src/bundle/archive.ts";
import { writeBundle } from "../../engine/src/bundle/bundle.ts";
import { generateKeyPair } from "../../engine/src/bundle/signature.ts";
import type { BundleConfig } from "../../proxy/src/config/sections/policies.ts";
import { PolicyLoader, type PoliciesResult } from "../../proxy/src/policies/policy-loader.ts";
import { BundleServer } from "./bundle-server.ts";

const keys = generateKeyPair();
/** Of somebody whom no proxy trusts. */
export const strangerKeys = generateKeyPair();

interface Signed {
  readonly sequence?: number;
  readonly key?: string;
  /** What it claims to be; left out, the truth. */
  readonly revision?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A bundle that denies one kind of statement. */
export function bundle({ kind = "truncate", ...signed }: Signed & { readonly kind?: string } = {}): Promise<Buffer> {
  return bundleOf(`package a\n\ndeny "no" if query.kind == "${kind}"\n`, signed);
}

export async function bundleOf(text: string, signed: Signed = {}): Promise<Buffer> {
  const { sequence, key = keys.privateKey, data = {} } = signed;
  const sources = [{ path: "sources/a.policy", text }];
  const revision = signed.revision ?? compile({ sources, data }).program?.revision;
  if (revision === undefined) throw new Error("the policy does not compile");
  return writeBundle({ sources, data, problems: [] }, "test", revision, key, sequence);
}

/** The same archive with other members, and whatever signature is among them. */
export function forged(bytes: Buffer, change: (members: readonly Member[]) => readonly Member[]): Buffer {
  const archive = readArchive(bytes);
  if (!archive.ok) throw new Error(archive.problem);
  return writeArchive(change(archive.members));
}

export const withChangedMember = (bytes: Buffer): Buffer =>
  forged(bytes, (members) =>
    members.map((member) =>
      member.name.endsWith(".policy") ? { ...member, bytes: Buffer.from("package a\n") } : member,
    ),
  );

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "penstock-bundles-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

type Options = Partial<Pick<BundleConfig, "trustedKeys" | "allowRollback">> & {
  readonly cacheFolder?: string;
  readonly ca?: string;
  readonly token?: () => string;
  readonly timeoutMs?: number;
};

export function configOf(address: string, options: Options = {}): BundleConfig {
  const { trustedKeys = [keys.publicKey], allowRollback = false, cacheFolder, ca, token, timeoutMs = 5_000 } = options;
  const location = { kind: "address", url: new URL(address), cacheFolder, ca, token, timeoutMs } as const;
  return { kind: "bundle", location, trustedKeys, allowRollback, pollMs: 20 };
}

export interface Served {
  readonly server: BundleServer;
  readonly loader: PolicyLoader;
}

export async function serve(first: Buffer, options: Options = {}): Promise<Served> {
  const server = await BundleServer.start();
  server.bytes = first;
  return { server, loader: new PolicyLoader(configOf(`${server.url}/bundle`, options)) };
}

/** One line: what came of loading. */
function told(result: PoliciesResult): string {
  switch (result.kind) {
    case "loaded":
      return result.policies.note === "" ? "loaded" : `loaded; ${result.policies.note}`;
    case "unchanged":
      return "unchanged";
    case "refused":
    case "unreachable":
      return `${result.kind}: ${result.report}`;
  }
}

export const load = async (loader: PolicyLoader): Promise<string> => told(await loader.load());
