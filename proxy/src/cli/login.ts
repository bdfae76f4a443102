import type { Command } from "commander";

export interface ClientOptions {
  readonly config?: string;
}

/** `policy-proxy login` and `policy-proxy connect`. */
export function registerClient(program: Command): void {
  program
    .command("login")
    .description("log in at the OpenID provider, in the browser of any device, and keep the token")
    .option("--config <client.yaml>", "the client's file, instead of the one in the configuration folder")
    .action(async (options: ClientOptions) => (await import("./run-client.ts")).runLogin(options));

  program
    .command("connect <target> [args...]")
    .description("start psql, mysql or mariadb with the token; what stands after -- is theirs")
    .option("--config <client.yaml>", "the client's file, instead of the one in the configuration folder")
    .option("--token-file <file>", "a token from a file, such as one that was minted for an agent")
    .action(async (target: string, args: readonly string[], options: ClientOptions & { readonly tokenFile?: string }) =>
      (await import("./run-client.ts")).runConnect(target, args, options),
    );
}
