import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { Engine } from "@penstock/engine";
import { z } from "zod";
import type { PasswordSource } from "../../credentials/password-source.ts";
import { filledText } from "../fields.ts";
import type { Detection } from "../../detect/detection.ts";
import { detectedKinds } from "../../detect/detector.ts";
import type { SessionLimits } from "../../enforce/session-counts.ts";
import { protocolOf } from "../../enforce/target.ts";
import type { SectionReader } from "../section-reader.ts";
import { passwordKeys, readPassword, refinePassword } from "./password.ts";
import { readUpstreamTls, tlsModeOf, upstreamTls } from "./upstream-tls.ts";

const port = z.int().min(1).max(65_535);
const tags = z.record(z.string(), z.string());

const detect = z
  .strictObject({
    kinds: z
      .array(z.enum(detectedKinds))
      .min(1)
      .default([...detectedKinds])
      .describe("What to look for. Left out, everything that can be found."),
    exempt: z
      .strictObject({
        principals: z.array(filledText).default([]).describe("Ids of principals."),
        groups: z.array(filledText).default([]).describe("Groups of principals."),
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
    name: filledText.max(63).describe("The database name that clients connect to, and `target.name` in policies."),
    engine: z
      .enum(["postgres", "mysql", "mariadb"])
      .default("postgres")
      .describe("The database engine. Clients of `mysql` and `mariadb` connect to `listen.mysql_port`."),
    host: filledText.describe("Host name or address."),
    port: port.optional().describe("TCP port. Left out, 5432 for PostgreSQL and 3306 for MySQL and MariaDB."),
    database: filledText.optional().describe("The database's name there. Left out, it is `name`."),
    user: filledText.describe("The login that the proxy uses. Clients never see it."),
    ...passwordKeys,
    listen_port: port
      .optional()
      .describe(
        "A port of its own, on `listen.host`, where clients come to this target and no other. Left out, they find it by its name.",
      ),
    sessions_max: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe(
        "Sessions at this target at once; further ones are refused (53300, 1040). Left out, `limits.sessions` is the bound.",
      ),
    sessions_per_principal: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe("Of these, how many one principal may have, so that nobody takes all of them."),
    health_seconds: z
      .int()
      .min(1)
      .max(3600)
      .default(10)
      .describe("How often the proxy logs in and asks whether the target still answers."),
    tls: upstreamTls,
    environment: filledText.describe("`target.environment` in policies, such as `production`."),
    tags: tags.default({}).describe("`target.tags` in policies: texts by name."),
    detect,
  })
  .superRefine(refinePassword);

export const targetsSection = z.array(target).min(1).describe("The databases behind the proxy.");

export interface TargetConfig {
  readonly name: string;
  readonly engine: Engine;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: PasswordSource;
  readonly tls: ConnectionOptions | undefined;
  readonly environment: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly detection: Detection | undefined;
  readonly limits?: SessionLimits | undefined;
  /** `undefined` for none. */
  readonly listenPort?: number | undefined;
  readonly healthMs?: number | undefined;
}

type RawTarget = z.output<typeof target>;

const defaultPorts = { postgres: 5432, mysql: 3306 } as const;

export function readTargets(raw: readonly RawTarget[], reader: SectionReader): readonly TargetConfig[] {
  const targets = raw.map((each, index) => readTarget(each, index, reader));
  const seen = new Set<string>();
  const ports = new Set<number>();
  for (const [index, { name, listen_port: own }] of raw.entries()) {
    if (own !== undefined && ports.has(own))
      reader.fail(["targets", index, "listen_port"], `a second target listens on port ${own}`);
    if (own !== undefined) ports.add(own);
    if (seen.has(name))
      reader.fail(
        ["targets", index, "name"],
        `a second target is called \`${name}\``,
        "clients choose a target by its name",
      );
    seen.add(name);
  }
  return targets;
}

function readTarget(raw: RawTarget, index: number, reader: SectionReader): TargetConfig {
  if (protocolOf[raw.engine] === "mysql") checkMysqlTarget(raw, index, reader);
  return {
    name: raw.name,
    engine: raw.engine,
    host: raw.host,
    port: raw.port ?? defaultPorts[protocolOf[raw.engine]],
    database: raw.database ?? raw.name,
    user: raw.user,
    password: readPassword(raw, ["targets", index], reader),
    tls: readUpstreamTls(raw, ["targets", index], reader),
    environment: raw.environment,
    tags: raw.tags,
    detection: raw.detect,
    limits: { sessionsMax: raw.sessions_max, perPrincipalMax: raw.sessions_per_principal },
    listenPort: raw.listen_port,
    healthMs: raw.health_seconds * 1000,
  };
}

/** What holds for targets of this protocol only. */
function checkMysqlTarget(raw: RawTarget, index: number, reader: SectionReader): void {
  if (tlsModeOf(raw) === "verify-full" && isIP(raw.host) !== 0) {
    reader.fail(
      ["targets", index, "host"],
      "is an address, and certificates of MySQL and MariaDB targets are checked for a name",
      "give the host's name, or set `tls.mode: verify-ca`",
    );
  }
}
