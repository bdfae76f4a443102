/** Where an issuer publishes its keys, over TLS; it can fall silent, and come back with others. */
import { createServer, type Server } from "node:https";
import { type AddressInfo } from "node:net";
import { selfSigned } from "../protocol/certificate.ts";
import type { Json } from "./signer.ts";

export class KeyServer {
  readonly certificate = selfSigned();
  keys: readonly Json[] = [];
  /** How often keys were asked for. */
  asked = 0;
  /** In place of the keys. */
  status = 200;
  body: string | undefined;
  #server: Server | undefined;
  #port = 0;

  get url(): URL {
    return new URL(`https://localhost:${this.#port}/keys`);
  }

  async start(): Promise<void> {
    const server = createServer(this.certificate, (_request, response) => {
      this.asked++;
      const { status } = this;
      const headers = status === 302 ? { location: "/elsewhere" } : {};
      response.writeHead(status, headers).end(this.body ?? JSON.stringify({ keys: this.keys }));
    });
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
