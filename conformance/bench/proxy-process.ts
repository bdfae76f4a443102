/** The proxy, with all packs unless it is told otherwise, in a process of its own, so that its processor time is its own. */
import { type ProxiedOptions, startProxied } from "../support/proxied.ts";
import { measuredParameters, reportMeasured } from "./measured-process.ts";

export type ProxyParameters = Pick<ProxiedOptions, "databases" | "users" | "policies" | "data" | "audit">;

const proxied = await startProxied(measuredParameters<ProxyParameters>());
reportMeasured(proxied.port);
