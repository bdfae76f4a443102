import { type Command, Option } from "commander";
import { editApiTokens, makeApiToken, readApiTokens, type ApiToken } from "../admin/api-tokens.ts";
import { escapeForTerminal } from "../audit/escape.ts";
import { formatProblems } from "../config/problem.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

interface AddOptions {
  readonly file: string;
  readonly user: string;
  readonly days?: number;
}

const fileOption = () => new Option("--file <tokens.yaml>", "the file of API tokens").makeOptionMandatory();
const dayMs = 24 * 60 * 60 * 1000;

/** `policy-proxy api-token add|list|remove`. */
export function registerApiToken(program: Command): void {
  const command = program.command("api-token").description("manage the file of API tokens: who may call the HTTP API");
  command
    .command("add <name>")
    .description("make a token, which is printed once; the file holds its digest only")
    .addOption(fileOption())
    .requiredOption("--user <user>", "as which user of the users file")
    .addOption(new Option("--days <n>", "how long it is valid (default: until it is removed)").argParser(days))
    .action((name: string, { file, user, days: valid }: AddOptions) => {
      if (tokensOf(file).some((each) => each.name === name)) {
        throw new CommandError(
          `there is already a token ${quote(name)}: remove it, or choose another name`,
          exitCodes.misuse,
        );
      }
      const { token, sha256 } = makeApiToken();
      const expires = valid === undefined ? {} : { expires: new Date(Date.now() + valid * dayMs).toISOString() };
      edit(file, name, { name, user, sha256, ...expires });
      process.stdout.write(`${token}\n`);
      process.stderr.write(`added ${quote(name)} to ${file}; the token is shown this once\n`);
    });
  command
    .command("list")
    .description("list the tokens, without their digests")
    .addOption(fileOption())
    .action(({ file }: { readonly file: string }) => {
      for (const { name, user, expires } of tokensOf(file)) {
        const until =
          expires === undefined
            ? ""
            : `  until ${expires}${Date.parse(expires) <= Date.now() ? ", which is over" : ""}`;
        process.stdout.write(`${escapeForTerminal(`${name}  user=${user}${until}`)}\n`);
      }
    });
  command
    .command("remove <name>")
    .description("remove a token; it is worth nothing from then on")
    .addOption(fileOption())
    .action((name: string, { file }: { readonly file: string }) => {
      if (!tokensOf(file).some((each) => each.name === name))
        throw new CommandError(`there is no token ${quote(name)} in ${file}`, exitCodes.misuse);
      edit(file, name, undefined);
      process.stderr.write(`removed ${quote(name)} from ${file}\n`);
    });
}

function tokensOf(file: string): readonly ApiToken[] {
  const read = readApiTokens(file);
  if (read.ok) return read.tokens;
  throw new CommandError(formatProblems(read.problems), exitCodes.misuse);
}

function edit(file: string, name: string, token: ApiToken | undefined): void {
  const problems = editApiTokens(file, name, token);
  if (problems.length > 0) throw new CommandError(formatProblems(problems), exitCodes.misuse);
}

function days(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 3650) return count;
  throw new CommandError("--days must be a whole number from 1 to 3650", exitCodes.misuse);
}

function quote(name: string): string {
  return `"${escapeForTerminal(name)}"`;
}
