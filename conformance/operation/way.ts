import { type AddressInfo, connect as connectTcp, createServer, type Server as TcpServer, type Socket } from "node:net";

/** A way to the database that can be cut. */
export class Way {
  readonly #server: TcpServer;
  readonly #sockets = new Set<Socket>();
  #isOpen = true;

  private constructor(port: number) {
    this.#server = createServer((socket) => {
      if (!this.#isOpen) {
        socket.destroy();
        return;
      }
      const far = connectTcp(port, "127.0.0.1");
      for (const [one, other] of [
        [socket, far],
        [far, socket],
      ] as const) {
        this.#sockets.add(one);
        one
          .on("error", () => undefined)
          .on("close", () => other.destroy())
          .pipe(other);
      }
    });
  }

  static async to(port: number): Promise<Way> {
    const made = new Way(port);
    await new Promise<void>((resolve) => made.#server.listen(0, "127.0.0.1", resolve));
    return made;
  }

  get port(): number {
    return portOf(this.#server);
  }

  open(): void {
    this.#isOpen = true;
  }

  cut(): void {
    this.#isOpen = false;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

export function portOf(listening: { address(): AddressInfo | string | null }): number {
  const address = listening.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
