import { principalKinds } from "@penstock/language";
import { createSecretKey } from "node:crypto";
import { z } from "zod";
import type { ApprovalRules } from "../../approvals/rules.ts";
import type { WebhookConfig } from "../../approvals/links.ts";
import { decodeBase64 } from "../../identity/scram-verifier.ts";
import { filledText } from "../fields.ts";
import { isThisMachine, type SectionReader } from "../section-reader.ts";

const webhookSection = z
  .strictObject({
    url_env: filledText.optional().describe("Name of an environment variable that holds the address."),
    url_file: filledText
      .optional()
      .describe("File that holds the address and nothing else: whoever knows Slack's can write to the channel."),
    public_url: filledText.describe("Where people reach the HTTP API (`admin`): links begin so."),
    key_file: filledText.describe(
      "File that holds the key with which links are signed, at least 32 random bytes in base64, and that only the proxy's own account may read. The same for all proxies of a store.",
    ),
    show_statement: z
      .boolean()
      .default(true)
      .describe(
        "Whether messages, and the page of a link before somebody has given their token, hold the statement's text and reasons that policies give. Values of parameters never stand in them.",
      ),
  })
  .extend({
    slack: z
      .strictObject({
        signing_secret_env: filledText
          .optional()
          .describe("Name of an environment variable that holds the signing secret of the Slack app."),
        signing_secret_file: filledText
          .optional()
          .describe(
            "File that holds the signing secret and nothing else, and that only the proxy's own account may read: who has it can answer as anybody.",
          ),
        user_claim: filledText
          .default("slack")
          .describe("The claim in the users file that holds a user's id in Slack (`U…`, from the profile there)."),
        team: filledText.optional().describe("Slack's id of the workspace (`T…`). Left out, any that has the app."),
      })
      .optional()
      .describe(
        "Slack sends clicks to `/slack/interactions` of the HTTP API, at `public_url`: messages have buttons that answer, in place of links.",
      ),
  })
  .superRefine(({ url_env: variable, url_file: file, slack }, context) => {
    if ((variable === undefined) === (file === undefined))
      context.addIssue({ code: "custom", path: [], message: "needs exactly one of `url_env` and `url_file`" });
    if (slack !== undefined && (slack.signing_secret_env === undefined) === (slack.signing_secret_file === undefined)) {
      const message = "needs exactly one of `signing_secret_env` and `signing_secret_file`";
      context.addIssue({ code: "custom", path: ["slack"], message });
    }
  })
  .optional()
  .describe(
    "Messages about statements that wait, as Slack takes them, with signed links to a page where people answer with their API token.",
  );

export const approvalsSection = z
  .strictObject({
    deferred: z
      .array(z.enum(principalKinds))
      .default([])
      .describe(
        "Kinds of principals whose statements do not wait: they are refused at once with the request's id, and pass when they are sent again after the yes.",
      ),
    reason: z
      .enum(["optional", "required"])
      .default("optional")
      .describe("Whether a yes must come with a reason. A no always does."),
    command_line: z
      .enum(["password", "account"])
      .default("password")
      .describe(
        "How `policy-proxy approvals approve --as PERSON` knows who answers: by that person's password, or by trusting whoever can run it with this configuration.",
      ),
    webhook: webhookSection,
  })
  .prefault({})
  .describe("How people are asked where a policy says `approve`. They are where there is a `store`.");

export interface ApprovalsConfig extends ApprovalRules {
  readonly commandLine: "password" | "account";
}

export function readApprovals({
  deferred,
  reason,
  command_line: commandLine,
}: z.output<typeof approvalsSection>): ApprovalsConfig {
  return { deferred, needsReason: reason === "required", commandLine };
}

const keyBytesMin = 32;

/** @param hasAdmin the links lead to the HTTP API */
export function readWebhook(
  raw: z.output<typeof webhookSection>,
  hasAdmin: boolean,
  reader: SectionReader,
): WebhookConfig | undefined {
  if (raw === undefined) return undefined;
  const at = ["approvals", "webhook"];
  if (!hasAdmin) reader.fail(at, "has links to the HTTP API, and there is none", "give `admin`");
  const url =
    raw.url_file === undefined
      ? reader.variable([...at, "url_env"], raw.url_env ?? "")
      : reader.readFile([...at, "url_file"], raw.url_file)?.trim();
  for (const [key, address] of [
    [raw.url_file === undefined ? "url_env" : "url_file", url],
    ["public_url", raw.public_url],
  ] as const) {
    if (address !== undefined && !isSafe(address))
      reader.fail([...at, key], "is no address of the form `https://…`; `http://` goes to this machine only");
  }
  const text = reader.readFile([...at, "key_file"], raw.key_file);
  if (text === undefined || url === undefined) return undefined;
  reader.failIfExposed([...at, "key_file"], raw.key_file, "make links");
  const key = decodeBase64(text.trim());
  if (key === undefined || key.length < keyBytesMin) {
    const help = "make one: (umask 077; openssl rand -base64 32 > links.key)";
    reader.fail([...at, "key_file"], `the key file does not hold ${keyBytesMin} bytes or more in base64`, help);
    return undefined;
  }
  const publicUrl = raw.public_url.replace(/\/+$/, "");
  const slack = readSlack(raw.slack, reader);
  return { url, publicUrl, key: createSecretKey(key), showsStatement: raw.show_statement, slack };
}

/** Slack's have 32 characters. */
const signingSecretCharactersMin = 16;

function readSlack(raw: NonNullable<z.output<typeof webhookSection>>["slack"], reader: SectionReader) {
  if (raw === undefined) return undefined;
  const { signing_secret_env: variable, signing_secret_file: file, user_claim: userClaim, team } = raw;
  const at = ["approvals", "webhook", "slack", file === undefined ? "signing_secret_env" : "signing_secret_file"];
  const secret = (file === undefined ? reader.variable(at, variable ?? "") : reader.readFile(at, file))?.trim();
  if (secret === undefined) return undefined;
  if (file !== undefined) reader.failIfExposed(at, file, "answer as anybody");
  if (secret.length < signingSecretCharactersMin) {
    reader.fail(at, "is no signing secret of Slack's", "copy it from Basic Information of the app, at api.slack.com");
    return undefined;
  }
  return { signingSecret: createSecretKey(Buffer.from(secret)), userClaim, team };
}

function isSafe(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === "https:" || (protocol === "http:" && isThisMachine(hostname));
}
