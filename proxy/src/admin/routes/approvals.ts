import { createRoute, z } from "@hono/zod-openapi";
import type { Principal } from "@penstock/engine";
import { HTTPException } from "hono/http-exception";
import { type AnsweringOptions, answerRequest, isCounted, printOutcome } from "../../approvals/answering.ts";
import { maySee } from "../../approvals/eligible.ts";
import type { StoredRequest } from "../../store/requests.ts";
import { apiPath } from "../paths.ts";
import { reached } from "../reached.ts";
import type { Api } from "../routing.ts";

const request = z
  .object({
    id: z.string(),
    digest: z.string().openapi({ description: "Of the statement; an answer repeats it." }),
    state: z.enum(["waiting", "approved", "denied", "expired", "cancelled", "withdrawn"]),
    held: z.boolean().openapi({ description: "A session waits; where none does, the statement has to be sent again." }),
    principal: z.object({ id: z.string(), kind: z.string(), acts_for: z.array(z.string()) }),
    target: z.string(),
    database: z.string(),
    search_path: z.array(z.string()),
    statement: z.string(),
    runs: z.array(z.string()).openapi({ description: "What it runs by name." }),
    parameters: z.array(z.string().nullable()),
    redacted: z.boolean().openapi({
      description:
        "Literals, comments, values and reasons are left out (`audit.redact`), as `?` and `***`. A yes is for the statement as it is.",
    }),
    alike: z.string().optional().openapi({ description: "What a yes with `alike` leaves open, as `?`." }),
    needs: z.array(
      z.object({
        groups: z.array(z.string()),
        for_seconds: z.number().optional().openapi({ description: "Left out: a yes is for one run." }),
        because: z.string().optional(),
        met_by: z.string().optional(),
      }),
    ),
    asked_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    denied_by: z.string().optional(),
  })
  .openapi("ApprovalRequest");

const answer = z
  .object({
    digest: z.string().max(100),
    answer: z.enum(["approve", "deny"]),
    because: z.string().max(1000).optional(),
    for_seconds: z.int().min(1).optional(),
    uses: z.int().min(1).optional(),
    alike: z.boolean().optional(),
  })
  .openapi("ApprovalAnswer");

const outcome = z.object({ counted: z.boolean(), message: z.string() }).openapi("ApprovalOutcome");
const asJson = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { "application/json": { schema } },
});
const params = z.object({ id: z.string().max(100) });

/** Requests for approval: everybody sees those that they may answer, and their own. */
export function addApprovalRoutes(api: Api, answering: AnsweringOptions): void {
  const { store } = answering;
  api.openapi(
    createRoute({
      method: "get",
      path: `${apiPath}/approvals`,
      summary: "Statements that wait for approval, the oldest first: those that you may answer, and your own.",
      responses: { 200: asJson("They.", z.object({ requests: z.array(request) })) },
    }),
    async (c) => {
      const waiting = await reached(() => store.waiting());
      return c.json({ requests: waiting.filter(({ asked }) => maySee(c.var.person, asked)).map(shown) }, 200);
    },
  );
  api.openapi(
    createRoute({
      method: "get",
      path: `${apiPath}/approvals/{id}`,
      summary: "One of them, also when it waits no longer.",
      request: { params },
      responses: { 200: asJson("It.", request), 404: { description: "There is none that you may see." } },
    }),
    async (c) => c.json(shown(await find(answering, c.req.valid("param").id, c.var.person)), 200),
  );
  api.openapi(
    createRoute({
      method: "post",
      path: `${apiPath}/approvals/{id}/answer`,
      summary: "Says yes or no, as the person whose token it is.",
      request: { params, body: { required: true, content: { "application/json": { schema: answer } } } },
      responses: {
        200: asJson("It counts.", outcome),
        404: { description: "There is none that you may see." },
        409: asJson("It does not count; the record has it all the same.", outcome),
      },
    }),
    async (c) => {
      const { person } = c.var;
      const { id } = await find(answering, c.req.valid("param").id, person);
      const { digest, answer: says, because, for_seconds: seconds, uses, alike } = c.req.valid("json");
      const forMs = seconds === undefined ? undefined : seconds * 1000;
      const answered = await reached(() =>
        answerRequest(answering, {
          request: id,
          digest,
          user: person.name,
          person,
          proof: "token",
          says,
          because,
          terms: { forMs, uses, isAlike: alike === true },
        }),
      );
      const counted = isCounted(answered);
      return c.json({ counted, message: printOutcome(answered.outcome) }, counted ? 200 : 409);
    },
  );
}

async function find({ store }: AnsweringOptions, id: string, person: Principal): Promise<StoredRequest> {
  const found = await reached(() => store.request(id));
  if (found !== undefined && maySee(person, found.asked)) return found;
  throw new HTTPException(404, { message: "there is no such request, or none that you may answer" });
}

function shown(stored: StoredRequest): z.output<typeof request> {
  const { asked, metBy, denial } = stored;
  const { principal, texts, needs, alike } = asked;
  const [statement = "", ...runs] = texts;
  return {
    id: stored.id,
    digest: stored.digest,
    state: stored.state,
    held: stored.isHeld,
    principal: { id: principal.id, kind: principal.kind, acts_for: principal.actsFor },
    target: asked.target,
    database: asked.database,
    search_path: asked.searchPath,
    statement,
    runs,
    parameters: asked.parameters,
    redacted: asked.redacted === true,
    ...(alike === undefined ? {} : { alike }),
    needs: needs.map(({ key, groups, forMs, because }) => {
      const by = metBy.get(key);
      return {
        groups,
        ...(forMs === undefined ? {} : { for_seconds: forMs / 1000 }),
        ...(because === undefined ? {} : { because }),
        ...(by === undefined ? {} : { met_by: by }),
      };
    }),
    asked_at: new Date(stored.askedAtMs).toISOString(),
    expires_at: new Date(stored.expiresAtMs).toISOString(),
    ...(denial === undefined ? {} : { denied_by: denial.by }),
  };
}
