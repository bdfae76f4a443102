/**
 * Messages about requests, as Slack's incoming webhooks take them: `text` alone is enough for others. Where Slack's interactions come back to us, its
 * buttons answer; else they are links to a page.
 * Source: https://docs.slack.dev/reference/block-kit/blocks
 */
import { escapeForTerminal, escapeLines } from "../../audit/escape.ts";
import type { StoredRequest } from "../../store/requests.ts";
import { linkQuery, signatureOf, type WebhookConfig } from "../links.ts";

/** Names of the message's parts, by which Slack says what was done with them. */
export const slackActions = {
  approve: "penstock_approve",
  deny: "penstock_deny",
  open: "penstock_open",
  reasonBlock: "penstock_reason",
  reason: "reason",
  reasonCharactersMax: 1000,
} as const;

/** Slack cuts a longer text of a block. */
const textCharactersMax = 2_500;

type Text = { readonly type: "plain_text"; readonly text: string };
const plain = (text: string): Text => ({ type: "plain_text", text });
const section = (text: string) => ({ type: "section", text: plain(text.slice(0, textCharactersMax)) });

/** Asks. */
export function requestMessage(request: StoredRequest, config: WebhookConfig): object {
  const { text, blocks } = described(request, config);
  const actions = config.slack === undefined ? linkButtons(request, config) : answerButtons(request, config);
  return { text, blocks: [...blocks, ...actions] };
}

/** In place of the message that asked. @param outcome who has said what */
export function answeredMessage(request: StoredRequest, config: WebhookConfig, outcome: string): object {
  const { text, blocks } = described(request, config);
  return {
    replace_original: true,
    text: `${text} — ${escapeMrkdwn(escapeForTerminal(outcome))}`,
    blocks: [...blocks, section(escapeForTerminal(outcome))],
  };
}

/** For whoever clicked alone. */
export function privateMessage(text: string): object {
  return { response_type: "ephemeral", replace_original: false, text: escapeMrkdwn(escapeForTerminal(text)) };
}

function described({ id, asked }: StoredRequest, { showsStatement }: WebhookConfig) {
  const { principal, target, needs, texts } = asked;
  const whom = needs.map(({ groups }) => groups.join(" or ")).join(" and ");
  // A policy may make a reason of the statement's text.
  const reasons = showsStatement ? needs.flatMap(({ because }) => because ?? []).join("; ") : "";
  const forWhom = principal.actsFor.length === 0 ? "" : ` for ${principal.actsFor.join(", ")}`;
  const text = escapeForTerminal(
    `${principal.id} (${principal.kind})${forWhom} asks ${whom} for approval on ${target}, request ${id}${reasons === "" ? "" : `: ${reasons}`}`,
  );
  return {
    text: escapeMrkdwn(text),
    blocks: [section(text), ...(showsStatement ? [section(escapeLines(texts[0] ?? ""))] : [])] as readonly object[],
  };
}

function linkButtons(request: StoredRequest, config: WebhookConfig): readonly object[] {
  const button = (label: string, answer: string, style: string) => ({
    type: "button",
    text: plain(label),
    url: addressOf(request, config, answer),
    style,
  });
  const elements = [button("Approve…", "approve", "primary"), button("Reject…", "deny", "danger")];
  return [{ type: "actions", elements }];
}

function answerButtons(request: StoredRequest, config: WebhookConfig): readonly object[] {
  const { id, digest, expiresAtMs } = request;
  const signature = signatureOf({ request: id, digest, expiresAtMs }, config.key);
  const value = JSON.stringify({ request: id, digest, until: expiresAtMs, signature });
  const button = (label: string, action: string, style: string) => ({
    type: "button",
    text: plain(label),
    action_id: action,
    value,
    style,
  });
  return [
    {
      type: "input",
      block_id: slackActions.reasonBlock,
      optional: true,
      label: plain("Reason"),
      element: {
        type: "plain_text_input",
        action_id: slackActions.reason,
        max_length: slackActions.reasonCharactersMax,
      },
    },
    {
      type: "actions",
      elements: [
        button("Approve", slackActions.approve, "primary"),
        button("Reject", slackActions.deny, "danger"),
        {
          type: "button",
          text: plain("Open…"),
          action_id: slackActions.open,
          url: addressOf(request, config, "approve"),
        },
      ],
    },
  ];
}

function addressOf(request: StoredRequest, config: WebhookConfig, answer: string): string {
  return `${config.publicUrl}/approvals/${request.id}?${linkQuery(request, config.key)}&answer=${answer}`;
}

/** Slack takes three characters for its own: they could make links and mentions of what somebody has named. */
function escapeMrkdwn(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
