import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

interface PortListener<Way> {
  readonly server: Server;
  way: Way;
}

interface PortListenersOptions<Way> {
  /** As it is when a port is opened. */
  readonly keepAliveMs: () => number;
  /** Nothing is read before somebody else does: connections are given to another process. */
  readonly pauses: boolean;
  readonly connected: (socket: Socket, way: Way) => void;
}

/** The TCP ports that are listened on, and what the connections of each are for. */
export class PortListeners<Way> {
  readonly #options: PortListenersOptions<Way>;
  readonly #listeners = new Map<number, PortListener<Way>>();

  constructor(options: PortListenersOptions<Way>) {
    this.#options = options;
  }

  /** Resolves with the port; rejects with the system's error, such as EADDRINUSE. */
  async listen(port: number, host: string, way: Way): Promise<number> {
    const { keepAliveMs, pauses: pauseOnConnect, connected } = this.#options;
    const server = createServer(
      { noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs(), pauseOnConnect },
      (socket) => connected(socket, listener.way),
    );
    const listener: PortListener<Way> = { server, way };
    server.listen(port, host);
    // Rejects with what the server emits as error.
    await once(server, "listening");
    const address = server.address();
    const taken = typeof address === "object" && address !== null ? address.port : port;
    this.#listeners.set(taken, listener);
    return taken;
  }

  /** No new connections; those that are there stay. */
  unlisten(port: number): void {
    this.#listeners.get(port)?.server.close();
    this.#listeners.delete(port);
  }

  /** From the next connection on. */
  relisten(port: number, way: Way): void {
    const listener = this.#listeners.get(port);
    if (listener !== undefined) listener.way = way;
  }

  /** Resolves when no connection of theirs is left. */
  async close(): Promise<void> {
    const servers = [...this.#listeners.values()].map(({ server }) => server);
    this.#listeners.clear();
    await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  }
}
