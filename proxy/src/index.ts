export { proxyLimits, type ProxyLimits } from "./limits.ts";
export type { CatalogSource } from "./enforce/catalog-source.ts";
export type { PostgresTarget, TargetChoice, Targets } from "./postgres/target.ts";
export {
  createProxyServer,
  type ProxyCounters,
  type ProxyEvent,
  type ProxyServer,
  type ProxyServerOptions,
} from "./proxy-server.ts";
