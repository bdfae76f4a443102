import { type Command, Option } from "commander";

/** `policy-proxy doctor`. */
export function registerDoctor(program: Command): void {
  program
    .command("doctor")
    .description(
      "look for what keeps a set-up from working: files, policies, targets, ports, the audit log; changes nothing",
    )
    .addOption(new Option("--config <file>", "the configuration").default("penstock.yaml"))
    .action(async ({ config }: { readonly config: string }) => {
      const { runDoctor } = await import("./run-doctor.ts");
      await runDoctor(config);
    });
}
