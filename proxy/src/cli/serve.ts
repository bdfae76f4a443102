import { type Command, Option } from "commander";
import { HangUps } from "./hang-ups.ts";
import type { ServeOptions } from "./run-serve.ts";

/** `policy-proxy serve`. */
export function registerServe(program: Command): void {
  program
    .command("serve")
    .description("start the proxy")
    .addOption(new Option("--config <file>", "the configuration").default("penstock.yaml"))
    .option("--check", "check configuration, users and policies, connect to nothing, and end")
    .action(async (options: ServeOptions) => {
      const hangUps = options.check === true ? undefined : new HangUps();
      // The engine takes a second to load, which the other commands need not wait for.
      const { runServe } = await import("./run-serve.ts");
      await runServe(options, hangUps);
    });
}
