/** The proxy with all packs in a process of its own, so that its processor time is its own. */
import { type ProxiedDatabase, type ProxiedUser, startProxied } from "../support/proxied.ts";
import { measuredParameters, reportMeasured } from "./measured-process.ts";

export interface ProxyParameters {
  readonly databases: readonly ProxiedDatabase[];
  readonly users: readonly ProxiedUser[];
  readonly strictAudit: boolean;
}

const proxied = await startProxied(measuredParameters<ProxyParameters>());
reportMeasured(proxied.port);
