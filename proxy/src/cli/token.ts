import { type Command, Option } from "commander";
import { apiOptions } from "./api-client.ts";

export interface TokenOptions {
  readonly config?: string;
  readonly agent: string;
  readonly for: string;
  readonly ttl: string;
  readonly group: readonly string[];
  readonly onBehalfOf?: string;
  readonly byToken?: string;
  /** Of the HTTP API, which mints then. */
  readonly url?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
}

/** `policy-proxy token`. */
export function registerToken(program: Command): void {
  const command = program
    .command("token")
    .description(
      "mint a short-lived token for an agent and a task; it goes to standard output. By the HTTP API for an agent of your own, else by the key of `identity.mint`",
    )
    .requiredOption("--agent <name>", "the agent")
    .requiredOption("--for <task>", "the task, for the record")
    .option("--ttl <time>", "how long it is good, such as 90s, 15m or 1h", "15m")
    .option("--on-behalf-of <user>", "the user of the users file for whom the agent acts")
    .option("--by-token <file>", "the token of the person who mints it and for whom the agent acts")
    .option(
      "--group <group>",
      "a group of the agent that its person has too, may be given several times",
      (group: string, all: string[]) => [...all, group],
      [],
    )
    .option("--config <penstock.yaml>", "the configuration (default: penstock.yaml)")
    .addOption(new Option("--url <url>", "where the proxy's API is, to mint there").env("PENSTOCK_API_URL"));
  for (const option of apiOptions()) if (option.long !== "--url") command.addOption(option);
  command.action(async (options: TokenOptions) => (await import("./run-token.ts")).runToken(options));
}
