/** What `policy-proxy login` and `connect` go by: a small file in the user's own configuration folder, with nothing secret in it. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { filledText } from "../config/fields.ts";
import type { ConfigProblem } from "../config/problem.ts";
import { cannotRead } from "../config/system-error.ts";
import { readYaml } from "../config/yaml-document.ts";

const target = z.strictObject({
  engine: z.enum(["postgres", "mysql", "mariadb"]).default("postgres"),
  host: filledText,
  port: z.int().min(1).max(65_535),
  database: filledText.optional(),
  user: filledText.default("token"),
  ca: filledText.optional(),
});

const schema = z.strictObject({
  issuer: z.url({ protocol: /^https$/, error: "must be an https:// address" }),
  client_id: filledText,
  scope: filledText.default("openid offline_access"),
  audience: filledText.optional(),
  token: z.enum(["access_token", "id_token"]).default("access_token"),
  ca: filledText.optional(),
  targets: z.record(z.string(), target).default({}),
});

export type ClientTarget = z.output<typeof target>;

export interface ClientConfig extends Omit<z.output<typeof schema>, "ca"> {
  /** PEM. */
  readonly ca: string | undefined;
}

/** Where the file and the token are kept. */
export function clientFolder(environment: NodeJS.ProcessEnv): string {
  const base = environment["XDG_CONFIG_HOME"];
  return join(base === undefined || base === "" ? join(homedir(), ".config") : base, "penstock");
}

export function readClientConfig(
  file: string,
):
  | { readonly ok: true; readonly config: ClientConfig }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] } {
  const whole = (message: string, help?: string) => ({
    ok: false as const,
    problems: [{ file, line: undefined, column: undefined, message, help }],
  });
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return whole(cannotRead(error), "docs/identity.md has an example");
  }
  const read = readYaml(file, text, schema);
  if (!read.ok) return read;
  const { ca, targets, ...config } = read.value;
  const path = (name: string) => resolve(dirname(resolve(file)), name);
  const own = Object.entries(targets).map(([name, each]) => [
    name,
    each.ca === undefined ? each : { ...each, ca: path(each.ca) },
  ]);
  try {
    const pem = ca === undefined ? undefined : readFileSync(path(ca), "utf8");
    return { ok: true, config: { ...config, ca: pem, targets: Object.fromEntries(own) } };
  } catch (error) {
    return { ok: false, problems: [read.document.problemAt(["ca"], `the file ${cannotRead(error)}`)] };
  }
}
