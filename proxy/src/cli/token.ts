import type { Command } from "commander";

export interface TokenOptions {
  readonly config: string;
  readonly agent: string;
  readonly for: string;
  readonly ttl: string;
  readonly group: readonly string[];
  readonly onBehalfOf?: string;
  readonly byToken?: string;
}

/** `policy-proxy token`. */
export function registerToken(program: Command): void {
  program
    .command("token")
    .description(
      "mint a short-lived token for an agent and a task; it goes to standard output. Needs the key of `identity.mint`",
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
    .option("--config <penstock.yaml>", "the configuration", "penstock.yaml")
    .action(async (options: TokenOptions) => (await import("./run-token.ts")).runToken(options));
}
