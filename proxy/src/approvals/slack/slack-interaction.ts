/**
 * What Slack sends when somebody clicks a button of a message: a form with one field `payload`, JSON of type `block_actions`. What has been written
 * into the message's input stands in `state.values`, by block and action.
 * Source: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
 */
import { z } from "zod";
import { slackActions } from "./slack-message.ts";

const payloadSchema = z.object({
  type: z.string(),
  user: z.object({ id: z.string().min(1).max(100) }),
  team: z.object({ id: z.string().max(100) }).nullish(),
  actions: z
    .array(z.object({ action_id: z.string(), value: z.string().max(2000).optional() }))
    .max(25)
    .optional(),
  response_url: z.string().max(2000).optional(),
  state: z
    .object({ values: z.record(z.string(), z.record(z.string(), z.looseObject({ value: z.unknown().optional() }))) })
    .nullish(),
});

const buttonSchema = z.strictObject({
  request: z.string().max(100),
  digest: z.string().max(100),
  until: z.number(),
  signature: z.string().max(100),
});

export interface SlackClick {
  readonly says: "approve" | "deny";
  /** Slack's id of whoever clicked. */
  readonly user: string;
  readonly team: string | undefined;
  /** What the button was made for; `undefined` for one that is none of ours. */
  readonly button: z.output<typeof buttonSchema> | undefined;
  readonly because: string | undefined;
  /** Where whoever clicked is told what became of it. */
  readonly responseUrl: string | undefined;
}

/** @returns `nothing` for what needs no answer, such as a click on a link; `undefined` for what is no interaction */
export function readInteraction(form: string): SlackClick | "nothing" | undefined {
  const fields = new URLSearchParams(form).getAll("payload");
  const [payload] = fields;
  if (payload === undefined || fields.length > 1) return undefined;
  const read = payloadSchema.safeParse(parsed(payload));
  if (!read.success) return undefined;
  const { type, user, team, actions = [], response_url: responseUrl, state } = read.data;
  if (type !== "block_actions") return "nothing";
  const clicked = actions.find(({ action_id: id }) => id === slackActions.approve || id === slackActions.deny);
  if (clicked === undefined) return "nothing";
  const button = buttonSchema.safeParse(parsed(clicked.value ?? ""));
  const written = state?.values[slackActions.reasonBlock]?.[slackActions.reason]?.value;
  const because = typeof written === "string" ? written.trim().slice(0, slackActions.reasonCharactersMax) : "";
  return {
    says: clicked.action_id === slackActions.approve ? "approve" : "deny",
    user: user.id,
    team: team?.id,
    button: button.success ? button.data : undefined,
    because: because === "" ? undefined : because,
    responseUrl,
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
