/** A relay to a server on this machine that can hold back what comes: clients are connected, and get no answer until it opens. */
import { connect, createServer, type Socket } from "node:net";

export interface Gate {
  readonly port: number;
  readonly open: () => void;
  readonly close: () => void;
  /** Resolves when the next client has come. */
  readonly arrived: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const host = "127.0.0.1";

/** Open at first. @param port of the server */
export async function startGate(port: number): Promise<Gate> {
  let isOpen = true;
  let told: (() => void)[] = [];
  const held = new Set<Socket>();
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      held.delete(socket);
    });
  };
  const pass = (client: Socket) => {
    const upstream = connect(port, host);
    keep(upstream);
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroySoon());
    client.pipe(upstream);
    upstream.pipe(client);
  };
  const server = createServer((client) => {
    keep(client);
    if (isOpen) pass(client);
    else held.add(client);
    for (const tell of told.splice(0)) tell();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return {
    port: address.port,
    open: () => {
      isOpen = true;
      for (const client of held) pass(client);
      held.clear();
    },
    close: () => {
      isOpen = false;
    },
    arrived: () => new Promise((resolve) => (told = [...told, resolve])),
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
