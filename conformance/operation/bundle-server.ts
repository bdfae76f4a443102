/** A server of bundles, as an object store or a release page would be. */
import { createHash } from "node:crypto";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { onTestFinished } from "vitest";

export interface Asked {
  readonly path: string;
  readonly etag: string | undefined;
  readonly authorization: string | undefined;
  readonly status: number;
}

export class BundleServer {
  readonly asked: Asked[] = [];
  /** What `/bundle` gives. */
  bytes: Buffer = Buffer.from("");
  /** In place of the ordinary answer; `undefined` leaves it to that. */
  answer: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  url = "";
  #close: (() => void) | undefined;

  /** @param tls certificate and key: HTTPS */
  static async start(tls?: { readonly cert: string; readonly key: string }): Promise<BundleServer> {
    const own = new BundleServer();
    const listener = (request: IncomingMessage, response: ServerResponse) => own.#respond(request, response);
    const server = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    own.url = tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`;
    own.#close = () => {
      server.closeAllConnections();
      server.close();
    };
    onTestFinished(own.stop);
    return own;
  }

  readonly stop = (): void => this.#close?.();

  #respond(request: IncomingMessage, response: ServerResponse): void {
    if (this.answer?.(request, response) !== true) this.#give(request, response);
    this.asked.push({
      path: request.url ?? "",
      etag: request.headers["if-none-match"],
      authorization: request.headers.authorization,
      status: response.statusCode,
    });
  }

  #give(request: IncomingMessage, response: ServerResponse): void {
    const etag = `"${createHash("sha256").update(this.bytes).digest("hex")}"`;
    if (request.headers["if-none-match"] === etag) {
      response.writeHead(304, { etag }).end();
    } else {
      response.writeHead(200, { etag, "content-length": this.bytes.length }).end(this.bytes);
    }
  }
}
