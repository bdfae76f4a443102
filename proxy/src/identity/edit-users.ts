import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { PrincipalKind } from "@penstock/language";
import { type Document, isMap, isSeq, parseDocument } from "yaml";
import type { ConfigProblem } from "../config/problem.ts";
import { replaceFile } from "../config/replace-file.ts";
import { errorCode } from "../config/system-error.ts";
import { parseUsers, type User } from "./users.ts";

export interface NewUser {
  readonly name: string;
  readonly id: string | undefined;
  readonly kind: PrincipalKind;
  readonly groups: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
  readonly onBehalfOf: string | undefined;
  readonly verifier: string;
}

export type EditResult =
  | { readonly ok: true; readonly users: readonly User[] }
  /** The file is as it was. */
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** The users of a file; a file that does not exist has none. */
export function listUsers(file: string): EditResult {
  return edit(file, () => undefined, false);
}

/** Adds a user at the end; comments and the order of the file stay. The name must not be there yet. */
export function addUser(file: string, user: NewUser): EditResult {
  return edit(
    file,
    (document, users) => {
      users.add(
        document.createNode({
          name: user.name,
          ...(user.id === undefined ? {} : { id: user.id }),
          kind: user.kind,
          ...(user.groups.length === 0 ? {} : { groups: user.groups }),
          ...(Object.keys(user.claims).length === 0 ? {} : { claims: user.claims }),
          ...(user.onBehalfOf === undefined ? {} : { on_behalf_of: user.onBehalfOf }),
          verifier: user.verifier,
        }),
      );
    },
    true,
  );
}

export function setVerifier(file: string, name: string, verifier: string): EditResult {
  return edit(file, (document, users) => document.setIn(["users", indexOf(users, name), "verifier"], verifier), true);
}

export function removeUser(file: string, name: string): EditResult {
  return edit(file, (_document, users) => void users.delete(indexOf(users, name)), true);
}

interface Sequence {
  readonly items: readonly unknown[];
  add(value: unknown): void;
  delete(index: number): boolean;
}

/** Changes the text, checks the outcome as the proxy would, and replaces the file as a whole: no reader ever sees half of it. */
function edit(file: string, change: (document: Document, users: Sequence) => void, write: boolean): EditResult {
  let text = "users: []\n";
  let mode = 0o600;
  try {
    text = readFileSync(file, "utf8");
    mode = statSync(file).mode & 0o777;
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
  const before = parseUsers(file, text);
  if (!before.ok) return before;
  if (!write) return { ok: true, users: [...before.users.byName.values()] };

  const document = parseDocument(text);
  if (!document.has("mock_secret")) document.set("mock_secret", randomBytes(32).toString("base64"));
  const users = document.get("users");
  if (!isSeq(users)) throw new Error("the users of a checked file are a list");
  // An empty `[]` would otherwise grow in flow style, on one line.
  users.flow = false;
  change(document, users);
  const changed = document.toString({ lineWidth: 0 });
  const after = parseUsers(file, changed);
  if (!after.ok) return after;
  replaceFile(file, changed, mode);
  return { ok: true, users: [...after.users.byName.values()] };
}

function indexOf(users: Sequence, name: string): number {
  return users.items.findIndex((item) => isMap(item) && item.get("name") === name);
}
