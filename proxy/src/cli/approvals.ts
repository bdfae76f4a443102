import { Command, Option } from "commander";
import type { AnswerOptions } from "./run-approvals.ts";

const configOption = () => new Option("--config <file>", "the configuration").default("penstock.yaml");
const asOption = () => new Option("--as <user>", "who answers: a name of the users file").makeOptionMandatory();

/** `policy-proxy approvals`, `approve` and `deny`. */
export function registerApprovals(program: Command): void {
  program
    .command("approvals")
    .description("list the statements that wait for approval")
    .addOption(configOption())
    .option("--json", "one JSON object a line")
    .action(async (options: { readonly config: string; readonly json?: true }) => {
      const { listRequests } = await import("./run-approvals.ts");
      listRequests(options.config, options.json === true);
    });
  program
    .command("approve <request>")
    .description("say yes to a statement that waits for approval")
    .addOption(asOption())
    .option("--because <reason>", "for the audit log")
    .addOption(configOption())
    .action(async (request: string, options: AnswerOptions) => {
      const { answerRequest } = await import("./run-approvals.ts");
      await answerRequest("approve", request, options);
    });
  program
    .command("deny <request>")
    .description("say no to a statement that waits for approval")
    .addOption(asOption())
    .addOption(new Option("--because <reason>", "for who sent the statement, and the audit log").makeOptionMandatory())
    .addOption(configOption())
    .action(async (request: string, options: AnswerOptions) => {
      const { answerRequest } = await import("./run-approvals.ts");
      await answerRequest("deny", request, options);
    });
}
