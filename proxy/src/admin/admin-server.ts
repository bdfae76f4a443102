import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, Server as TlsServer } from "node:https";
import { getRequestListener } from "@hono/node-server";
import type { Api } from "./routing.ts";

export interface AdminServerOptions {
  readonly host: string;
  readonly port: number;
  /** PEM. Without it, tokens travel in the clear. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
}

const minVersion = "TLSv1.2";
const connectionsMax = 200;
const requestMs = 30_000;
const headersMs = 10_000;
const headerBytesMax = 16 * 1024;
/** How long requests may go on after `close`. */
const closeMs = 2000;

/** The HTTP API on its own port, apart from clients of databases. */
export class AdminServer {
  readonly #server: Server;
  #api: Api;

  private constructor(api: Api, { tls }: AdminServerOptions) {
    this.#api = api;
    const limits = { maxHeaderSize: headerBytesMax, requestTimeout: requestMs, headersTimeout: headersMs };
    const listener = getRequestListener((request, environment) => this.#api.fetch(request, environment));
    const answer: RequestListener = (request, response) => void listener(request, response);
    this.#server =
      tls === undefined ? createServer(limits, answer) : createTlsServer({ ...limits, ...tls, minVersion }, answer);
    this.#server.maxConnections = connectionsMax;
  }

  /** Rejects with the system's error, such as EADDRINUSE. */
  static async listen(api: Api, options: AdminServerOptions): Promise<AdminServer> {
    const made = new AdminServer(api, options);
    made.#server.listen(options.port, options.host);
    await once(made.#server, "listening");
    return made;
  }

  /** Requests that come from now on are answered by this one. */
  setApi(api: Api): void {
    this.#api = api;
  }

  /** From the next connection on. A server without TLS stays without, and one with it stays with it. */
  setTls(tls: AdminServerOptions["tls"]): void {
    if (tls !== undefined && this.#server instanceof TlsServer) this.#server.setSecureContext({ ...tls, minVersion });
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
