/** Where the audit log is sent to beside its file. */
import { readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import type { ConfiguredSink } from "../../audit/sinks/audit-sinks.ts";
import { OtlpSink } from "../../audit/sinks/otlp-sink.ts";
import type { HttpAddress } from "../../audit/sinks/post-json.ts";
import { PostgresSink } from "../../audit/sinks/postgres-sink.ts";
import { behindRules, type Sink } from "../../audit/sinks/sink.ts";
import { WebhookSink } from "../../audit/sinks/webhook-sink.ts";
import { filledText } from "../fields.ts";
import { isThisMachine, type SectionReader } from "../section-reader.ts";
import type { YamlPath } from "../yaml-document.ts";
import { passwordKeys, readPassword, refinePassword } from "./password.ts";
import { readUpstreamTls, upstreamTls } from "./upstream-tls.ts";

const table = filledText
  .regex(/^[^."]+\.[^."]+$/, "must be a schema, a dot and a name, such as `public.penstock_audit`")
  .default("public.penstock_audit")
  .describe("The table; it is made where it is missing and the login may.");

const database = z
  .strictObject({
    host: filledText.describe("Host name or address."),
    port: z.int().min(1).max(65_535).default(5432).describe("TCP port."),
    database: filledText.describe("The database's name."),
    user: filledText.describe("The login; it needs no more than INSERT and SELECT on the table."),
    ...passwordKeys,
    tls: upstreamTls,
    table,
  })
  .superRefine(refinePassword)
  .optional()
  .describe("Of `postgres`: the database.");

const kinds = ["otlp", "webhook", "postgres"] as const;
type Kind = (typeof kinds)[number];

const sink = z
  .strictObject({
    name: filledText
      .max(63)
      .regex(/^[\w-]+$/, "must consist of letters, digits, `_` and `-`")
      .describe("A name for the log, for metrics, and for the file beside the audit log that keeps its place."),
    kind: z
      .enum(kinds)
      .describe(
        "`otlp`: logs of OpenTelemetry, over HTTP in JSON. `webhook`: JSON to an address, signed. `postgres`: rows of a table.",
      ),
    url: filledText.optional().describe("Of `otlp` and `webhook`: where to, such as `https://HOST:4318/v1/logs`."),
    ca: filledText
      .optional()
      .describe("Of `otlp` and `webhook`: certificates to trust instead of the system's, a PEM file."),
    token_env: filledText
      .optional()
      .describe("Of `otlp` and `webhook`: name of an environment variable that holds a bearer token."),
    token_file: filledText
      .optional()
      .describe(
        "Of `otlp` and `webhook`: file that holds a bearer token and nothing else, read again for each request.",
      ),
    secret_env: filledText
      .optional()
      .describe("Of `webhook`: name of an environment variable that holds the secret with which requests are signed."),
    secret_file: filledText
      .optional()
      .describe("Of `webhook`: file that holds that secret and nothing else, read again for each request."),
    postgres: database,
    timeout_seconds: z.int().min(1).max(600).default(10).describe("For one request, or one statement."),
    when_behind: z
      .enum(behindRules)
      .default("ignore")
      .describe(
        "What becomes of statements while the sink is too far behind: they `wait`, are `refuse`d, or go on (`ignore`). Records stay in the file, and reach the sink when it takes them again, in any case.",
      ),
    lag_megabytes: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(256)
      .describe("How much may be written and not there before it is too far behind."),
    wait_seconds: z
      .int()
      .min(1)
      .max(3600)
      .default(30)
      .describe("How long a statement waits, with `when_behind: wait`; then it is refused."),
    begin: z
      .enum(["now", "oldest"])
      .default("now")
      .describe(
        "Where a sink begins that was never there: with what is written from now on, or with the oldest file that is there.",
      ),
  })
  .superRefine((value, context) => {
    const fail = (key: string, message: string) => context.addIssue({ code: "custom", path: [key], message });
    const own: Readonly<Record<string, readonly Kind[]>> = {
      url: ["otlp", "webhook"],
      ca: ["otlp", "webhook"],
      token_env: ["otlp", "webhook"],
      token_file: ["otlp", "webhook"],
      secret_env: ["webhook"],
      secret_file: ["webhook"],
      postgres: ["postgres"],
    };
    for (const [key, of] of Object.entries(own))
      if (key in value && !of.includes(value.kind)) fail(key, `does not belong to a sink of kind \`${value.kind}\``);
    for (const what of ["token", "secret"])
      if (`${what}_env` in value && `${what}_file` in value)
        fail(`${what}_file`, `stands beside \`${what}_env\`: give one of them only`);
    if (value.kind === "postgres") {
      if (value.postgres === undefined) fail("kind", "needs `postgres`");
    } else if (value.url === undefined) fail("kind", "needs `url`");
    if (value.kind === "webhook" && value.secret_env === undefined && value.secret_file === undefined)
      fail("kind", "needs `secret_file` or `secret_env`: without it, whoever listens there cannot tell who sends");
  });

export const auditSinks = z
  .array(sink)
  .default([])
  .describe(
    "Where records are sent to, beside the file, which they are read from: a sink that is slow or away loses none.",
  );

type RawSink = z.output<typeof sink>;

export function readAuditSinks(
  { file, sinks }: { readonly file: string; readonly sinks: readonly RawSink[] },
  reader: SectionReader,
): readonly ConfiguredSink[] {
  if (sinks.length > 0 && isNoFile(reader.path(file)))
    reader.fail(["audit", "file"], "is no regular file, and sinks read the log from it");
  const seen = new Set<string>();
  return sinks.map((raw, index) => {
    const at = ["audit", "sinks", index] as const;
    if (seen.has(raw.name)) reader.fail([...at, "name"], `a second sink is called \`${raw.name}\``);
    seen.add(raw.name);
    const feed = {
      name: raw.name,
      whenBehind: raw.when_behind,
      lagBytesMax: raw.lag_megabytes * 1e6,
      waitMs: raw.wait_seconds * 1000,
      begin: raw.begin,
      gatherMs,
    };
    return { feed, make: makerOf(raw, at, reader) };
  });
}

/** Something is there that nobody can read again, such as `/dev/stdout`. */
export function isNoFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === false;
}

/** A request for a few hundred milliseconds' records, where there are few. */
const gatherMs = 200;

function makerOf(raw: RawSink, at: YamlPath, reader: SectionReader): () => Sink {
  const timeoutMs = raw.timeout_seconds * 1000;
  if (raw.postgres !== undefined) {
    const { host, port, database: name, user, table: to } = raw.postgres;
    const own = [...at, "postgres"];
    const password = readPassword(raw.postgres, own, reader);
    const tls = readUpstreamTls(raw.postgres, own, reader);
    return () => new PostgresSink({ host, port, database: name, user, password, tls, table: to, timeoutMs });
  }
  const address = httpAddress(raw, at, reader, timeoutMs);
  if (raw.kind === "otlp") return () => new OtlpSink(address, hostname());
  const secret = secretOf(raw, "secret", at, reader) ?? (() => "");
  return () => new WebhookSink({ ...address, secret });
}

function httpAddress(raw: RawSink, at: YamlPath, reader: SectionReader, timeoutMs: number): HttpAddress {
  const text = raw.url ?? "";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // The address itself may be a secret.
  if (url === undefined || !["http:", "https:"].includes(url.protocol))
    reader.fail([...at, "url"], "is no address", "write `https://HOST/PATH`");
  else if (url.username !== "" || url.password !== "")
    reader.fail([...at, "url"], "the address holds a user or a password", "give a token in `token_file`");
  else if (url.protocol === "http:" && !isThisMachine(url.hostname.replace(/^\[|\]$/g, "")))
    reader.fail([...at, "url"], "records would travel in the clear", "use `https://`");
  const ca = raw.ca === undefined ? undefined : reader.readFile([...at, "ca"], raw.ca);
  const token = secretOf(raw, "token", at, reader);
  return { url: url ?? new URL("https://invalid.invalid"), ca, token, timeoutMs };
}

function secretOf(
  raw: RawSink,
  what: "token" | "secret",
  at: YamlPath,
  reader: SectionReader,
): (() => string) | undefined {
  const name = raw[`${what}_env`];
  if (name !== undefined) {
    const value = reader.variable([...at, `${what}_env`], name);
    return () => value ?? "";
  }
  const file = raw[`${what}_file`];
  if (file === undefined) return undefined;
  reader.warnIfExposed(file, `the ${what} file`);
  if (reader.readFile([...at, `${what}_file`], file)?.trim() === "")
    reader.fail([...at, `${what}_file`], `the ${what} file \`${file}\` is empty`);
  const path = reader.path(file);
  return () => readFileSync(path, "utf8").trim();
}
