/** The keys of `penstock.yaml`. The descriptions are the reference in docs/configuration.md (a test keeps them the same). */
import { z } from "zod";
import { detectedKinds } from "../detect/detector.ts";
import { type ProxyLimits, proxyLimits } from "../limits.ts";

const text = z.string().min(1);
const file = text.describe("A path, relative to this file's folder.");
const port = z.int().min(1).max(65_535);
/** How long a bundle's address may take where the configuration does not say. */
export const bundleTimeoutSeconds = 30;
const tags = z.record(z.string(), z.string());

/** Where a password comes from; exactly one of the three. */
const passwordKeys = {
  password: text
    .optional()
    .describe(
      "The password, or `${NAME}` for the environment variable NAME. For trying things out; prefer the next two.",
    ),
  password_env: text.optional().describe("Name of an environment variable that holds the password."),
  password_file: text
    .optional()
    .describe("File that holds the password and nothing else; a line break at its end does not count."),
};

const clientTls = z
  .strictObject({
    cert: text.describe("Certificate chain, a PEM file."),
    key: text.describe("Private key of the certificate, a PEM file that others must not be able to read."),
    required: z.boolean().default(true).describe("Refuse clients that do not ask for TLS."),
  })
  .optional()
  .describe("TLS towards clients. Without it, what clients send and receive travels in the clear.");

const tlsModes = ["disable", "require", "verify-ca", "verify-full"] as const;

const upstreamTls = z
  .strictObject({
    mode: z
      .enum(tlsModes)
      .default("verify-full")
      .describe(
        "As libpq's sslmode: `disable`, `require` (encrypts, trusts whoever answers), `verify-ca`, `verify-full`.",
      ),
    ca: text.optional().describe("Certificates to trust instead of the system's, a PEM file."),
  })
  .optional()
  .describe(
    "TLS towards the target. Left out, it is `mode: verify-full` for every host but this machine itself, where it is `mode: disable`.",
  );

const detect = z
  .strictObject({
    kinds: z
      .array(z.enum(detectedKinds))
      .min(1)
      .default([...detectedKinds])
      .describe("What to look for. Left out, everything that can be found."),
    exempt: z
      .strictObject({
        principals: z.array(text).default([]).describe("Ids of principals."),
        groups: z.array(text).default([]).describe("Groups of principals."),
      })
      .prefault({})
      .describe("Whose results are not looked into."),
  })
  .optional()
  .describe(
    "Look into texts and JSON of results, in columns without label, for personal data and keys, and show a word in their place. A net under the policies, no guarantee.",
  );

const target = z
  .strictObject({
    name: text.max(63).describe("The database name that clients connect to, and `target.name` in policies."),
    engine: z
      .enum(["postgres", "mysql", "mariadb"])
      .default("postgres")
      .describe("The database engine. Clients of `mysql` and `mariadb` connect to `listen.mysql_port`."),
    host: text.describe("Host name or address."),
    port: port.optional().describe("TCP port. Left out, 5432 for PostgreSQL and 3306 for MySQL and MariaDB."),
    database: text.optional().describe("The database's name there. Left out, it is `name`."),
    user: text.describe("The login that the proxy uses. Clients never see it."),
    ...passwordKeys,
    tls: upstreamTls,
    environment: text.describe("`target.environment` in policies, such as `production`."),
    tags: tags.default({}).describe("`target.tags` in policies: texts by name."),
    detect,
  })
  .superRefine((value, context) => {
    const given = Object.keys(passwordKeys).filter((key) => key in value);
    if (given.length > 1) {
      context.addIssue({
        code: "custom",
        path: [given[1]!],
        message: `stands beside \`${given[0]!}\`: give one of them only`,
      });
    }
  });

const policies = z
  .strictObject({
    path: z
      .union([text, z.array(text).min(1)], { error: "must be a path or a list of paths" })
      .optional()
      .describe(
        "Folders (or files) of policies, read recursively, watched for changes. For development, or when the folder is deployed by something you trust.",
      ),
    bundle: text
      .optional()
      .describe(
        "A signed bundle made by `policy build`: a file, watched for changes, or an `https://` address, asked every `poll_seconds`. Either this or `path`.",
      ),
    http: z
      .strictObject({
        ca: text.optional().describe("Certificates to trust instead of the system's, a PEM file."),
        token_env: text.optional().describe("Name of an environment variable that holds a bearer token."),
        token_file: text
          .optional()
          .describe("File that holds a bearer token and nothing else, read again for each request."),
        timeout_seconds: z
          .int()
          .min(1)
          .max(600)
          .default(bundleTimeoutSeconds)
          .describe("For one request with its redirects."),
      })
      .optional()
      .describe("How the bundle is fetched from its address."),
    cache: text
      .optional()
      .describe(
        "Folder that keeps the last good bundle of an address, to start with when there is no answer. Left out, the proxy does not start then.",
      ),
    allow_rollback: z
      .boolean()
      .default(false)
      .describe(
        "Take bundles that are older than the one in force: with a lower `--sequence` or, without any, that were in force before.",
      ),
    trusted_keys: z
      .array(text)
      .min(1)
      .optional()
      .describe("Public keys (files made by `policy keygen`) of which one must have signed the bundle."),
    allow_unsigned: z
      .boolean()
      .default(false)
      .describe("Development only: take a bundle without checking who made it. Not together with `trusted_keys`."),
    poll_seconds: z
      .int()
      .min(1)
      .max(3600)
      .default(5)
      .describe(
        "How often to ask a bundle's address, give or take a tenth, and to look for changed files besides what the system tells.",
      ),
  })
  .superRefine((value, context) => {
    const fail = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    if ((value.path === undefined) === (value.bundle === undefined)) {
      fail(value.path === undefined ? [] : ["bundle"], "needs exactly one of `path` and `bundle`");
    }
    if (value.bundle === undefined || !isAddress(value.bundle)) {
      if (value.http !== undefined) fail(["http"], "belongs to a `bundle` with an address");
      if (value.cache !== undefined) fail(["cache"], "belongs to a `bundle` with an address");
    }
    if (value.http?.token_env !== undefined && value.http.token_file !== undefined)
      fail(["http", "token_file"], "stands beside `token_env`: give one of them only");
    if (value.bundle === undefined) {
      if (value.allow_rollback) fail(["allow_rollback"], "belongs to `bundle`: a folder has no order");
      if (value.trusted_keys !== undefined) fail(["trusted_keys"], "belongs to `bundle`: a folder has no signature");
      if (value.allow_unsigned) fail(["allow_unsigned"], "belongs to `bundle`: a folder has no signature");
    } else if (value.trusted_keys === undefined && !value.allow_unsigned) {
      fail(
        ["bundle"],
        "needs `trusted_keys`: without them anybody could have made the bundle (`allow_unsigned: true` for development)",
      );
    } else if (value.trusted_keys !== undefined && value.allow_unsigned) {
      fail(["allow_unsigned"], "contradicts `trusted_keys`");
    }
  });

/** Whether a bundle is named by an address and not by a path. */
export function isAddress(bundle: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(bundle);
}

const limitKeys = Object.fromEntries(
  Object.entries(proxyLimits).map(([name, value]) => [
    snakeCase(name),
    z
      .int()
      .min(value === 0 ? 0 : 1)
      .optional(),
  ]),
);

export const configSchema = z.strictObject({
  listen: z
    .strictObject({
      host: text.default("127.0.0.1").describe("Address to listen on; `0.0.0.0` or `::` for all."),
      port: z
        .int()
        .min(0)
        .max(65_535)
        .default(6432)
        .describe("TCP port for clients of PostgreSQL targets; 0 for any free one, which the log then names."),
      mysql_port: z
        .int()
        .min(0)
        .max(65_535)
        .default(6433)
        .describe("TCP port for clients of MySQL and MariaDB targets, where there are any; 0 for any free one."),
      tls: clientTls,
    })
    .prefault({})
    .describe("Where clients connect."),
  targets: z.array(target).min(1).describe("The databases behind the proxy."),
  users: file.describe(
    "The users file: who may connect. `policy-proxy user add` writes it. A path relative to this file's folder, as all paths here.",
  ),
  policies: policies.describe("What is decided by."),
  audit: z
    .strictObject({
      file: text.describe("The audit log, JSON Lines; created if missing. `/dev/stdout` works too."),
      strict: z
        .boolean()
        .default(false)
        .describe(
          "Wait until the record is on disk (fdatasync) before a statement goes upstream. Left out, it is in the operating system's hands by then.",
        ),
      key_file: text
        .optional()
        .describe(
          "Private key, Ed25519 in PEM (`policy keygen` makes one), that only the proxy's own account may read. Seals are signed with it; left out, they are not signed.",
        ),
      segment_megabytes: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(256)
        .describe("A file that is larger gets the time into its name, and the next one begins."),
      keep_days: z
        .int()
        .min(1)
        .max(100_000)
        .optional()
        .describe("How long a file that has ended is kept. Left out, until somebody removes it."),
    })
    .describe("Where statements are recorded. When the record cannot be written, the statement is refused."),
  catalog: z
    .strictObject({
      refresh_seconds: z
        .int()
        .min(1)
        .max(86_400)
        .default(60)
        .describe(
          "How often the schema of each target is read again. After DDL that went through the proxy it is read at once.",
        ),
      names: text
        .optional()
        .describe(
          "Folder that keeps the names under which tables and columns were seen, so that what was renamed stays protected under the name that policies give it when the proxy has been started again. Left out, such names are forgotten with the process.",
        ),
    })
    .prefault({})
    .describe("What the proxy knows of the targets' tables, columns and views."),
  approvals: z
    .strictObject({
      folder: text.describe(
        "Folder where a statement that waits is shown as a file, and answers are read. Made if missing; only the proxy's own account may write to it: whoever can, can approve.",
      ),
    })
    .optional()
    .describe("How people are asked where a policy says `approve`. Left out, such statements are refused."),
  tokens: z
    .strictObject({
      key_id: text.max(100).describe("A name for the key, for the log: tokens of two keys differ."),
      key_file: text.describe(
        "File that holds the key, at least 32 random bytes in base64, and that only the proxy's own account may read.",
      ),
    })
    .optional()
    .describe("With what the mask `token()` is made. Left out, columns that it masks are not shown."),
  log: z
    .strictObject({
      level: z.enum(["debug", "info", "warn", "error"]).default("info").describe("The least severe messages to print."),
      format: z
        .enum(["auto", "json", "pretty"])
        .default("auto")
        .describe("`json` for machines, `pretty` for people; `auto` is `pretty` on a terminal."),
    })
    .prefault({})
    .describe("Messages for the operator, on standard error."),
  limits: z
    .strictObject(limitKeys)
    .prefault({})
    .describe("Bounds on what clients can use up; see the table of limits."),
});

export type RawConfig = z.output<typeof configSchema>;

/** `loginMs` → `login_ms`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The limits as the proxy takes them. */
export function toLimits(raw: RawConfig["limits"]): Partial<ProxyLimits> {
  const names = new Map(Object.keys(proxyLimits).map((name) => [snakeCase(name), name]));
  return Object.fromEntries(
    Object.entries(raw).flatMap(([key, value]) => (value === undefined ? [] : [[names.get(key) ?? key, value]])),
  );
}
