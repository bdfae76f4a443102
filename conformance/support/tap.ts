/** A wire tap: a relay between clients and a server that keeps every byte that the server sent. */
import { startRelayServer } from "./relay-server.ts";

export interface Tap {
  readonly port: number;
  /** What all clients received since the start or the last `clear`. */
  readonly received: () => Buffer;
  readonly clear: () => void;
  readonly stop: () => Promise<void>;
}

/** @param port of the server, on this machine. */
export async function startTap(port: number): Promise<Tap> {
  let received: Buffer[] = [];
  const relay = await startRelayServer(port, (client, relayed) => {
    const upstream = relayed.upstream();
    client.on("close", () => upstream.destroySoon());
    upstream.on("close", () => client.destroySoon());
    upstream.on("data", (chunk: Buffer) => received.push(chunk));
    upstream.pipe(client);
    client.pipe(upstream);
  });
  return {
    ...relay,
    received: () => Buffer.concat(received),
    clear() {
      received = [];
    },
  };
}
