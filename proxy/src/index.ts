export { proxyLimits, type ProxyLimits } from "./limits.ts";
export type { CatalogSource } from "./enforce/catalog-source.ts";
export type { Target, TargetChoice, Targets } from "./enforce/target.ts";
export { createProxyServer } from "./proxy-server.ts";
export type { ProxyEvent, ProxyServer, ProxyServerOptions } from "./proxy-server-options.ts";
