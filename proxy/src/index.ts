export { proxyLimits, type ProxyLimits } from "./limits.ts";
export type { CatalogSource } from "./enforce/catalog-source.ts";
export type { Target, TargetChoice, Targets } from "./enforce/target.ts";
export {
  createProxyServer,
  type ProxyEvent,
  type ProxyServer,
  type ProxyServerOptions,
} from "./proxy-server.ts";
