import { connect, createServer, type Socket } from "node:net";

export interface RelayServer {
  readonly port: number;
  /** Ends all connections too. */
  readonly stop: () => Promise<void>;
}

/** Of what stands in between, on this machine. */
export interface Relayed {
  /** A connection to the server behind, which `stop` ends. */
  readonly upstream: () => Socket;
}

const host = "127.0.0.1";

/**
 * A relay's own side: a free port, and connections that are gone when it stops. Errors of sockets end them and nothing else.
 * @param port of the server behind it, on this machine
 */
export async function startRelayServer(
  port: number,
  connected: (client: Socket, relayed: Relayed) => void,
): Promise<RelayServer> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    return socket.on("close", () => sockets.delete(socket));
  };
  const server = createServer((client) => connected(keep(client), { upstream: () => keep(connect(port, host)) }));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return {
    port: address.port,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
