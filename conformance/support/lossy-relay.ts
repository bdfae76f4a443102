/** Between a client and a server: on demand it lets one message of the client through, and ends the connection instead of giving the answer. */
import { startRelayServer } from "./relay-server.ts";

export interface LossyRelay {
  readonly port: number;
  /** The answer to the next commit of a transaction in which `text` was sent or answered is lost. Resolves when it was. */
  readonly loseCommitAfter: (text: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** @param port of a PostgreSQL server without TLS, on this machine */
export async function startLossyRelay(port: number): Promise<LossyRelay> {
  let wanted: { readonly text: string; readonly done: () => void } | undefined;
  const relay = await startRelayServer(port, (client, relayed) => {
    const upstream = relayed.upstream();
    let hasText = false;
    let losing: (() => void) | undefined;
    client.on("close", () => upstream.destroySoon());
    upstream.on("close", () => client.destroy());
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
  return { ...relay, loseCommitAfter: (text) => new Promise((done) => (wanted = { text, done })) };
}
