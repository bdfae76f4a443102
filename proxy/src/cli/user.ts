import { principalKinds } from "@penstock/language";
import { type Command, Option } from "commander";
import { escapeForTerminal } from "../audit/escape.ts";
import { formatProblems } from "../config/problem.ts";
import { type EditResult, listUsers, addUser, removeUser, setVerifier } from "../identity/edit-users.ts";
import { deriveVerifier, formatVerifier, scramDefaults } from "../identity/scram-verifier.ts";
import type { User } from "../identity/users.ts";
import { askPassword } from "./ask-password.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

interface AddOptions {
  readonly file: string;
  readonly kind: User["kind"];
  readonly group: readonly string[];
  readonly claim: Readonly<Record<string, unknown>>;
  readonly id?: string;
  readonly onBehalfOf?: string;
  readonly iterations: number;
}

const fileOption = () => new Option("--file <users.yaml>", "the users file").makeOptionMandatory();
const iterationsOption = () =>
  new Option("--iterations <n>", "cost of guessing the password")
    .default(scramDefaults.iterations)
    .argParser(iterations);

/** `policy-proxy user add|password|list|remove`. */
export function registerUser(program: Command): void {
  const user = program.command("user").description("manage the users file: who may connect");
  user
    .command("add <name>")
    .description("add a user; the password is asked for, or read from standard input")
    .addOption(fileOption())
    .addOption(new Option("--kind <kind>", "what connects").choices(principalKinds).makeOptionMandatory())
    .option(
      "--group <group>",
      "a group, may be given several times",
      (group: string, all: string[]) => [...all, group],
      [],
    )
    .option("--claim <name=value>", "a claim, may be given several times", addClaim, {})
    .option("--id <id>", "principal.id, when it is not the name")
    .option("--on-behalf-of <user>", "the user for whom an agent acts")
    .addOption(iterationsOption())
    .action(async (name: string, options: AddOptions) => {
      if (usersOf(listUsers(options.file)).some((each) => each.name === name)) {
        throw new CommandError(
          `there is already a user ${quote(name)}; to change its password: policy-proxy user password`,
          exitCodes.misuse,
        );
      }
      const verifier = await newVerifier(name, options.iterations);
      const { id, kind, group, claim, onBehalfOf } = options;
      usersOf(addUser(options.file, { name, id, kind, groups: group, claims: claim, onBehalfOf, verifier }));
      process.stderr.write(`added ${quote(name)} to ${options.file}\n`);
    });

  user
    .command("password <name>")
    .description("give a user a new password")
    .addOption(fileOption())
    .addOption(iterationsOption())
    .action(async (name: string, options: { readonly file: string; readonly iterations: number }) => {
      requireUser(options.file, name);
      usersOf(setVerifier(options.file, name, await newVerifier(name, options.iterations)));
      process.stderr.write(`changed the password of ${quote(name)}\n`);
    });

  user
    .command("list")
    .description("list the users, without their verifiers")
    .addOption(fileOption())
    .option("--json", "one JSON object a line")
    .action((options: { readonly file: string; readonly json?: boolean }) => {
      for (const each of usersOf(listUsers(options.file)))
        process.stdout.write(`${options.json ? toJson(each) : toLine(each)}\n`);
    });

  user
    .command("remove <name>")
    .description("remove a user; sessions that are open stay open")
    .addOption(fileOption())
    .action((name: string, options: { readonly file: string }) => {
      requireUser(options.file, name);
      usersOf(removeUser(options.file, name));
      process.stderr.write(`removed ${quote(name)} from ${options.file}\n`);
    });
}

async function newVerifier(name: string, count: number): Promise<string> {
  return formatVerifier(await deriveVerifier(await askPassword(quote(name)), { iterations: count }));
}

function usersOf(result: EditResult): readonly User[] {
  if (result.ok) return result.users;
  throw new CommandError(formatProblems(result.problems), exitCodes.misuse);
}

function requireUser(file: string, name: string): void {
  if (usersOf(listUsers(file)).some((each) => each.name === name)) return;
  throw new CommandError(`there is no user ${quote(name)} in ${file}`, exitCodes.misuse);
}

function iterations(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= scramDefaults.iterations && count <= 10_000_000) return count;
  throw new CommandError(
    `--iterations must be a whole number from ${scramDefaults.iterations} to 10000000`,
    exitCodes.misuse,
  );
}

function addClaim(text: string, all: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const split = text.indexOf("=");
  if (split < 1) throw new CommandError("--claim must have the form name=value", exitCodes.misuse);
  return { ...all, [text.slice(0, split)]: text.slice(split + 1) };
}

function toLine(user: User): string {
  const parts = [user.name, user.kind];
  if (user.id !== user.name) parts.push(`id=${user.id}`);
  if (user.groups.length > 0) parts.push(`groups=${user.groups.join(",")}`);
  if (user.onBehalfOf !== undefined) parts.push(`on_behalf_of=${user.onBehalfOf}`);
  return escapeForTerminal(parts.join("  "));
}

function toJson(user: User): string {
  const { name, id, kind, groups, claims, onBehalfOf } = user;
  return JSON.stringify({ name, id, kind, groups, claims, on_behalf_of: onBehalfOf });
}

function quote(name: string): string {
  return `"${escapeForTerminal(name)}"`;
}
