/** A login in the browser of any device (OAuth 2.0 Device Authorization Grant, RFC 8628), and its renewal (RFC 6749, section 6). */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { ClientConfig } from "./client-config.ts";
import { getJson, postForm } from "./issuer-requests.ts";
import type { StoredToken } from "./token-file.ts";

const discovered = z.object({
  issuer: z.string(),
  token_endpoint: z.string(),
  device_authorization_endpoint: z.string().optional(),
});
const begun = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string().optional(),
  expires_in: z.number(),
  interval: z.number().min(0).optional(),
});
const granted = z.object({
  access_token: z.string(),
  id_token: z.string().optional(),
  refresh_token: z.string().optional(),
  expires_in: z.number().optional(),
});
const failed = z.object({ error: z.string() });

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
const intervalSeconds = 5;
const waitSecondsMax = 1_800;

export interface DevicePrompt {
  readonly address: string;
  readonly code: string;
  /** With the code in it. */
  readonly direct: string | undefined;
}

/** Throws an Error for whoever typed the command; no message has a token in it. */
export async function loginByDevice(config: ClientConfig, show: (prompt: DevicePrompt) => void): Promise<StoredToken> {
  const { device_authorization_endpoint: endpoint, token_endpoint: tokens } = await discover(config);
  if (endpoint === undefined) throw new Error(`${config.issuer} does not offer the device flow`);
  const { client_id, scope, audience, ca } = config;
  const { status, body } = await postForm(
    endpoint,
    { client_id, scope, ...(audience === undefined ? {} : { audience }) },
    ca,
  );
  const device = begun.safeParse(body);
  if (status !== 200 || !device.success)
    throw new Error(`${config.issuer} refuses to begin a login: ${errorOf(body, status)}`);
  const { device_code, user_code, verification_uri, verification_uri_complete, expires_in, interval } = device.data;
  show({ address: verification_uri, code: user_code, direct: verification_uri_complete });
  let waitMs = (interval ?? intervalSeconds) * 1000;
  const untilMs = Date.now() + Math.min(expires_in, waitSecondsMax) * 1000;
  while (Date.now() < untilMs) {
    await sleep(waitMs);
    const answer = await postForm(tokens, { grant_type: deviceGrant, device_code, client_id }, ca);
    if (answer.status === 200) return stored(config, answer.body, undefined);
    const error = errorOf(answer.body, answer.status);
    if (error === "slow_down") waitMs += intervalSeconds * 1000;
    else if (error === "access_denied") throw new Error("the login was refused in the browser");
    else if (error === "expired_token") break;
    else if (error !== "authorization_pending") throw new Error(`${config.issuer} refuses the login: ${error}`);
  }
  throw new Error("nobody has confirmed the login in time: try again");
}

/** `undefined` where the issuer does not renew it any more. */
export async function renew(config: ClientConfig, refreshToken: string): Promise<StoredToken | undefined> {
  const { token_endpoint: tokens } = await discover(config);
  const { client_id, ca } = config;
  const answer = await postForm(tokens, { grant_type: "refresh_token", refresh_token: refreshToken, client_id }, ca);
  return answer.status === 200 ? stored(config, answer.body, refreshToken) : undefined;
}

async function discover(config: ClientConfig): Promise<z.output<typeof discovered>> {
  const url = `${config.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const { status, body } = await getJson(url, config.ca);
  const found = discovered.safeParse(body);
  if (status !== 200 || !found.success)
    throw new Error(`${url} does not describe an OpenID provider (it answers ${status})`);
  if (found.data.issuer !== config.issuer)
    throw new Error(`${url} speaks for another issuer than \`issuer\` of the client's file`);
  return found.data;
}

function stored(config: ClientConfig, body: unknown, refreshToken: string | undefined): StoredToken {
  const grant = granted.safeParse(body);
  const token = grant.success ? grant.data[config.token] : undefined;
  if (!grant.success || token === undefined) throw new Error(`${config.issuer} gives no \`${config.token}\``);
  const { expires_in, refresh_token = refreshToken } = grant.data;
  return {
    issuer: config.issuer,
    token,
    ...(expires_in === undefined ? {} : { expires_at: Math.floor(Date.now() / 1000 + expires_in) }),
    ...(refresh_token === undefined ? {} : { refresh_token }),
  };
}

function errorOf(body: unknown, status: number): string {
  const { data } = failed.safeParse(body);
  return data === undefined ? `it answers ${status}` : data.error.replaceAll(/[^\w .-]/g, "?").slice(0, 100);
}
