/** The proxy's own connections to a target, for the catalog and for checking at start that the target is there. */
import { DatabaseError } from "pg";
import type { TargetConfig } from "../config/sections/targets.ts";
import { errorCode, errorMessage } from "../config/system-error.ts";
import { type Protocol, protocolOf } from "../enforce/target.ts";
import { type CertificateProblem, certificateProblem } from "./certificate-problem.ts";
import { withMysqlConnection } from "./mysql-connection.ts";
import { withPostgresConnection } from "./postgres-connection.ts";

/** Rows of texts as the server sent them. */
type TextRows = (string | null)[][];
export type RunQuery = (sql: string) => Promise<TextRows>;

type WithConnection = <T>(target: TargetConfig, use: (run: RunQuery) => Promise<T>) => Promise<T>;

const connections: Readonly<Record<Protocol, WithConnection>> = {
  postgres: withPostgresConnection,
  mysql: withMysqlConnection,
};

/** Connects, lets `use` run queries, disconnects. Rejects with what the driver or `use` rejects with. */
export function withConnection<T>(target: TargetConfig, use: (run: RunQuery) => Promise<T>): Promise<T> {
  return connections[protocolOf[target.engine]](target, use);
}

/** Why a target cannot be used and what to do, for the operator: names the address and the login, never the password. */
export function explainTargetError(target: TargetConfig, error: unknown): string {
  const { host, port, user, database, name } = target;
  const where = `target \`${name}\` (${host}:${port})`;
  const explain = (what: string, next: string) => `${where}: ${what}\n  help: ${next}`;
  const certificate = certificateProblem(error);
  if (certificate !== undefined) return explain(...certificateProblems[certificate]);
  const code = errorCode(error) ?? innerCode(error) ?? "";
  switch (code) {
    case "ECONNREFUSED":
      return explain(
        "nothing listens there",
        "check `host` and `port`, and that the server runs and listens on that address (`listen_addresses`, `bind_address`)",
      );
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return explain("the host name is not known", "check `host`, and the name server of this machine");
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return explain("no answer from there", "check `host`, and the firewalls on the way");
    case "28P01":
    case "ER_ACCESS_DENIED_ERROR":
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
    case "ER_BAD_DB_ERROR":
      return explain(`there is no database \`${database}\``, "check `database` (left out, it is the target's `name`)");
    case "42501":
      return explain(
        `the login \`${user}\` may not connect to \`${database}\` or read its catalog: ${errorMessage(error)}`,
        `grant connect on the database to \`${user}\``,
      );
    case "53300":
    case "ER_CON_COUNT_ERROR":
      return explain(
        "the server has no room for another connection",
        "raise `max_connections` there, or end what holds them",
      );
    case "57P03":
      return explain("the server is starting up or shutting down", "try again in a moment");
    default:
      return explainOther(explain, error);
  }
}

function explainOther(explain: (what: string, next: string) => string, error: unknown): string {
  const message = errorMessage(error);
  if (/does not support (?:SSL|secure connection)/.test(message)) {
    return explain(
      "the server does not speak TLS",
      "switch TLS on there, or set `tls.mode: disable` if the way to it is safe",
    );
  }
  if (/timeout|timed out/i.test(message))
    return explain("no answer from there in time", "check `host`, and the firewalls on the way");
  if (error instanceof DatabaseError)
    return explain(`the server says: ${message}`, `SQLSTATE ${error.code ?? "unknown"}`);
  return explain(message, "check the settings of this target");
}

const certificateProblems: Readonly<Record<CertificateProblem, readonly [what: string, next: string]>> = {
  "other host": [
    "the server's certificate is for another host",
    "connect by the name in the certificate, or set `tls.mode: verify-ca`",
  ],
  "unknown authority": [
    "nobody trusted here has signed the server's certificate",
    "name the authority's certificate in `tls.ca`",
  ],
  expired: ["the server's certificate has expired", "renew it there"],
};

/** Node gathers the errors of a host's several addresses. */
function innerCode(error: unknown): string | undefined {
  return error instanceof AggregateError ? errorCode(error.errors[0]) : undefined;
}
