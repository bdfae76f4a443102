/**
 * Tells a chat or another program of statements that wait: a message in the form that Slack takes, with a link for each answer, or buttons that Slack
 * tells us of. A link only opens a page of the HTTP API (`admin/routes/approval-page.ts`), where somebody has to show who they are: programs that look
 * at messages follow links.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { errorMessage } from "../config/system-error.ts";
import type { StoredRequest } from "../store/requests.ts";
import type { WebhookConfig } from "./links.ts";
import { requestMessage } from "./slack/slack-message.ts";

const timeoutMs = 5_000;
const attempts = 4;
/** Between two of them, at first. */
const retryMs = 500;
/** Messages that have not been delivered; further ones are dropped, and that is reported. */
const waitingMax = 1_000;

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
    const body = JSON.stringify(requestMessage(request, this.#config));
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
