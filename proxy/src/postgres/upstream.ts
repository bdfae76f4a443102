/** Logging in at the target with credentials that the client never sees: `pg` does it, then hands over its socket. */
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { Client, DatabaseError } from "pg";
import { PasswordError, withPassword } from "../credentials/password-source.ts";
import { reusingSocket } from "../sockets/reused-reads.ts";
import type { Target } from "../enforce/target.ts";
import { unreachable, UpstreamError } from "../enforce/upstream-error.ts";
import { type StartupParameters, writeOptions } from "./startup-parameters.ts";

export interface Upstream {
  readonly socket: Socket;
  /** As the server reported them, in order of arrival. */
  readonly parameters: Map<string, string>;
  /** To cancel what runs there. */
  readonly processId: number;
  readonly secret: Buffer;
}

/** What `pg` has and its types do not tell. */
interface PgClient {
  readonly connection: NodeJS.EventEmitter & { readonly stream: Socket | TLSSocket };
  readonly processID: number | null;
  readonly secretKey: number | null;
}

function internals(client: unknown): PgClient {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fields that pg has had for ten years and its types leave out
  return client as PgClient;
}

/** Rejects with an UpstreamError. */
export async function connectUpstream(
  target: Target,
  startup: StartupParameters,
  timeoutMs: number,
  keepAliveMs: number,
): Promise<Upstream> {
  try {
    return await withPassword(target.password, (password) => logIn(target, password, startup, timeoutMs, keepAliveMs));
  } catch (cause) {
    throw upstreamError(target, cause);
  }
}

/** Rejects with what `pg` rejects with. */
async function logIn(
  target: Target,
  password: string | undefined,
  startup: StartupParameters,
  timeoutMs: number,
  keepAliveMs: number,
): Promise<Upstream> {
  const client = new Client({
    ...(target.tls === undefined ? { stream: reusingSocket } : {}),
    host: target.host,
    port: target.port,
    database: target.database,
    user: target.user,
    // A function keeps pg from looking into a password file or the environment.
    password: () => password ?? "",
    ssl: target.tls ?? false,
    connectionTimeoutMillis: timeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    application_name: startup.applicationName,
    options: writeOptions([
      ...[...startup.settings].filter(([name]) => name !== "application_name"),
      // Statements are read under this assumption; a role may have it otherwise by ALTER ROLE.
      ["standard_conforming_strings", "on"],
    ]),
  });
  const { connection } = internals(client);
  const parameters = new Map<string, string>();
  connection.on("parameterStatus", ({ parameterName, parameterValue }: Record<string, string>) => {
    parameters.set(parameterName ?? "", parameterValue ?? "");
  });
  // pg keeps telling about errors after the first; nobody else listens then.
  client.on("error", () => undefined);
  // The socket changes hands within the event that says it is ready: no byte can come in between.
  const taken = new Promise<Socket>((resolve) => {
    connection.once("readyForQuery", () => resolve(takeOver(connection)));
  });
  try {
    await client.connect();
    const { processID, secretKey } = internals(client);
    const secret = Buffer.alloc(4);
    secret.writeInt32BE(secretKey ?? 0);
    const socket = await taken;
    return { socket, parameters, processId: processID ?? 0, secret };
  } catch (cause) {
    connection.stream.destroy();
    throw cause;
  }
}

function takeOver(connection: PgClient["connection"]): Socket {
  const { stream } = connection;
  // pg's own handlers of the last message are still running; it must not write or close afterwards.
  for (const event of ["data", "end", "close", "error", "connect", "drain"]) stream.removeAllListeners(event);
  stream.pause();
  return stream;
}

function upstreamError(target: Target, cause: unknown): UpstreamError {
  if (cause instanceof DatabaseError) {
    const code = cause.code ?? "08006";
    // Wrong settings of the client's own, a missing database, no room, starting up, shutting down: the server's words help.
    if (/^(?:22|42704|3D|53|57P)/.test(code)) return new UpstreamError(code, cause.message, cause);
    return new UpstreamError("08004", `the target "${target.name}" refused the proxy's login`, cause);
  }
  if (cause instanceof PasswordError)
    return new UpstreamError("08001", `the proxy has no password for the target "${target.name}"`, cause);
  return unreachable(target, cause);
}
