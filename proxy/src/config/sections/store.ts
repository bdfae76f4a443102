import type { ConnectionOptions } from "node:tls";
import { z } from "zod";
import type { PasswordSource } from "../../credentials/password-source.ts";
import { filledText } from "../fields.ts";
import type { SectionReader } from "../section-reader.ts";
import { passwordKeys, readPassword, refinePassword } from "./password.ts";
import { readUpstreamTls, upstreamTls } from "./upstream-tls.ts";

export const storeSection = z
  .strictObject({
    file: filledText
      .optional()
      .describe(
        "A file, made if missing, for the proxies and commands of one machine. Only the proxy's own account may open it: it holds statements and values, and whoever can write it can approve anything. Either this or `url`.",
      ),
    url: filledText
      .optional()
      .describe(
        "A PostgreSQL database, for proxies on several machines: `postgres://USER@HOST:PORT/DATABASE`. Tables are made in its schema `penstock`, by a user who may create that schema or owns it.",
      ),
    ...passwordKeys,
    tls: upstreamTls,
    audit_index: z
      .boolean()
      .default(false)
      .describe(
        "With `url`: each proxy also brings the records of its audit log into the database, so that those of all proxies are searched from each. It grows with what is recorded, and holds texts of statements as the log does, which is why it has to be asked for.",
      ),
  })
  .superRefine((value, context) => {
    const fail = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    if ((value.file === undefined) === (value.url === undefined))
      fail(value.file === undefined ? [] : ["url"], "needs exactly one of `file` and `url`");
    if (value.url === undefined) {
      for (const key of [...Object.keys(passwordKeys), "tls"]) if (key in value) fail([key], "belongs to `url`");
      if (value.audit_index)
        fail(["audit_index"], "belongs to `url`: what one machine records is searched in its file");
    }
    refinePassword(value, context);
  })
  .optional()
  .describe(
    "What outlives a proxy, and what several share: statements that wait for approval, answers, approvals that hold for some time. Left out, nobody is asked for approval, and statements that need it are refused.",
  );

export type StoreConfig =
  | { readonly kind: "file"; readonly file: string }
  | {
      readonly kind: "postgres";
      readonly host: string;
      readonly port: number;
      readonly database: string;
      readonly user: string;
      readonly password: PasswordSource;
      readonly tls: ConnectionOptions | undefined;
      readonly hasAuditIndex: boolean;
    };

/** `undefined` where there is none, or where that is a problem, which is told then. */
export function readStore(raw: z.output<typeof storeSection>, reader: SectionReader): StoreConfig | undefined {
  if (raw === undefined) return undefined;
  if (raw.file !== undefined) return { kind: "file", file: reader.path(raw.file) };
  const at = ["store", "url"];
  const url = URL.canParse(raw.url ?? "") ? new URL(raw.url ?? "") : undefined;
  const database = decodeURIComponent(url?.pathname.slice(1) ?? "");
  if (
    url === undefined ||
    !["postgres:", "postgresql:"].includes(url.protocol) ||
    [url.hostname, url.username, database].includes("") ||
    url.search !== ""
  ) {
    reader.fail(at, "is no address of a PostgreSQL database", "write `postgres://USER@HOST:PORT/DATABASE`");
    return undefined;
  }
  if (url.password !== "") {
    reader.fail(at, "the address holds a password", "give it in `store.password_file` or `store.password_env`");
    return undefined;
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return {
    kind: "postgres",
    host,
    port: url.port === "" ? 5432 : Number(url.port),
    database,
    user: decodeURIComponent(url.username),
    password: readPassword(raw, ["store"], reader),
    tls: readUpstreamTls({ host, tls: raw.tls }, ["store"], reader),
    hasAuditIndex: raw.audit_index,
  };
}
