/** Links to answers, signed: what one is good for, and whether it is ours. */
import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";
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
  /** `undefined` where buttons are links. */
  readonly slack: SlackConfig | undefined;
}

export interface SlackConfig {
  /** Of the app: Slack signs with it what it sends. */
  readonly signingSecret: KeyObject;
  /** The claim of a user of the users file that holds their id in Slack. */
  readonly userClaim: string;
  /** Slack's id of the workspace; `undefined` for any that has the app. */
  readonly team: string | undefined;
}

/** What a link is good for: one request, for one statement, until it ends. */
export interface Link {
  readonly request: string;
  readonly digest: string;
  readonly expiresAtMs: number;
}

export function signatureOf({ request, digest, expiresAtMs }: Link, key: KeyObject): string {
  const parts = JSON.stringify(["penstock approval link 1", request, digest, expiresAtMs]);
  return createHmac("sha256", key).update(parts).digest("base64url");
}

export function linkQuery({ id, digest, expiresAtMs }: StoredRequest, key: KeyObject): string {
  const signature = signatureOf({ request: id, digest, expiresAtMs }, key);
  return new URLSearchParams({ digest, until: String(expiresAtMs), signature }).toString();
}

/** Whether the link was made by us, and is still good. */
export function isGenuine(link: Link, signature: string, key: KeyObject): boolean {
  const [given, right] = [Buffer.from(signature), Buffer.from(signatureOf(link, key))];
  return given.length === right.length && timingSafeEqual(given, right) && link.expiresAtMs > Date.now();
}
