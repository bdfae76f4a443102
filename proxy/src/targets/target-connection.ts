/** The proxy's own connections to a target, for the catalog and for checking at start that the target is there. */
import { Client, DatabaseError } from "pg";
import type { TargetConfig } from "../config/load-config.ts";
import { errorCode, errorMessage } from "../config/system-error.ts";

/** Rows of texts as the server sent them. */
type TextRows = (string | null)[][];
export type RunQuery = (sql: string) => Promise<TextRows>;

const connectTimeoutMs = 10_000;
const queryTimeoutMs = 60_000;
/** Nothing that is read here waits for locks but in a race with who takes one. */
const lockTimeoutMs = 2_000;

/** Connects, lets `use` run queries, disconnects. Rejects with what `pg` or `use` rejects with. */
export async function withConnection<T>(target: TargetConfig, use: (run: RunQuery) => Promise<T>): Promise<T> {
  const client = new Client({
    host: target.host,
    port: target.port,
    database: target.database,
    user: target.user,
    // A function keeps pg from looking into a password file or the environment.
    password: () => target.password ?? "",
    ssl: target.tls ?? false,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    application_name: "penstock",
  });
  // An error between queries is the next query's too.
  client.on("error", () => undefined);
  try {
    await client.connect();
    // Definitions of views then name all of users' objects by their schemas.
    await client.query(`set search_path = ''; set lock_timeout = ${lockTimeoutMs}`);
    const types = { getTypeParser: () => (text: string | Buffer) => String(text) };
    return await use(async (sql) => {
      const result = await client.query<(string | null)[]>({ text: sql, rowMode: "array", types });
      return result.rows;
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Why a target cannot be used and what to do, for the operator: names the address and the login, never the password. */
export function explainTargetError(target: TargetConfig, error: unknown): string {
  const { host, port, user, database, name } = target;
  const where = `target \`${name}\` (${host}:${port})`;
  const explain = (what: string, next: string) => `${where}: ${what}\n  help: ${next}`;
  const code = errorCode(error) ?? innerCode(error) ?? "";
  switch (code) {
    case "ECONNREFUSED":
      return explain(
        "nothing listens there",
        "check `host` and `port`, and that PostgreSQL runs and has the address in `listen_addresses`",
      );
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return explain("the host name is not known", "check `host`, and the name server of this machine");
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return explain("no answer from there", "check `host`, and the firewalls on the way");
    case "28P01":
      return explain(
        `the password for \`${user}\` is wrong`,
        "check `user`, and the password in `password_file`, `password_env` or `password`",
      );
    case "28000":
      return explain(
        `the login \`${user}\` is refused: ${errorMessage(error)}`,
        "check `user`, and pg_hba.conf of the server",
      );
    case "3D000":
      return explain(`there is no database \`${database}\``, "check `database` (left out, it is the target's `name`)");
    case "42501":
      return explain(
        `the login \`${user}\` may not connect to \`${database}\` or read its catalog: ${errorMessage(error)}`,
        `grant connect on the database to \`${user}\``,
      );
    case "53300":
      return explain(
        "the server has no room for another connection",
        "raise `max_connections` there, or end what holds them",
      );
    case "57P03":
      return explain("the server is starting up or shutting down", "try again in a moment");
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return explain(
        "the server's certificate is for another host",
        "connect by the name in the certificate, or set `tls.mode: verify-ca`",
      );
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return explain(
        "nobody trusted here has signed the server's certificate",
        "name the authority's certificate in `tls.ca`",
      );
    case "CERT_HAS_EXPIRED":
      return explain("the server's certificate has expired", "renew it there");
    default:
      return explainOther(explain, error);
  }
}

function explainOther(explain: (what: string, next: string) => string, error: unknown): string {
  const message = errorMessage(error);
  if (message.includes("does not support SSL")) {
    return explain(
      "the server does not speak TLS",
      "switch `ssl` on there, or set `tls.mode: disable` if the way to it is safe",
    );
  }
  if (/timeout|timed out/i.test(message))
    return explain("no answer from there in time", "check `host`, and the firewalls on the way");
  if (error instanceof DatabaseError)
    return explain(`the server says: ${message}`, `SQLSTATE ${error.code ?? "unknown"}`);
  return explain(message, "check the settings of this target");
}

/** Node gathers the errors of a host's several addresses. */
function innerCode(error: unknown): string | undefined {
  return error instanceof AggregateError ? errorCode(error.errors[0]) : undefined;
}
