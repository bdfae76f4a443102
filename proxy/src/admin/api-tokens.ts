/**
 * The file of API tokens: who may call the HTTP API, as which user. Tokens are 32 random bytes, so a plain digest tells nobody anything.
 *
 *     tokens:
 *       - name: ada's laptop
 *         user: ada                     # of the users file: who they are, and their groups, is looked up at each request
 *         sha256: 5e884898da28047151d0…
 *         expires: 2027-01-31T00:00:00Z # may be left out
 */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { isSeq, parseDocument } from "yaml";
import { z } from "zod";
import type { ConfigProblem } from "../config/problem.ts";
import { replaceFile } from "../config/replace-file.ts";
import { cannotRead, errorCode } from "../config/system-error.ts";
import { readYaml } from "../config/yaml-document.ts";

export interface ApiToken {
  readonly name: string;
  /** Name of a user. */
  readonly user: string;
  readonly sha256: string;
  readonly expires?: string | undefined;
}

export type ApiTokensResult =
  | { readonly ok: true; readonly tokens: readonly ApiToken[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

const schema = z.strictObject({
  tokens: z.array(
    z.strictObject({
      name: z.string().min(1).max(100),
      user: z.string().min(1).max(63),
      sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 digest in hexadecimal"),
      expires: z.iso.datetime({ offset: true }).optional(),
    }),
  ),
});

/** A file that does not exist has no tokens. */
export function readApiTokens(file: string): ApiTokensResult {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return { ok: true, tokens: [] };
    const help = "make one: policy-proxy api-token add NAME --user USER --file FILE";
    return { ok: false, problems: [{ file, line: undefined, column: undefined, message: cannotRead(error), help }] };
  }
  const read = readYaml(file, text, schema);
  if (!read.ok) return read;
  const seen = new Set<string>();
  for (const [index, { name }] of read.value.tokens.entries()) {
    if (seen.has(name)) {
      const problem = read.document.problemAt(["tokens", index, "name"], `a second token is called \`${name}\``);
      return { ok: false, problems: [problem] };
    }
    seen.add(name);
  }
  return { ok: true, tokens: read.value.tokens };
}

/** Adds a token, or with `undefined` removes the one of that name; comments stay. @returns what is wrong with the file, which stays as it was then */
export function editApiTokens(file: string, name: string, token: ApiToken | undefined): readonly ConfigProblem[] {
  const before = readApiTokens(file);
  if (!before.ok) return before.problems;
  const isNew = !existsSync(file);
  const document = parseDocument(isNew ? "tokens: []\n" : readFileSync(file, "utf8"));
  const list = document.get("tokens");
  if (!isSeq(list)) throw new Error("the tokens of a checked file are a list");
  list.flow = false;
  if (token === undefined) list.delete(before.tokens.findIndex((each) => each.name === name));
  else list.add(document.createNode(token));
  replaceFile(file, document.toString({ lineWidth: 0 }), isNew ? 0o600 : statSync(file).mode & 0o777);
  return [];
}

/** So that scanners for secrets find one that got into a repository. */
const prefix = "penstock_";

/** @returns the token, to be shown once, and the digest to be kept */
export function makeApiToken(): { readonly token: string; readonly sha256: string } {
  const token = `${prefix}${randomBytes(32).toString("base64url")}`;
  return { token, sha256: digestOf(token) };
}

/** Whom a token stands for; `undefined` for nobody. */
export function findApiToken(tokens: readonly ApiToken[], given: string, nowMs: number): ApiToken | undefined {
  const sha256 = digestOf(given);
  const token = tokens.find((each) => each.sha256 === sha256);
  return token?.expires !== undefined && Date.parse(token.expires) <= nowMs ? undefined : token;
}

function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
