import type { ConnectionOptions } from "node:tls";
import type { Principal } from "@penstock/engine";
import type { CatalogSource } from "../enforce/catalog-source.ts";
import type { Detection } from "../detect/detection.ts";

/** A database behind the proxy, with the login that clients never see. */
export interface PostgresTarget {
  readonly name: string;
  readonly environment: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly host: string;
  readonly port: number;
  /** The database's name upstream. */
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
  /** For the connection upstream; `undefined` for none. */
  readonly tls: ConnectionOptions | undefined;
  readonly catalog: CatalogSource;
  /** `undefined` where values are not looked into. */
  readonly detection: Detection | undefined;
}

export type TargetChoice =
  | { readonly kind: "target"; readonly target: PostgresTarget }
  /** As the client sees it: 3D000 for an unknown database, 42501 for one that the principal may not use, 08001 for one that cannot be reached. */
  | {
      readonly kind: "refused";
      readonly sqlstate: string;
      readonly message: string;
      readonly hint: string | undefined;
    };

/** Which target a client means by the database in its StartupMessage. */
export interface Targets {
  /** Asked once a login, after authentication; may take a while where a catalog must be read first. Never rejects. */
  find(database: string, principal: Principal): Promise<TargetChoice>;
}
