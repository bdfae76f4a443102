import type { Command } from "commander";
import { z } from "zod";
import { apiPath } from "../admin/paths.ts";
import { escapeForTerminal } from "../audit/escape.ts";
import { type ApiOptions, apiOptions, callApi } from "./api-client.ts";

const answer = z.object({
  outcome: z.enum(["applied", "unchanged"]),
  changed: z.array(z.string()),
  needs_restart: z.array(z.string()),
});

/** `policy-proxy reload`. */
export function registerReload(program: Command): void {
  const command = program
    .command("reload")
    .description("have a running proxy read its configuration again, by the HTTP API");
  for (const option of apiOptions()) command.addOption(option);
  command.action(async (options: ApiOptions) => {
    const {
      outcome,
      changed,
      needs_restart: later,
    } = answer.parse(await callApi(options, "POST", `${apiPath}/config/reload`));
    const says = outcome === "applied" ? `in force: ${changed.join(", ")}` : "nothing has changed";
    process.stdout.write(`${escapeForTerminal(says)}\n`);
    if (later.length > 0) process.stdout.write(`${escapeForTerminal(`needs a restart: ${later.join(", ")}`)}\n`);
  });
}
