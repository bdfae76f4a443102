/**
 * The users file: who may connect, with verifiers instead of passwords.
 *
 *     mock_secret: "…"            # made by `policy-proxy user add`: keeps unknown users from being told apart
 *     users:
 *       - name: ana                # what the client sends as user
 *         id: ana@example.com      # principal.id; left out, the name
 *         kind: human              # human, service or agent
 *         groups: [analysts]
 *         claims: { region: EU }
 *         verifier: "SCRAM-SHA-256$4096:…"
 *       - name: ana-bot
 *         kind: agent
 *         on_behalf_of: ana
 *         verifier: "…"
 */
import { principalKinds, type PrincipalKind } from "@penstock/language";
import { z } from "zod";
import { closest } from "../config/closest.ts";
import type { ConfigProblem } from "../config/problem.ts";
import { readYaml } from "../config/yaml-document.ts";
import { decodeBase64, parseVerifier, type ScramVerifier } from "./scram-verifier.ts";

export interface User {
  readonly name: string;
  readonly id: string;
  readonly kind: PrincipalKind;
  readonly groups: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
  /** Name of another user. */
  readonly onBehalfOf: string | undefined;
  readonly verifier: ScramVerifier;
}

export interface Users {
  readonly byName: ReadonlyMap<string, User>;
  /** `undefined` where the file has none. */
  readonly mockSecret: Buffer | undefined;
}

export type UsersResult =
  | { readonly ok: true; readonly users: Users }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** PostgreSQL's NAMEDATALEN less one: nothing longer arrives in a StartupMessage of an ordinary client. */
const nameCharactersMax = 63;
const mockSecretBytes = 32;

const name = z.string().min(1).max(nameCharactersMax);

const usersSchema = z.strictObject({
  mock_secret: z
    .string()
    .refine(
      (text) => decodeBase64(text)?.length === mockSecretBytes,
      "must be 32 bytes in base64; `policy-proxy user add` makes one",
    )
    .optional(),
  users: z.array(
    z.strictObject({
      name,
      id: z.string().min(1).optional(),
      kind: z.enum(principalKinds),
      groups: z.array(z.string().min(1)).default([]),
      claims: z.record(z.string(), z.unknown()).default({}),
      on_behalf_of: name.optional(),
      verifier: z
        .string()
        .refine(
          (text) => parseVerifier(text) !== undefined,
          "is not a verifier of the form SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey; `policy-proxy user add` makes one",
        ),
    }),
  ),
});

/** Checks the text of a users file; reports all mistakes at once and never shows a verifier. */
export function parseUsers(file: string, text: string): UsersResult {
  const read = readYaml(file, text, usersSchema);
  if (!read.ok) return read;
  const problems: ConfigProblem[] = [];
  const byName = new Map<string, User>();
  const entries = read.value.users;
  const names = entries.map((entry) => entry.name);
  for (const [index, entry] of entries.entries()) {
    const fail = (key: string, message: string, help?: string) =>
      problems.push(read.document.problemAt(["users", index, key], message, help));
    if (byName.has(entry.name)) fail("name", `a second user is called \`${entry.name}\``);
    if (entry.on_behalf_of !== undefined && !names.includes(entry.on_behalf_of)) {
      const suggestion = closest(entry.on_behalf_of, names);
      fail(
        "on_behalf_of",
        `there is no user \`${entry.on_behalf_of}\``,
        suggestion === undefined ? undefined : `did you mean \`${suggestion}\`?`,
      );
    }
    byName.set(entry.name, {
      name: entry.name,
      id: entry.id ?? entry.name,
      kind: entry.kind,
      groups: entry.groups,
      claims: entry.claims,
      onBehalfOf: entry.on_behalf_of,
      verifier: parseVerifier(entry.verifier)!,
    });
  }
  for (const [index, entry] of entries.entries()) {
    if (actsForItself(entry.name, byName)) {
      problems.push(
        read.document.problemAt(
          ["users", index, "on_behalf_of"],
          `\`${entry.name}\` acts on behalf of itself, through others or not`,
        ),
      );
    }
  }
  if (problems.length > 0) return { ok: false, problems };
  const secret = read.value.mock_secret;
  return { ok: true, users: { byName, mockSecret: secret === undefined ? undefined : decodeBase64(secret) } };
}

function actsForItself(start: string, byName: ReadonlyMap<string, User>): boolean {
  let next = byName.get(start)?.onBehalfOf;
  for (let steps = 0; next !== undefined && steps <= byName.size; steps++) {
    if (next === start) return true;
    next = byName.get(next)?.onBehalfOf;
  }
  return false;
}
