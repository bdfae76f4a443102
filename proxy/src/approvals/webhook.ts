/**
 * Tells a chat or another program of statements that wait: a message in the form that Slack takes, with a link for each answer. A link only opens a
 * page of the HTTP API (`admin/routes/approval-page.ts`), where somebody has to show who they are: programs that look at messages follow links.
 */
import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { escapeForTerminal, escapeLines } from "../audit/escape.ts";
import { errorMessage } from "../config/system-error.ts";
import type { StoredRequest } from "../store/requests.ts";

export interface WebhookConfig {
  /** Where messages are sent. It may hold a secret, as Slack's do, and is printed nowhere. */
  readonly url: string;
  /** Where people reach the HTTP API, without a slash at its end. */
  readonly publicUrl: string;
  /** With which links are signed; the same for all proxies of a store. */
  readonly key: KeyObject;
  /** Its text, and reasons, which policies may make of it: in messages, and on the page of a link before somebody has shown who they are. */
  readonly showsStatement: boolean;
}

const timeoutMs = 5_000;
const attempts = 4;
/** Between two of them, at first. */
const retryMs = 500;
/** Messages that have not been delivered; further ones are dropped, and that is reported. */
const waitingMax = 1_000;
/** Slack cuts a longer text of a block. */
const textCharactersMax = 2_500;

/** What a link is good for: one request, for one statement, until it ends. */
export interface Link {
  readonly request: string;
  readonly digest: string;
  readonly expiresAtMs: number;
}

function signatureOf({ request, digest, expiresAtMs }: Link, key: KeyObject): string {
  const parts = JSON.stringify(["penstock approval link 1", request, digest, expiresAtMs]);
  return createHmac("sha256", key).update(parts).digest("base64url");
}

/** Whether the link was made by us, and is still good. */
export function isGenuine(link: Link, signature: string, key: KeyObject): boolean {
  const [given, right] = [Buffer.from(signature), Buffer.from(signatureOf(link, key))];
  return given.length === right.length && timingSafeEqual(given, right) && link.expiresAtMs > Date.now();
}

export class Webhook {
  readonly #config: WebhookConfig;
  readonly #report: (problem: string) => void;
  readonly #stop = new AbortController();
  #waiting = 0;

  /** @param report told of messages that could not be delivered */
  constructor(config: WebhookConfig, report: (problem: string) => void) {
    this.#config = config;
    this.#report = report;
  }

  /** Never throws, and nobody waits for it. */
  asked(request: StoredRequest): void {
    if (this.#waiting >= waitingMax) {
      this.#report(`request ${request.id} was not announced: ${waitingMax} messages wait already`);
      return;
    }
    this.#waiting++;
    void this.#deliver(request).finally(() => this.#waiting--);
  }

  close(): void {
    this.#stop.abort();
  }

  async #deliver(request: StoredRequest): Promise<void> {
    const body = JSON.stringify(messageOf(request, this.#config));
    for (let attempt = 1; ; attempt++) {
      try {
        const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(timeoutMs)]);
        const headers = { "content-type": "application/json" };
        const response = await fetch(this.#config.url, { method: "POST", body, headers, signal, redirect: "error" });
        await response.body?.cancel();
        if (response.ok) return;
        throw new Error(`it answers ${response.status}`);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (attempt === attempts) {
          this.#report(`request ${request.id} was not announced: ${errorMessage(error)}`);
          return;
        }
      }
      await sleep(retryMs * 2 ** (attempt - 1), undefined, { ref: false });
    }
  }
}

/** As Slack's incoming webhooks take it; `text` alone is enough for others. */
function messageOf(stored: StoredRequest, { publicUrl, key, showsStatement }: WebhookConfig): object {
  const { id, digest, expiresAtMs, asked } = stored;
  const { principal, target, needs, texts } = asked;
  const link = { request: id, digest, expiresAtMs };
  const query = new URLSearchParams({
    digest,
    until: String(expiresAtMs),
    signature: signatureOf(link, key),
  });
  const address = (answer: string) => `${publicUrl}/approvals/${id}?${query.toString()}&answer=${answer}`;
  const whom = needs.map(({ groups }) => groups.join(" or ")).join(" and ");
  // A policy may make a reason of the statement's text.
  const reasons = showsStatement ? needs.flatMap(({ because }) => because ?? []).join("; ") : "";
  const forWhom = principal.actsFor.length === 0 ? "" : ` for ${principal.actsFor.join(", ")}`;
  const text = `${principal.id} (${principal.kind})${forWhom} asks ${whom} for approval on ${target}, request ${id}${reasons === "" ? "" : `: ${reasons}`}`;
  const statement = escapeLines(texts[0] ?? "").slice(0, textCharactersMax);
  const section = (type: string, content: string) => ({ type: "section", text: { type, text: content } });
  const button = (label: string, answer: string, style: string) => ({
    type: "button",
    text: { type: "plain_text", text: label },
    url: address(answer),
    style,
  });
  return {
    text: escapeMrkdwn(escapeForTerminal(text)),
    blocks: [
      section("plain_text", escapeForTerminal(text).slice(0, textCharactersMax)),
      ...(showsStatement ? [section("plain_text", statement)] : []),
      { type: "actions", elements: [button("Approve…", "approve", "primary"), button("Reject…", "deny", "danger")] },
    ],
  };
}

/** Slack takes three characters for its own: they could make links and mentions of what somebody has named. */
function escapeMrkdwn(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
