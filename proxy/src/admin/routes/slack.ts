/**
 * Buttons of Slack's messages: Slack signs who has clicked, and the users file says who that is. Slack shows nothing of our answer itself: what became
 * of a click is sent to its `response_url`, to whoever clicked alone where it does not count.
 * Sources: https://docs.slack.dev/interactivity/handling-user-interaction, https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
 */
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import { type AnsweringOptions, answerRequest, isCounted, printOutcome } from "../../approvals/answering.ts";
import { isGenuine, type SlackConfig, type WebhookConfig } from "../../approvals/links.ts";
import { readInteraction, type SlackClick } from "../../approvals/slack/slack-interaction.ts";
import { answeredMessage, privateMessage } from "../../approvals/slack/slack-message.ts";
import { SlackSignatures } from "../../approvals/slack/slack-signature.ts";
import { errorMessage } from "../../config/system-error.ts";
import { StoreError } from "../../store/store.ts";
import type { AdminHost } from "../admin-host.ts";
import type { Api } from "../routing.ts";

/** Slack waits three seconds for an answer. */
const answerMs = 2_500;
const responseMs = 5_000;

export function addSlackRoute(
  api: Api,
  host: AdminHost,
  answering: AnsweringOptions,
  webhook: WebhookConfig,
  slack: SlackConfig,
): void {
  const signatures = new SlackSignatures(slack.signingSecret);
  api.post("/slack/interactions", async (c) => {
    const body = Buffer.from(await c.req.arrayBuffer());
    const header = (name: string) => c.req.header(name) ?? "";
    const check = signatures.check(header("x-slack-signature"), header("x-slack-request-timestamp"), body);
    if (check !== "genuine") return refused(c, host, check);
    const click = readInteraction(body.toString("utf8"));
    if (click === undefined) return c.text("this is no interaction of Slack's", 400);
    if (click === "nothing") return c.body(null, 200);
    const done = answer(click, answering, webhook, slack, host)
      .then((message) => respond(click.responseUrl, message, webhook, host))
      .catch((error: unknown) => host.warn("a click in Slack could not be answered", errorMessage(error)));
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, answerMs).unref())]);
    return c.body(null, 200);
  });
}

function refused(c: Context, host: AdminHost, check: string): Response {
  host.refusedSlack(getConnInfo(c).remote.address ?? "", check);
  const why =
    check === "old" ? "it was signed more than five minutes ago, or our clock is wrong" : `its signature is ${check}`;
  return c.text(`the request is not taken for Slack's: ${why}`, check === "too many" ? 503 : 401);
}

/** @returns the message about it */
async function answer(
  click: SlackClick,
  answering: AnsweringOptions,
  webhook: WebhookConfig,
  { team, userClaim }: SlackConfig,
  host: AdminHost,
): Promise<object> {
  const { button, says, because, user } = click;
  if (team !== undefined && click.team !== team)
    return privateMessage("Not answered: this workspace is not the one that is asked.");
  const link = button && { request: button.request, digest: button.digest, expiresAtMs: button.until };
  if (link === undefined || !isGenuine(link, button?.signature ?? "", webhook.key))
    return privateMessage("Not answered: the button is too old, or was made by somebody else.");
  if (says === "deny" && because === undefined)
    return privateMessage("Not answered: a no needs a reason. Write one into the field above the buttons.");
  const person = host.personWith(userClaim, user);
  try {
    const request = await answering.store.request(link.request);
    const answered = await answerRequest(answering, {
      request: link.request,
      digest: link.digest,
      user: person?.name ?? `${user} of Slack`,
      person,
      proof: "slack",
      says,
      because,
    });
    const { outcome } = answered;
    const told = printOutcome(outcome);
    if (!isCounted(answered)) return privateMessage(`Not answered: ${told}`);
    if (request === undefined || outcome.kind === "partly") return privateMessage(told);
    return answeredMessage(request, webhook, `${person?.id ?? ""}: ${told}`);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return privateMessage("Not answered: the approvals' store does not answer. Try again.");
  }
}

/** Only to where messages go: whoever had the secret could send us anywhere else. */
async function respond(
  url: string | undefined,
  message: object,
  webhook: WebhookConfig,
  host: AdminHost,
): Promise<void> {
  if (url === undefined) return;
  if (!URL.canParse(url) || new URL(url).origin !== new URL(webhook.url).origin) {
    host.warn("a click in Slack could not be answered", "its `response_url` is of another server than the webhook's");
    return;
  }
  const response = await fetch(url, {
    method: "POST",
    body: JSON.stringify(message),
    headers: { "content-type": "application/json" },
    signal: AbortSignal.timeout(responseMs),
    redirect: "error",
  });
  await response.body?.cancel();
  if (!response.ok) host.warn("a click in Slack could not be answered", `Slack answers ${response.status}`);
}
