/** Logging in at the target with credentials that the client never sees: `mysql2` does it, then hands over its socket. */
import { Socket } from "node:net";
import { type Connection, createConnection } from "mysql2";
import type { Target } from "../enforce/target.ts";
import { unreachable, UpstreamError } from "../enforce/upstream-error.ts";
import { PasswordError, withPassword } from "../credentials/password-source.ts";
import { reusingSocket } from "../sockets/reused-reads.ts";
import { has, shapingCapabilities, upstreamCapabilities } from "./capabilities.ts";
import { findGreeting, type GreetingPlaces } from "./messages/handshake.ts";
import { headerBytes } from "./wire.ts";

export interface Upstream {
  readonly socket: Socket;
  readonly serverVersion: string;
  /** For KILL. */
  readonly connectionId: number;
  /** Of the connection: those of the client, as far as the server has them. */
  readonly capabilities: number;
}

export interface UpstreamLogin {
  /** `undefined` for none. */
  readonly database: string | undefined;
  /** As the client has them with the proxy. */
  readonly capabilities: number;
  readonly collation: number;
  /** For the server's own tables of connections. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** What `mysql2` has and its types do not tell. */
interface Internals {
  stream: Socket;
}

interface InternalConfig {
  clientFlags: number;
  charsetNumber: number;
}

/** Rejects with an UpstreamError. */
export async function connectUpstream(
  target: Target,
  login: UpstreamLogin,
  timeoutMs: number,
  keepAliveMs: number,
): Promise<Upstream> {
  try {
    return await withPassword(target.password, (password) => logIn(target, password, login, timeoutMs, keepAliveMs));
  } catch (cause) {
    throw upstreamError(target, cause);
  }
}

/** Rejects with what `mysql2` rejects with. */
async function logIn(
  target: Target,
  password: string | undefined,
  login: UpstreamLogin,
  timeoutMs: number,
  keepAliveMs: number,
): Promise<Upstream> {
  const { connection, greeting } = open(target, password, login, timeoutMs, keepAliveMs);
  try {
    // The socket changes hands within the event that says it is ready: no byte can come in between.
    const socket = await new Promise<Socket>((resolve, reject) => {
      // mysql2's own time ends with the greeting.
      const timer = setTimeout(() => reject(new Error("timed out")), timeoutMs);
      connection.on("connect", () => {
        clearTimeout(timer);
        resolve(takeOver(connection));
      });
      // mysql2 keeps telling about errors after the first.
      connection.on("error", (error) => {
        clearTimeout(timer);
        reject(error);
      });
    });
    const { serverVersion, connectionId, capabilities: offered } = greeting();
    const wanted = upstreamCapabilities(login.capabilities);
    if (has(wanted & ~offered, shapingCapabilities)) {
      socket.destroy();
      throw new Error(`the server ${serverVersion} is too old: MySQL 5.7 or MariaDB 10.2 is needed`);
    }
    return { socket, serverVersion, connectionId, capabilities: (wanted & offered) >>> 0 };
  } catch (cause) {
    internals(connection).stream.destroy();
    throw cause;
  }
}

function open(
  target: Target,
  password: string | undefined,
  login: UpstreamLogin,
  timeoutMs: number,
  keepAliveMs: number,
) {
  let places: GreetingPlaces | undefined;
  const connection = createConnection({
    host: target.host,
    port: target.port,
    user: target.user,
    password: password ?? "",
    ...(login.database === undefined ? {} : { database: login.database }),
    ...(target.tls === undefined ? {} : { ssl: sslOptions(target.tls) }),
    connectTimeout: timeoutMs,
    connectAttributes: { ...login.attributes },
    stream: ({ config }: { readonly config: InternalConfig }) => {
      // mysql2 knows flags by name only, and not all of them.
      config.clientFlags = upstreamCapabilities(login.capabilities);
      config.charsetNumber = login.collation;
      // Of TLS, mysql2 makes another one over it.
      const socket = target.tls === undefined ? reusingSocket() : new Socket();
      socket.connect({ host: target.host, port: target.port });
      socket.setNoDelay(true);
      socket.setKeepAlive(true, keepAliveMs);
      onGreeting(socket, (found) => {
        places = found;
      });
      return socket;
    },
  });
  const greeting = (): GreetingPlaces => {
    if (places === undefined) throw new Error("the server's greeting cannot be read");
    return places;
  };
  return { connection, greeting };
}

export function sslOptions({ ca, rejectUnauthorized, checkServerIdentity }: NonNullable<Target["tls"]>) {
  return {
    ...(ca === undefined ? {} : { ca: ca as string }),
    rejectUnauthorized: rejectUnauthorized !== false,
    // `verify-ca` brings a check that lets every name pass.
    verifyIdentity: rejectUnauthorized !== false && checkServerIdentity === undefined,
  };
}

/**
 * Looks at the server's first packet before mysql2 does, which listens after us, and takes out what mysql2 would ask for by itself when it
 * is offered: MariaDB's further capabilities, which change the form of descriptions, and second factors.
 */
function onGreeting(socket: Socket, found: (places: GreetingPlaces) => void): void {
  let isFirst = true;
  socket.on("data", (chunk: Buffer) => {
    if (!isFirst) return;
    isFirst = false;
    const end = headerBytes + (chunk.length < headerBytes ? 0 : chunk.readUIntLE(0, 3));
    // In parts: it does not arrive so, being the first bytes of a connection. Without its places there is no session.
    if (chunk.length < end || end <= headerBytes) return;
    const places = findGreeting(chunk, headerBytes, end);
    if (places === undefined) return;
    const kept = places.capabilities & ~multiFactor;
    chunk.writeUInt16LE(kept & 0xffff, places.lower);
    chunk.writeUInt16LE(kept >>> 16, places.upper);
    chunk.fill(0, places.further, places.further + 4);
    found(places);
  });
}

const multiFactor = 1 << 28;

function internals(connection: Connection): Internals {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a field that mysql2 has always had and its types leave out
  return connection as unknown as Internals;
}

function takeOver(connection: Connection): Socket {
  const { stream } = internals(connection);
  // mysql2 must not read or close afterwards.
  for (const event of ["data", "end", "close", "error", "connect", "drain"]) stream.removeAllListeners(event);
  stream.pause();
  // Until somebody else listens.
  stream.on("error", () => stream.destroy());
  return stream;
}

function upstreamError(target: Target, cause: unknown): UpstreamError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  // The database does not exist, no room, shutting down: the server's words help.
  if (code === "ER_BAD_DB_ERROR" && cause instanceof Error) return new UpstreamError("3D000", cause.message, cause);
  if (code === "ER_CON_COUNT_ERROR") return new UpstreamError("53300", "the target has too many connections", cause);
  if (typeof code === "string" && code.startsWith("ER_"))
    return new UpstreamError("08004", `the target "${target.name}" refused the proxy's login`, cause);
  if (cause instanceof PasswordError)
    return new UpstreamError("08001", `the proxy has no password for the target "${target.name}"`, cause);
  return unreachable(target, cause);
}
