import { createServer, type Server } from "node:http";
import { once } from "node:events";

/** What takes audit records over HTTP, and counts them by id: a record may come twice, and must come once. */
export class SinkServer {
  isAway = false;
  readonly ids = new Set<string>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        if (this.isAway) {
          response.writeHead(503).end();
          return;
        }
        const { records } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { records: { id: string }[] };
        for (const { id } of records) this.ids.add(id);
        response.writeHead(204).end();
      });
    });
  }

  static async listen(): Promise<SinkServer> {
    const made = new SinkServer();
    made.#server.listen(0, "127.0.0.1");
    await once(made.#server, "listening");
    return made;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
