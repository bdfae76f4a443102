import type { PostgresServer } from "../support/postgres-server.ts";
import { type MeasuredProcess, startMeasured } from "./measured-process.ts";
import { startPgbouncer } from "./pgbouncer.ts";
import type { ProxyParameters } from "./proxy-process.ts";

/** Where a client connects: the server itself, or what stands in front of it. */
export interface Endpoint {
  readonly name: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** What stands in between. */
  readonly process: (Pick<MeasuredProcess, "cpuUs"> & Partial<Pick<MeasuredProcess, "longestTurnMs">>) | undefined;
}

/** Where a database server listens, and who may do everything in it. */
export type ServerLogin = Pick<PostgresServer, "host" | "port" | "user" | "password">;

/** The server of one run, and the database in it that everything connects to. */
export interface BenchTarget<Server extends ServerLogin = PostgresServer> {
  readonly server: Server;
  readonly database: string;
  readonly proxy: Omit<ProxyParameters, "audit">;
}

export const endpointNames = {
  direct: "direct",
  relay: "relay",
  penstock: "penstock",
  strict: "penstock, strict audit",
  unrecorded: "penstock, no audit",
  pgbouncer: "pgbouncer",
} as const;
const auditOf = {
  [endpointNames.penstock]: "file",
  [endpointNames.strict]: "strict",
  [endpointNames.unrecorded]: "none",
} as const;
export type EndpointName = (typeof endpointNames)[keyof typeof endpointNames];

/** Starts what `wanted` names, in that order, and stops it when `use` is done. A pgbouncer that is not installed is left out. */
export async function withEndpoints<T>(
  target: BenchTarget<ServerLogin>,
  wanted: readonly EndpointName[],
  use: (endpoints: readonly Endpoint[]) => Promise<T>,
): Promise<T> {
  const running: { stop(): Promise<void> }[] = [];
  try {
    const endpoints: Endpoint[] = [];
    for (const name of wanted) {
      const endpoint = await start(target, name, running);
      if (endpoint === undefined) console.log(`${name} is not installed: left out`);
      else endpoints.push(endpoint);
    }
    return await use(endpoints);
  } finally {
    await Promise.all(running.map((each) => each.stop()));
  }
}

async function start(
  { server, database, proxy }: BenchTarget<ServerLogin>,
  name: EndpointName,
  running: { stop(): Promise<void> }[],
): Promise<Endpoint | undefined> {
  const { port, user, password } = server;
  const direct: Endpoint = { name, port, user, password, database, process: undefined };
  switch (name) {
    case endpointNames.direct:
      return direct;
    case endpointNames.relay: {
      const relay = await startMeasured("relay.ts", { host: server.host, port: server.port });
      running.push(relay);
      return { ...direct, port: relay.port, process: relay };
    }
    case endpointNames.penstock:
    case endpointNames.strict:
    case endpointNames.unrecorded: {
      const penstock = await startPenstock(proxy, auditOf[name]);
      running.push(penstock);
      return { ...direct, port: penstock.port, ...loginOf("analyst"), process: penstock };
    }
    case endpointNames.pgbouncer: {
      const bouncer = await startPgbouncer(server, database);
      if (bouncer === undefined) return undefined;
      running.push(bouncer);
      return { ...direct, port: bouncer.port, process: bouncer };
    }
  }
}

export function startPenstock(
  proxy: BenchTarget["proxy"],
  audit: ProxyParameters["audit"] = "file",
): Promise<MeasuredProcess> {
  return startMeasured("proxy-process.ts", { ...proxy, audit } satisfies ProxyParameters);
}

/** As `startProxied` gives passwords. */
export function loginOf(user: string): { readonly user: string; readonly password: string } {
  return { user, password: `password-of-${user}` };
}
