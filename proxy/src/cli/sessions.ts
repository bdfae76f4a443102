import type { Command } from "commander";
import { z } from "zod";
import { apiPath } from "../admin/paths.ts";
import { escapeForTerminal } from "../audit/escape.ts";
import { type ApiOptions, apiOptions, callApi } from "./api-client.ts";

interface ListOptions extends ApiOptions {
  readonly principal?: string;
  readonly target?: string;
  readonly json?: true;
}

const answer = z.object({
  sessions: z.array(
    z.looseObject({
      id: z.string(),
      principal: z.object({ id: z.string(), kind: z.string() }),
      target: z.string(),
      address: z.string(),
      application: z.string(),
      since: z.string(),
      waits_for_approval: z.boolean(),
    }),
  ),
});

/** `policy-proxy sessions list|end`. */
export function registerSessions(program: Command): void {
  const command = program.command("sessions").description("look at open sessions, and end them, by the HTTP API");
  const list = command
    .command("list")
    .description("who is connected, the oldest first")
    .option("--principal <id>", "of whom")
    .option("--target <name>", "with which target")
    .option("--json", "one JSON object a line");
  const end = command
    .command("end <id>")
    .description("end a session: its client gets an error, its transaction is rolled back")
    .option("--reason <text>", "told to the client, and recorded");
  for (const option of apiOptions()) {
    list.addOption(option);
    end.addOption(option);
  }
  list.action(async (options: ListOptions) => {
    const { principal, target, json } = options;
    const query = new URLSearchParams({ ...(principal && { principal }), ...(target && { target }) }).toString();
    const { sessions } = answer.parse(await callApi(options, "GET", `${apiPath}/sessions?${query}`));
    for (const session of sessions) {
      const { id, principal: who, address, application, since, waits_for_approval: waits } = session;
      const line = `${id}  ${who.id} (${who.kind})  ${session.target}  ${address}  ${application === "" ? "-" : application}  since ${since}${waits ? "  waits for approval" : ""}`;
      process.stdout.write(`${json === true ? JSON.stringify(session) : escapeForTerminal(line)}\n`);
    }
  });
  end.action(async (id: string, options: ApiOptions & { readonly reason?: string }) => {
    const query = options.reason === undefined ? "" : `?${new URLSearchParams({ reason: options.reason }).toString()}`;
    await callApi(options, "DELETE", `${apiPath}/sessions/${encodeURIComponent(id)}${query}`);
    process.stderr.write("the session has ended\n");
  });
}
