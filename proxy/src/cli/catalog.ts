import { type Command, Option } from "commander";
import type { ServeOptions } from "./run-serve.ts";

/** `policy-proxy catalog`. */
export function registerCatalog(program: Command): void {
  program
    .command("catalog <target>")
    .description(
      "print the schema of a target, for `policy eval`, `policy replay` and tests: names, types and views, no rows",
    )
    .addOption(new Option("--config <file>", "the configuration").default("penstock.yaml"))
    .action(async (target: string, options: ServeOptions) => {
      const { runCatalog } = await import("./run-catalog.ts");
      await runCatalog(target, options.config);
    });
}
