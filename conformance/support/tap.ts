/** A wire tap: a relay between clients and a server that keeps every byte that the server sent. */
import { connect, createServer, type Socket } from "node:net";

export interface Tap {
  readonly port: number;
  /** What all clients received since the start or the last `clear`. */
  readonly received: () => Buffer;
  readonly clear: () => void;
  readonly stop: () => Promise<void>;
}

const host = "127.0.0.1";

/** @param port of the server, on this machine. */
export async function startTap(port: number): Promise<Tap> {
  let received: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroySoon();
        upstream.destroySoon();
      });
    }
    upstream.on("data", (chunk: Buffer) => received.push(chunk));
    upstream.pipe(client);
    client.pipe(upstream);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return {
    port: address.port,
    received: () => Buffer.concat(received),
    clear() {
      received = [];
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
