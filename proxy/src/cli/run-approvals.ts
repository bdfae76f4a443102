/** What the command line does with the store. An answer is counted there, whether a proxy runs or not. */
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import type { Principal } from "@penstock/engine";
import { answerRequest, isCounted, printOutcome } from "../approvals/answering.ts";
import { whyNotEligible } from "../approvals/eligible.ts";
import { escapeForTerminal } from "../audit/escape.ts";
import { type AnsweringConfig, loadAnsweringConfig } from "../config/load-config.ts";
import { formatProblems } from "../config/problem.ts";
import { UserStore } from "../identity/user-store.ts";
import { proxyLimits } from "../limits.ts";
import type { StoredGrant } from "../store/grants.ts";
import type { ListedGrant } from "../store/listed-grants.ts";
import { storeOf } from "../store/open-store.ts";
import type { StoredRequest } from "../store/requests.ts";
import type { Store } from "../store/store.ts";
import { askKnownPassword } from "./ask-password.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { printRequest } from "./print-request.ts";

export interface AnswerOptions {
  readonly as: string;
  readonly because?: string;
  /** Milliseconds. */
  readonly for?: number;
  readonly uses?: number;
  readonly alike?: true;
  readonly config: string;
}

export interface RevokeOptions {
  readonly as?: string;
  readonly because?: string;
  readonly config: string;
}

export async function listRequests(config: string, asJson: boolean): Promise<void> {
  const requests = await withStore(config, (store) => store.waiting());
  if (requests.length === 0 && !asJson) process.stderr.write("no statement waits for approval\n");
  for (const request of requests) print(request, asJson);
}

export async function showRequest(config: string, id: string, asJson: boolean): Promise<void> {
  print(await withStore(config, (store) => find(store, id)), asJson);
}

export async function answer(says: "approve" | "deny", id: string, options: AnswerOptions): Promise<void> {
  const { as: user, because, for: forMs, uses, alike } = options;
  const answered = await withStore(options.config, async (store, config) => {
    const request = await find(store, id);
    const users = usersOf(config);
    const named = users.person(user);
    if (named === undefined) throw new CommandError(`there is no user ${escapeForTerminal(user)}`, exitCodes.misuse);
    const why = whyNotEligible(named, {
      ids: [request.asked.principal.id, ...request.asked.principal.actsFor],
      groups: request.asked.needs.map(({ groups }) => groups),
    });
    // The store would say the same; nobody need type a password for it.
    if (why !== undefined) throw new CommandError(escapeForTerminal(why), exitCodes.failure);
    print(request, false);
    const proof = config.approvals.commandLine;
    const person = proof === "account" ? named : await proven(users, user);
    return answerRequest(
      { store, rules: config.approvals, unusedMs: config.limits.approvalUnusedMs ?? proxyLimits.approvalUnusedMs },
      {
        request: id,
        digest: request.digest,
        user,
        person,
        proof,
        says,
        because,
        terms: { forMs, uses, isAlike: alike === true },
      },
    );
  });
  const message = escapeForTerminal(printOutcome(answered.outcome));
  if (!isCounted(answered)) throw new CommandError(message, exitCodes.failure);
  process.stdout.write(`${message}\n`);
}

export async function listGrants(config: string, asJson: boolean): Promise<void> {
  const found = await withStore(config, (store) => store.grants());
  if (found.length === 0 && !asJson) process.stderr.write("no approval can be used\n");
  for (const { grant, asked } of found) {
    if (asJson) process.stdout.write(`${JSON.stringify(grant)}\n`);
    else for (const line of describeGrant(grant, asked)) process.stdout.write(`${escapeForTerminal(line)}\n`);
  }
}

export async function revokeGrant(grant: string, { config: file, as: user, because }: RevokeOptions): Promise<void> {
  const isRevoked = await withStore(file, async (store, config) => {
    if (user === undefined)
      return store.revoke(grant, { user: `operator ${userInfo().username}`, proof: "account", because });
    const users = usersOf(config);
    const named = users.person(user);
    if (named === undefined) throw new CommandError(`there is no user ${escapeForTerminal(user)}`, exitCodes.misuse);
    const proof = config.approvals.commandLine;
    const person = proof === "account" ? named : await proven(users, user);
    return store.revoke(grant, { user, by: person.id, proof, because });
  });
  if (isRevoked) process.stdout.write("revoked\n");
  else throw new CommandError(`there is no grant ${escapeForTerminal(grant)}`, exitCodes.misuse);
}

function describeGrant(grant: StoredGrant, asked: ListedGrant["asked"]): readonly string[] {
  const { grant: id, by, groups, untilMs, usesLeft, used, isAlike } = grant;
  const uses = usesLeft === undefined ? `used ${used} times` : `used ${used} times, ${usesLeft} left`;
  const head = `${id}  by ${by} for ${groups.join(" or ")}, until ${new Date(untilMs).toISOString()}, ${uses}`;
  if (asked === undefined) return [head];
  const { principal, target, texts, alike } = asked;
  return [head, `  ${principal.id} on ${target}: ${isAlike ? (alike ?? "") : (texts[0] ?? "")}`];
}

async function proven(users: UserStore, user: string): Promise<Principal> {
  const password = await askKnownPassword(user);
  const person = await users.begin(user, { certificateHash: undefined }).password(password);
  if (person === undefined)
    throw new CommandError(`that is not the password of ${escapeForTerminal(user)}`, exitCodes.failure);
  return person;
}

async function find(store: Store, id: string): Promise<StoredRequest> {
  const request = await store.request(id);
  if (request !== undefined) return request;
  throw new CommandError(
    `there is no request ${escapeForTerminal(id)}\n  help: policy-proxy approvals list shows those that wait`,
    exitCodes.misuse,
  );
}

function print(request: StoredRequest, asJson: boolean): void {
  const lines = asJson ? [toJson(request)] : printRequest(request).map(escapeForTerminal);
  for (const line of lines) process.stdout.write(`${line}\n`);
}

/** Without what is the store's own: by its digests, what is left out of a statement could be guessed. */
function toJson(request: StoredRequest): string {
  const { metBy, asked } = request;
  const own = { fingerprint: undefined, asked: { ...asked, salt: undefined }, metBy: Object.fromEntries(metBy) };
  return JSON.stringify({ ...request, ...own });
}

async function withStore<T>(file: string, use: (store: Store, config: AnsweringConfig) => Promise<T>): Promise<T> {
  const read = loadAnsweringConfig(file, process.env);
  if (!read.ok) {
    throw new CommandError(`the configuration has mistakes\n${formatProblems(read.problems)}`, exitCodes.misuse);
  }
  const { config } = read;
  if (config.store === undefined)
    throw new CommandError(`${file} has no \`store\`: nobody is asked for approval`, exitCodes.misuse);
  if (config.store.kind === "file" && !existsSync(config.store.file)) {
    throw new CommandError(`there is no store ${config.store.file}: has a proxy run with ${file}?`, exitCodes.misuse);
  }
  const store = storeOf(config.store);
  try {
    await store.open();
    return await use(store, config);
  } finally {
    await store.close();
  }
}

function usersOf({ usersFile }: AnsweringConfig): UserStore {
  const users = new UserStore(usersFile);
  const loaded = users.load();
  if (loaded.ok) return users;
  throw new CommandError(`the users file cannot be used\n${formatProblems(loaded.problems)}`, exitCodes.misuse);
}
