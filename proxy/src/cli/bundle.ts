import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { z } from "zod";
import { apiPath, bundlePath } from "../admin/paths.ts";
import { escapeForTerminal } from "../audit/escape.ts";
import { cannotRead } from "../config/system-error.ts";
import { type ApiOptions, apiOptions, callApi } from "./api-client.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

const inForce = z.looseObject({ revision: z.string(), origin: z.string(), files: z.int(), since: z.string() });

/** `policy-proxy bundle push|show`. */
export function registerBundle(program: Command): void {
  const command = program
    .command("bundle")
    .description("put a signed bundle in force in a running proxy, by the HTTP API");
  const push = command
    .command("push <file>")
    .description("put it in force, at once and for the next start; the proxy checks its signature and its order");
  const show = command.command("show").description("what is in force").option("--json", "all that is known, as JSON");
  for (const option of apiOptions()) {
    push.addOption(option);
    show.addOption(option);
  }
  push.action(async (file: string, options: ApiOptions) => {
    print(inForce.parse(await callApi(options, "POST", bundlePath, read(file))));
  });
  show.action(async (options: ApiOptions & { readonly json?: true }) => {
    const policies = inForce.parse(await callApi(options, "GET", `${apiPath}/policies`));
    if (options.json === true) process.stdout.write(`${JSON.stringify(policies)}\n`);
    else print(policies);
  });
}

function print({ revision, origin, files, since }: z.output<typeof inForce>): void {
  const line = `revision ${revision} is in force since ${since}: ${files} files of ${origin}`;
  process.stdout.write(`${escapeForTerminal(line)}\n`);
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const help = "`policy build FOLDER -o FILE --key KEY` makes a bundle";
    throw new CommandError(`${file} ${cannotRead(error)}\n  help: ${help}`, exitCodes.misuse);
  }
}
