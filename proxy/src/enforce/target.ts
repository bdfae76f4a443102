import type { ConnectionOptions } from "node:tls";
import type { Engine, Principal } from "@penstock/engine";
import type { PasswordSource } from "../credentials/password-source.ts";
import type { Detection } from "../detect/detection.ts";
import type { SessionLimits } from "./session-counts.ts";
import type { CatalogSource } from "./catalog-source.ts";

/** How clients speak to the proxy, and the proxy to the target. */
export type Protocol = "postgres" | "mysql";

export const protocolOf = { postgres: "postgres", mysql: "mysql", mariadb: "mysql" } as const satisfies Record<
  Engine,
  Protocol
>;

/** A database behind the proxy, with the login that clients never see. */
export interface Target {
  readonly name: string;
  readonly engine: Engine;
  readonly environment: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly host: string;
  readonly port: number;
  /** The database's name upstream. */
  readonly database: string;
  readonly user: string;
  readonly password: PasswordSource;
  /** For the connection upstream; `undefined` for none. */
  readonly tls: ConnectionOptions | undefined;
  readonly catalog: CatalogSource;
  /** `undefined` where only those of the proxy hold. */
  readonly limits?: SessionLimits | undefined;
  /** `undefined` where values are not looked into. */
  readonly detection: Detection | undefined;
}

export type TargetChoice =
  /** @property database to begin in; `undefined` for none */
  | { readonly kind: "target"; readonly target: Target; readonly database?: string | undefined }
  /** As the client sees it: 3D000 for an unknown database, 42501 for one that the principal may not use, 08001 for one that cannot be reached. */
  | {
      readonly kind: "refused";
      readonly sqlstate: string;
      readonly message: string;
      readonly hint: string | undefined;
    };

/** Which target a client means by the database that it names when it connects. */
export interface Targets {
  /**
   * Asked once a login, after authentication; may take a while where a catalog must be read first. Never rejects.
   * @param database empty where the client has named none, which only MySQL's protocol can
   * @param only the target whose own port the client has come to
   */
  find(database: string, principal: Principal, protocol: Protocol, only?: string): Promise<TargetChoice>;
  /** Of the server that clients of MySQL's protocol are told they talk to, before they have said where they want to go. Absent: of MySQL. @param only as of `find` */
  mysqlVersion?(only?: string): string | undefined;
  /** What a target has become since `find` gave it; `undefined` where nobody is to be connected to it any more. Absent: targets stay what they are. */
  present?(target: Target): Target | undefined;
}
