import type { Socket } from "node:net";
import type { Protocol } from "../enforce/target.ts";
import { PortListeners } from "../sockets/port-listeners.ts";
import type { ConnectionWay } from "./methods.ts";

/** The ports of a proxy whose connections go to workers. */
export class PlacingPorts {
  readonly #ports: PortListeners<ConnectionWay>;

  /** @param keepAliveMs as it is when a port is opened */
  constructor(keepAliveMs: () => number, place: (connection: Socket, way: ConnectionWay) => void) {
    this.#ports = new PortListeners({ keepAliveMs, pauses: true, connected: place });
  }

  /** As of `ProxyServer`. */
  listen(port: number, host: string, protocol: Protocol = "postgres", only?: string): Promise<number> {
    return this.#ports.listen(port, host, { protocol, only });
  }

  unlisten(port: number): void {
    this.#ports.unlisten(port);
  }

  relisten(port: number, protocol: Protocol, only: string): void {
    this.#ports.relisten(port, { protocol, only });
  }

  /** No new connections. Those that workers have are theirs. */
  close(): void {
    void this.#ports.close();
  }
}
