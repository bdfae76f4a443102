/** How a wire protocol plugs into the proxy: it logs clients in, connects them upstream, and runs their sessions. */
import type { Socket } from "node:net";
import type { PrincipalContext } from "@penstock/engine";
import type { Identity } from "../identity/identity.ts";
import type { OpenSession } from "./session-host.ts";
import type { Protocol, Target } from "./target.ts";

export interface Front {
  readonly protocol: Protocol;
  login(socket: Socket, progress: LoginProgress): void;
  /** The session is no longer open. */
  closed(session: OpenSession): void;
}

export interface LoginProgress {
  /** The client is authenticated. Never called when the connection ends before. */
  readonly done: (client: LoggedInClient) => void;
  /** A client whose session is over logs in anew on the same connection: `done` follows. */
  readonly again: () => void;
}

/** A client that has proven who it is. */
export interface LoggedInClient {
  /** Encrypted where the client asked for that. */
  readonly socket: Socket;
  readonly identity: Identity;
  /** As the client named itself and what it wants. */
  readonly user: string;
  readonly database: string;
  readonly application: string;
  /** What else it says of itself: for `session.tags`. */
  readonly tags: Readonly<Record<string, string>>;
  readonly tls: boolean;
  /** @param database to begin in. Rejects with an UpstreamError. */
  connect(target: Target, database: string | undefined): Promise<ConnectedClient>;
  /** Tells the client why it gets no session, and ends the connection. */
  refuse(sqlstate: string, message: string, hint?: string): void;
}

/** A client with its connection upstream. */
interface ConnectedClient {
  readonly serverVersion: string;
  /** Ends the connection upstream: no session begins. */
  discard(): void;
  /** Tells the client that it is in, and begins. @param target that it was connected to, as it is now */
  begin(target: Target, who: PrincipalContext): OpenSession;
}
