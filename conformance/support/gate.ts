/** A relay to a server on this machine that can hold back what comes: clients are connected, and get no answer until it opens. */
import type { Socket } from "node:net";
import { type Relayed, startRelayServer } from "./relay-server.ts";

export interface Gate {
  readonly port: number;
  readonly open: () => void;
  readonly close: () => void;
  /** Resolves when the next client has come. */
  readonly arrived: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Open at first. @param port of the server */
export async function startGate(port: number): Promise<Gate> {
  let isOpen = true;
  let told: (() => void)[] = [];
  const held = new Map<Socket, Relayed>();
  const pass = (client: Socket, relayed: Relayed) => {
    const upstream = relayed.upstream();
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroySoon());
    client.pipe(upstream);
    upstream.pipe(client);
  };
  const relay = await startRelayServer(port, (client, relayed) => {
    client.on("close", () => held.delete(client));
    if (isOpen) pass(client, relayed);
    else held.set(client, relayed);
    for (const tell of told.splice(0)) tell();
  });
  return {
    ...relay,
    open: () => {
      isOpen = true;
      for (const [client, relayed] of held) pass(client, relayed);
      held.clear();
    },
    close: () => {
      isOpen = false;
    },
    arrived: () => new Promise((resolve) => (told = [...told, resolve])),
  };
}
