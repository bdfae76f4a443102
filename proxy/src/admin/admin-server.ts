import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { getRequestListener } from "@hono/node-server";
import type { Api } from "./routing.ts";

export interface AdminServerOptions {
  readonly host: string;
  readonly port: number;
  /** PEM. Without it, tokens travel in the clear. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
}

const connectionsMax = 200;
const requestMs = 30_000;
const headersMs = 10_000;
const headerBytesMax = 16 * 1024;
/** How long requests may go on after `close`. */
const closeMs = 2000;

/** The HTTP API on its own port, apart from clients of databases. */
export class AdminServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Rejects with the system's error, such as EADDRINUSE. */
  static async listen(api: Api, { host, port, tls }: AdminServerOptions): Promise<AdminServer> {
    const limits = { maxHeaderSize: headerBytesMax, requestTimeout: requestMs, headersTimeout: headersMs };
    const listener = getRequestListener(api.fetch);
    const server =
      tls === undefined
        ? createServer(limits, (request, response) => void listener(request, response))
        : createTlsServer(
            { ...limits, ...tls, minVersion: "TLSv1.2" },
            (request, response) => void listener(request, response),
          );
    server.maxConnections = connectionsMax;
    server.listen(port, host);
    await once(server, "listening");
    return new AdminServer(server);
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const cutOff = setTimeout(() => this.#server.closeAllConnections(), closeMs);
    await closed;
    clearTimeout(cutOff);
  }
}
