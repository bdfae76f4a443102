/**
 * The page that a signed link opens. Looking at it changes nothing; whoever answers on it gives their API token, and is that token's person, whatever
 * way the link has gone. Where messages show no statement (`show_statement: false`), neither does a link alone: whoever may answer is shown it when they
 * give their token. Plain HTML, without script or style, that shows nothing unescaped.
 */
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import { html } from "hono/html";
import { type AnsweringOptions, answerRequest, isCounted, printOutcome } from "../../approvals/answering.ts";
import { maySee } from "../../approvals/eligible.ts";
import { isGenuine, type Link } from "../../approvals/links.ts";
import { escapeForTerminal, escapeLines } from "../../audit/escape.ts";
import type { StoredRequest } from "../../store/requests.ts";
import type { AdminHost } from "../admin-host.ts";
import type { Api } from "../routing.ts";

const becauseCharactersMax = 1000;

export function addApprovalPage(
  api: Api,
  host: AdminHost,
  answering: AnsweringOptions,
  { key, showsStatement }: NonNullable<AdminHost["links"]>,
): void {
  /** What the link is for; `undefined` for one that is not ours, or not good any more. */
  const opened = async (c: Context): Promise<StoredRequest | undefined> => {
    const { digest = "", until = "", signature = "" } = c.req.query();
    const link: Link = { request: c.req.param("id") ?? "", digest, expiresAtMs: Number(until) };
    if (!isGenuine(link, signature, key)) return undefined;
    const request = await answering.store.request(link.request);
    return request?.digest === digest ? request : undefined;
  };
  const wrong = (c: Context) =>
    c.html(page("This link is not good", html`<p>It has expired, or was changed on its way.</p>`), 403);

  api.get("/approvals/:id", async (c) => {
    const request = await opened(c);
    const shown = showsStatement ? "statement" : "nothing";
    return request === undefined ? wrong(c) : c.html(question(request, c.req.query("answer") === "deny", shown));
  });

  api.post("/approvals/:id", async (c) => {
    const address = getConnInfo(c).remote.address ?? "";
    if (host.isThrottled(address))
      return c.html(page("Wait a minute", html`<p>Too many wrong tokens came from this address.</p>`), 429);
    const request = await opened(c);
    if (request === undefined) return wrong(c);
    const form = await c.req.parseBody();
    const field = (name: string) => (typeof form[name] === "string" ? form[name].trim() : "");
    const person = host.identify(field("token"))?.person;
    if (person === undefined) {
      host.refused(address);
      return c.html(page("Not answered", html`<p>The token is not valid, or not any more.</p>`), 401);
    }
    const says = field("answer");
    const because = field("because").slice(0, becauseCharactersMax);
    if (says === "show") {
      if (!maySee(person, request.asked))
        return c.html(page("Not shown", html`<p>You may not answer it, so you are not shown it.</p>`), 403);
      return c.html(question(request, c.req.query("answer") === "deny", "all"));
    }
    if (says !== "approve" && says !== "deny") return c.html(page("Not answered", html`<p>Say yes or no.</p>`), 400);
    if (says === "deny" && because === "") return c.html(page("Not answered", html`<p>A no needs a reason.</p>`), 400);
    const answered = await answerRequest(answering, {
      request: request.id,
      digest: request.digest,
      user: person.name,
      person,
      proof: "token",
      says,
      because: because === "" ? undefined : because,
    });
    const message = html`<p>${printOutcome(answered.outcome)}</p>`;
    return isCounted(answered) ? c.html(page("Answered", message)) : c.html(page("Not answered", message), 409);
  });
}

/** @param shown `all`: to somebody who may answer; else to whoever holds the link */
function question({ id, asked, state }: StoredRequest, isNo: boolean, shown: "all" | "statement" | "nothing") {
  const { principal, target, database, texts, parameters, needs, redacted = false } = asked;
  const forWhom = principal.actsFor.length === 0 ? "" : ` for ${principal.actsFor.join(", ")}`;
  const whom = needs.map(
    ({ groups, because }) =>
      `${groups.join(" or ")}${because === undefined || shown === "nothing" ? "" : `: ${because}`}`,
  );
  const chosen = (which: boolean) => (which ? "checked" : "");
  return page(
    `Request ${id}`,
    html`<p>${escapeForTerminal(`${principal.id} (${principal.kind})${forWhom} on ${target}, database ${database}`)}</p>
      ${shown === "nothing" ? "" : texts.map((text) => html`<pre>${escapeLines(text)}</pre>`)}
      ${shown === "all" ? parameters.map((value, index) => html`<pre>${escapeForTerminal(printValue(index, value, redacted))}</pre>`) : ""}
      ${redacted && shown !== "nothing" ? html`<p>Literals, comments, values and reasons are left out.</p>` : ""}
      ${shown === "all" || parameters.length === 0 ? "" : html`<p>It has ${parameters.length} values.</p>`}
      <p>${escapeForTerminal(`asks ${whom.join("; and ")}`)}</p>
      ${
        state === "waiting"
          ? html`<form method="post">
              <p><label><input type="radio" name="answer" value="approve" ${chosen(!isNo)} /> Approve</label></p>
              <p><label><input type="radio" name="answer" value="deny" ${chosen(isNo)} /> Reject</label></p>
              ${
                shown === "all"
                  ? ""
                  : html`<p><label><input type="radio" name="answer" value="show" /> Show me all of it first</label></p>`
              }
              <p><label>Reason <input name="because" maxlength="${becauseCharactersMax}" size="60" /></label></p>
              <p><label>Your API token <input type="password" name="token" required autocomplete="off" size="60" /></label></p>
              <p><button>Answer</button></p>
            </form>`
          : html`<p>It waits no longer: ${state}.</p>`
      }`,
  );
}

function printValue(index: number, value: string | null, redacted: boolean): string {
  return `$${index + 1} = ${value === null ? "NULL" : redacted ? value : JSON.stringify(value)}`;
}

function page(title: string, body: ReturnType<typeof html>) {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title}</title>
      </head>
      <body>
        <h1>${title}</h1>
        ${body}
      </body>
    </html>`;
}
