import { createRoute, z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { apiAgentFor } from "../../identity/mint/agent-groups.ts";
import { mintToken } from "../../identity/mint/mint-token.ts";
import { recordMinted } from "../../identity/mint/record-minted.ts";
import type { Minting } from "../admin-host.ts";
import type { AdminHost, Permissions } from "../admin-host.ts";
import { apiPath } from "../paths.ts";
import { type Api, demand } from "../routing.ts";

const line = z
  .string()
  .min(1)
  .max(255)
  .regex(/^\P{Cc}*$/u, "must not hold control characters")
  .regex(/\S/, "must not be blank");
const body = z
  .strictObject({
    agent: line.openapi({ description: "Its name: `principal.id` of the agent, unless the users file has it." }),
    task: line.openapi({ description: "For the record." }),
    ttl_seconds: z.int().min(1).max(86_400).default(900),
    groups: z.array(z.string().min(1).max(255)).max(100).default([]).openapi({
      description: "Of the agent: none that you are not in, unless the users file gives it to an agent of yours.",
    }),
  })
  .openapi("MintRequest");
const minted = z
  .object({
    id: z.string().openapi({ description: "Stands in the record of the token's logins." }),
    token: z.string().openapi({ description: "The password to log in with. It is told this once." }),
    agent: z.string(),
    groups: z.array(z.string()),
    on_behalf_of: z.string(),
    expires_at: z.iso.datetime(),
  })
  .openapi("MintedToken");

/** Tokens for agents that act for whoever asks. */
export function addTokenRoutes(api: Api, host: AdminHost, minting: Minting, permissions: Permissions): void {
  api.openapi(
    createRoute({
      method: "post",
      path: `${apiPath}/tokens`,
      summary:
        "Mints a short-lived token for an agent that acts for you, for one task. Recorded before it is given out.",
      request: { body: { required: true, content: { "application/json": { schema: body } } } },
      responses: {
        201: { description: "It.", content: { "application/json": { schema: minted } } },
        403: { description: "You may not, or not for such an agent." },
      },
    }),
    async (c) => {
      const { person, untilMs } = c.var;
      demand("tokens", permissions, person);
      const { mint, record, users } = minting;
      const { agent: name, task, ttl_seconds: seconds, groups } = c.req.valid("json");
      if (seconds * 1000 > mint.lifetimeMsMax) {
        const message = `\`ttl_seconds\` may be at most ${mint.lifetimeMsMax / 1000} (\`identity.mint.max_ttl_seconds\`)`;
        throw new HTTPException(400, { message });
      }
      const agent = apiAgentFor({ name, groups }, person, users());
      if (typeof agent === "string") throw new HTTPException(403, { message: agent });
      const expiresAtMs = Math.floor(Math.min(Date.now() + seconds * 1000, untilMs) / 1000) * 1000;
      const { token, id } = await mintToken(mint, { agent, person, task, by: person.id, expiresAtMs });
      const expires = new Date(expiresAtMs).toISOString();
      const fields = { agent: agent.id, groups: [...agent.groups], on_behalf_of: person.id };
      await host.recordChange(person, "mint_token", { token: id, ...fields, task, ttl_seconds: seconds, expires });
      try {
        recordMinted(record, { token: id, ...fields, task, by: person.id, expires });
      } catch (error) {
        const message = "the token cannot be recorded in `identity.mint.record`, so it is not given out";
        throw new HTTPException(503, { message, cause: error });
      }
      c.header("cache-control", "no-store");
      return c.json({ id, token, ...fields, expires_at: expires }, 201);
    },
  );
}
