import { Command, InvalidArgumentError, Option } from "commander";
import type { AnswerOptions, RevokeOptions } from "./run-approvals.ts";

interface ListOptions {
  readonly config: string;
  readonly json?: true;
}

const configOption = () => new Option("--config <file>", "the configuration").default("penstock.yaml");
const jsonOption = () => new Option("--json", "one JSON object a line");
const asOption = () => new Option("--as <user>", "who answers: a name of the users file").makeOptionMandatory();

/** `policy-proxy approvals list|show|approve|reject|grants|revoke`. */
export function registerApprovals(program: Command): void {
  const approvals = program.command("approvals").description("statements that wait for approval, and answers to them");
  approvals
    .command("list", { isDefault: true })
    .description("list the statements that wait")
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async ({ config, json }: ListOptions) => {
      const { listRequests } = await import("./run-approvals.ts");
      await listRequests(config, json === true);
    });
  approvals
    .command("show <request>")
    .description("show one, also when it waits no longer")
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (request: string, { config, json }: ListOptions) => {
      const { showRequest } = await import("./run-approvals.ts");
      await showRequest(config, request, json === true);
    });
  approvals
    .command("approve <request>")
    .description("say yes to a statement")
    .addOption(asOption())
    .option("--because <reason>", "for the audit log")
    .option("--for <time>", "hold for so long only, such as 10m, where the rule gives a time", duration)
    .option("--uses <n>", "hold for so many runs only, where the rule gives a time", wholeNumber)
    .option("--alike", "hold for the same statement with other values too, where the rule gives a time")
    .addOption(configOption())
    .action(async (request: string, options: AnswerOptions) => {
      const { answer } = await import("./run-approvals.ts");
      await answer("approve", request, options);
    });
  approvals
    .command("reject <request>")
    .description("say no to a statement")
    .addOption(asOption())
    .addOption(new Option("--because <reason>", "for who sent the statement, and the audit log").makeOptionMandatory())
    .addOption(configOption())
    .action(async (request: string, options: AnswerOptions) => {
      const { answer } = await import("./run-approvals.ts");
      await answer("deny", request, options);
    });
  approvals
    .command("grants")
    .description("list what was approved and can still be used")
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async ({ config, json }: ListOptions) => {
      const { listGrants } = await import("./run-approvals.ts");
      await listGrants(config, json === true);
    });
  approvals
    .command("revoke <grant>")
    .description("take back an approval that can still be used")
    .option("--as <user>", "who does it: a name of the users file (default: the account of this machine)")
    .option("--because <reason>", "for the audit log")
    .addOption(configOption())
    .action(async (grant: string, options: RevokeOptions) => {
      const { revokeGrant } = await import("./run-approvals.ts");
      await revokeGrant(grant, options);
    });
}

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function duration(text: string): number {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (unitMs[unit] ?? Number.NaN);
  if (!(ms > 0)) throw new InvalidArgumentError("write a number and s, m, h or d, such as 10m");
  return ms;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("write a whole number from 1");
  return Number(text);
}
