/** Answers of operators, by the files of `approvals.folder`. The proxy checks each answer; what is checked here only tells sooner. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "../approvals/approver.ts";
import { whyNotEligible } from "../approvals/eligible.ts";
import {
  isRequestName,
  outcomePath,
  readOutcome,
  readRequest,
  type RequestFile,
  requestPath,
  writeAnswer,
} from "../approvals/request-file.ts";
import { escapeForTerminal } from "../audit/escape.ts";
import { loadApprovalPaths } from "../config/load-config.ts";
import { formatProblems } from "../config/problem.ts";
import { UserStore } from "../identity/user-store.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

export interface AnswerOptions {
  readonly as: string;
  readonly because?: string;
  readonly config: string;
}

/** The proxy looks at the folder each second at the latest. */
const takenMs = 5000;

export function listRequests(config: string, asJson: boolean): void {
  const { folder } = installation(config);
  const names = existsSync(folder)
    ? readdirSync(folder).filter((name) => isRequestName(name) && !name.startsWith("."))
    : [];
  const requests = names.flatMap((name) => read(join(folder, name)) ?? []);
  requests.sort((a, b) => (a.asked_at < b.asked_at ? -1 : 1));
  if (requests.length === 0 && !asJson) process.stderr.write("no statement waits for approval\n");
  for (const request of requests) {
    process.stdout.write(asJson ? `${JSON.stringify(request)}\n` : `${describe(request).join("\n")}\n`);
  }
}

export async function answerRequest(answer: Answer["answer"], id: string, options: AnswerOptions): Promise<void> {
  const { folder, users } = installation(options.config);
  const request = /^[0-9a-f]+$/.test(id) ? read(requestPath(folder, id)) : undefined;
  if (request === undefined) {
    throw new CommandError(
      `there is no request ${escapeForTerminal(id)}: it was answered, cancelled or has expired\n  help: policy-proxy approvals lists those that wait`,
      exitCodes.misuse,
    );
  }
  const person = users.person(options.as);
  if (person === undefined)
    throw new CommandError(`there is no user ${escapeForTerminal(options.as)}`, exitCodes.misuse);
  const why = whyNotEligible(person, {
    ids: [request.principal.id, ...request.principal.acts_for],
    groups: request.needs.map(({ groups }) => groups),
  });
  if (why !== undefined) throw new CommandError(escapeForTerminal(why), exitCodes.failure);
  for (const line of describe(request)) process.stdout.write(`${line}\n`);
  const path = writeAnswer(folder, {
    request: id,
    digest: request.digest,
    by: options.as,
    answer,
    because: options.because,
  });
  const { isCounted, message } = await outcomeOf(path);
  if (!isCounted) throw new CommandError(escapeForTerminal(message), exitCodes.failure);
  process.stdout.write(`${escapeForTerminal(message)}\n`);
}

async function outcomeOf(answer: string): Promise<ReturnType<typeof readOutcome>> {
  const path = outcomePath(answer);
  for (let waitedMs = 0; waitedMs < takenMs; waitedMs += 50) {
    if (existsSync(path)) {
      const outcome = readOutcome(path);
      rmSync(path, { force: true });
      return outcome;
    }
    await sleep(50);
  }
  rmSync(answer, { force: true });
  throw new CommandError("no proxy has taken the answer: does one run with this configuration?", exitCodes.failure);
}

/** One request for people: everything that they say yes to. */
function describe(request: RequestFile): string[] {
  const { id, principal, target, database, statement, runs, parameters, needs, expires_at: expires } = request;
  const forWhom = principal.acts_for.length === 0 ? "" : ` for ${principal.acts_for.join(", ")}`;
  const lines = [
    `${id}  ${principal.id} (${principal.kind})${forWhom} on ${target}, database ${database}; until ${expires}`,
    `  ${statement}`,
    ...runs.map((text) => `  runs: ${text}`),
    ...parameters.map((value, index) => `  $${index + 1} = ${value === null ? "NULL" : JSON.stringify(value)}`),
    ...needs.map(({ groups, for_ms: forMs, because, met_by: by }) => {
      const time = forMs === undefined ? "for this one run" : `for ${forMs / 1000} s`;
      const reason = because === undefined ? "" : `; ${because}`;
      return `  needs ${groups.join(" or ")}, ${time}${reason}${by === undefined ? "" : `  [yes from ${by}]`}`;
    }),
  ];
  return lines.map(escapeForTerminal);
}

function read(path: string): RequestFile | undefined {
  try {
    return readRequest(path);
  } catch {
    return undefined;
  }
}

function installation(config: string): { readonly folder: string; readonly users: UserStore } {
  const paths = loadApprovalPaths(config);
  if (!paths.ok)
    throw new CommandError(`the configuration has mistakes\n${formatProblems(paths.problems)}`, exitCodes.misuse);
  const { approvalsFolder: folder, usersFile } = paths;
  if (folder === undefined) {
    throw new CommandError(`${config} has no \`approvals.folder\`: nobody is asked for approval`, exitCodes.misuse);
  }
  const users = new UserStore(usersFile);
  const loaded = users.load();
  if (!loaded.ok)
    throw new CommandError(`the users file cannot be used\n${formatProblems(loaded.problems)}`, exitCodes.misuse);
  return { folder, users };
}
