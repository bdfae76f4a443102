/** The ports that a proxy listens on: one of each protocol that some target has, and those that are a target's own. */
import type { ListenConfig } from "../config/sections/listen.ts";
import { type Protocol, protocolOf } from "../enforce/target.ts";
import type { ProxyServer } from "../proxy-server-options.ts";
import type { ConfiguredTarget } from "../targets/configured-targets.ts";
import { explainListenError } from "./explain-listen-error.ts";

type ListeningTarget = Pick<ConfiguredTarget, "name" | "engine" | "listenPort">;

interface OwnPort {
  readonly protocol: Protocol;
  readonly target: string;
}

/** Ports that are listened on already, for targets that nobody is let to before `apply`. */
export interface PreparedPorts {
  readonly shared: ReadonlyMap<Protocol, number>;
  readonly own: ReadonlyMap<number, OwnPort>;
  readonly wanted: { readonly protocols: ReadonlySet<Protocol>; readonly own: ReadonlyMap<number, OwnPort> };
  /** Why ports cannot be listened on, each with help. */
  readonly problems: readonly string[];
}

const protocolNames: Readonly<Record<Protocol, string>> = { postgres: "PostgreSQL", mysql: "MySQL" };

export type Ports = Pick<ProxyServer, "listen" | "unlisten" | "relisten">;

export class Listeners {
  readonly #server: Ports;
  readonly #config: ListenConfig;
  /** The ports of all targets of a protocol. */
  readonly #shared = new Map<Protocol, number>();
  readonly #own = new Map<number, OwnPort>();

  /** @param config host and ports of it do not change */
  constructor(server: Ports, config: ListenConfig) {
    this.#server = server;
    this.#config = config;
  }

  /** `HOST:PORT` of each shared port. */
  get addresses(): readonly string[] {
    return [...this.#shared.values()].map((port) => `${this.#config.host}:${port}`);
  }

  async prepare(targets: readonly ListeningTarget[]): Promise<PreparedPorts> {
    const { port, mysqlPort } = this.#config;
    const protocols = new Set(targets.map(({ engine }) => protocolOf[engine]));
    const wantedOwn = new Map(
      targets.flatMap(({ name, engine, listenPort }) =>
        listenPort === undefined ? [] : [[listenPort, { protocol: protocolOf[engine], target: name }] as const],
      ),
    );
    const problems: string[] = [];
    const shared = new Map<Protocol, number>();
    const own = new Map<number, OwnPort>();
    const attempt = async (wanted: number, protocol: Protocol, only?: string) => {
      const { host } = this.#config;
      try {
        return await this.#server.listen(wanted, host, protocol, only);
      } catch (error) {
        problems.push(explainListenError(error, "listen", host, wanted));
        return undefined;
      }
    };
    for (const [protocol, wanted] of [
      ["postgres", port],
      ["mysql", mysqlPort],
    ] as const) {
      if (!protocols.has(protocol) || this.#shared.has(protocol)) continue;
      const taken = await attempt(wanted, protocol);
      if (taken !== undefined) shared.set(protocol, taken);
    }
    for (const [wanted, each] of wantedOwn) {
      if (this.#own.has(wanted)) continue;
      if ((await attempt(wanted, each.protocol, each.target)) !== undefined) own.set(wanted, each);
    }
    return { shared, own, wanted: { protocols, own: wantedOwn }, problems };
  }

  discard({ shared, own }: PreparedPorts): void {
    for (const port of [...shared.values(), ...own.keys()]) this.#server.unlisten(port);
  }

  /** @returns what is new, for the log */
  apply({ shared, own, wanted }: PreparedPorts): {
    readonly shared: readonly string[];
    readonly own: readonly string[];
  } {
    const { host } = this.#config;
    for (const [protocol, port] of this.#shared) {
      if (wanted.protocols.has(protocol)) continue;
      this.#server.unlisten(port);
      this.#shared.delete(protocol);
    }
    for (const [port, now] of this.#own) {
      const next = wanted.own.get(port);
      if (next === undefined) {
        this.#server.unlisten(port);
        this.#own.delete(port);
      } else if (next.target !== now.target || next.protocol !== now.protocol) {
        this.#server.relisten(port, next.protocol, next.target);
        this.#own.set(port, next);
      }
    }
    for (const [protocol, port] of shared) this.#shared.set(protocol, port);
    for (const [port, each] of own) this.#own.set(port, each);
    return {
      shared: [...shared].map(([protocol, port]) => `listening on ${host}:${port} for ${protocolNames[protocol]}`),
      own: [...own].map(([port, { target }]) => `listening on ${host}:${port} for target ${target} alone`),
    };
  }
}
