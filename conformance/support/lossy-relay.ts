/** Between a client and a server: on demand it lets one message of the client through, and ends the connection instead of giving the answer. */
import { connect, createServer, type Socket } from "node:net";

export interface LossyRelay {
  readonly port: number;
  /** The answer to the next commit of a transaction in which `text` was sent or answered is lost. Resolves when it was. */
  readonly loseCommitAfter: (text: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const host = "127.0.0.1";

/** @param port of a PostgreSQL server without TLS, on this machine */
export async function startLossyRelay(port: number): Promise<LossyRelay> {
  let wanted: { readonly text: string; readonly done: () => void } | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, host);
    let hasText = false;
    let losing: (() => void) | undefined;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroySoon();
      });
    }
    client.on("data", (chunk: Buffer) => {
      if (wanted !== undefined && chunk.includes(wanted.text)) hasText = true;
      if (wanted !== undefined && hasText && chunk.includes("commit\0")) {
        losing = wanted.done;
        wanted = undefined;
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk: Buffer) => {
      if (wanted !== undefined && chunk.includes(wanted.text)) hasText = true;
      if (losing === undefined) client.write(chunk);
      else {
        client.destroy();
        losing();
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return {
    port: address.port,
    loseCommitAfter: (text) => new Promise((done) => (wanted = { text, done })),
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
