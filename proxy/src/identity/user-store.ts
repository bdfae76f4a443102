import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { Principal } from "@penstock/engine";
import type { People } from "../approvals/people.ts";
import { cannotRead } from "../config/system-error.ts";
import type { ConfigProblem } from "../config/problem.ts";
import { type Identities, Login } from "./login.ts";
import { toPrincipal } from "./principal.ts";
import type { ScramChannel } from "./scram-server.ts";
import { digestBytes, hmac, scramDefaults, type ScramVerifier } from "./scram-verifier.ts";
import { parseUsers, type Users } from "./users.ts";

export type UserStoreResult =
  | { readonly ok: true; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** The users of a file. A file with mistakes leaves the users that were read before in place. */
export class UserStore implements Identities, People {
  /** Of this proxy, where the file has no `mock_secret`: other processes of it shall ask strangers the same. */
  readonly mockSecret: Buffer;
  #file: string;
  #reserved: readonly string[];
  #users: Users = { byName: new Map(), mockSecret: undefined };

  /**
   * @param file read by `load`, which must succeed before anybody can log in.
   * @param reserved names that no user may have
   * @param mockSecret of the first process of the proxy
   */
  constructor(file: string, reserved: readonly string[] = [], mockSecret: Uint8Array = randomBytes(digestBytes)) {
    this.mockSecret = Buffer.from(mockSecret);
    this.#file = file;
    this.#reserved = reserved;
  }

  get users(): Users {
    return this.#users;
  }

  /** The user with this claim; nobody where several have it. */
  personWith(claim: string, value: string): Principal | undefined {
    const found = [...this.#users.byName.values()].filter(
      ({ claims }) => Object.hasOwn(claims, claim) && claims[claim] === value,
    );
    const [one] = found;
    return one === undefined || found.length > 1 ? undefined : this.person(one.name);
  }

  get file(): string {
    return this.#file;
  }

  /** Reads the file anew. Sessions that are open keep the principal that they logged in as. */
  load(): UserStoreResult {
    const read = readUsers(this.#file, this.#reserved);
    if (!read.ok) return read;
    this.#users = read.users;
    return { ok: true, warnings: read.warnings };
  }

  /** Reads another file, or this one under other reserved names. @returns what puts it in the place of this one, where it is in order */
  prepare(file: string, reserved: readonly string[]): (UserStoreResult & { ok: false }) | (() => readonly string[]) {
    const read = readUsers(file, reserved);
    if (!read.ok) return read;
    return () => {
      this.#file = file;
      this.#reserved = reserved;
      this.#users = read.users;
      return read.warnings;
    };
  }

  get count(): number {
    return this.#users.byName.size;
  }

  person(name: string): Principal | undefined {
    const { byName } = this.#users;
    const user = byName.get(name);
    return user && toPrincipal(user, "trust", 0n, (other) => byName.get(other));
  }

  begin(name: string, channel: ScramChannel): Login {
    const user = this.#users.byName.get(name);
    if (user === undefined) return new Login(this.#mockVerifier(name), false, channel, () => undefined);
    // Between challenge and proof the file may change: who is no longer in it, or has another password, does not get in.
    const principal = () => {
      const { byName } = this.#users;
      const now = byName.get(name);
      if (now === undefined || !now.verifier.storedKey.equals(user.verifier.storedKey)) return undefined;
      return toPrincipal(now, "scram", BigInt(Date.now()) * 1_000_000n, (other) => byName.get(other));
    };
    return new Login(user.verifier, true, channel, principal);
  }

  /**
   * What an unknown user is asked: the same each time, and of the form of some real user's challenge, so that neither asking twice nor
   * comparing iteration counts tells that nobody has this name. With `mock_secret` in the file it survives restarts too.
   */
  #mockVerifier(name: string): ScramVerifier {
    const key = this.#users.mockSecret ?? this.mockSecret;
    const derive = (purpose: string) => hmac(key, `${purpose}\0${name}`);
    const users = [...this.#users.byName.values()];
    const model = users[derive("model").readUInt32BE() % Math.max(users.length, 1)]?.verifier;
    const saltBytes = model?.salt.length ?? scramDefaults.saltBytes;
    return {
      iterations: model?.iterations ?? scramDefaults.iterations,
      salt: Buffer.concat([derive("salt"), derive("more salt")]).subarray(0, saltBytes),
      storedKey: derive("stored key"),
      serverKey: derive("server key"),
    };
  }
}

function readUsers(
  file: string,
  reserved: readonly string[],
):
  | (UserStoreResult & { ok: false })
  | { readonly ok: true; readonly users: Users; readonly warnings: readonly string[] } {
  let text: string;
  const warnings: string[] = [];
  try {
    text = readFileSync(file, "utf8");
    if ((statSync(file).mode & 0o004) !== 0) {
      warnings.push(
        `the users file can be read by every user of this machine, who may then guess passwords offline: chmod o-r ${file}`,
      );
    }
  } catch (error) {
    const help = "make one: policy-proxy user add NAME --kind human --file FILE";
    return { ok: false, problems: [{ file, line: undefined, column: undefined, message: cannotRead(error), help }] };
  }
  const parsed = parseUsers(file, text);
  if (!parsed.ok) return parsed;
  const taken = reserved.filter((name) => parsed.users.byName.has(name));
  if (taken.length > 0) return { ok: false, problems: taken.map((name) => reservedProblem(file, name)) };
  return { ok: true, users: parsed.users, warnings };
}

function reservedProblem(file: string, name: string): ConfigProblem {
  const message = `a user is called \`${name}\`, which is the name for logins by token or certificate (\`identity\`)`;
  return { file, line: undefined, column: undefined, message, help: "give one of them another name" };
}
