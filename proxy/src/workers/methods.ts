/** What the processes of a proxy ask of each other: the first one has the ports, the audit log and the HTTP API, the workers have the sessions. */
import type { Socket } from "node:net";
import type { CancelKey, PeerKill } from "../enforce/peers.ts";
import type { SessionLimits } from "../enforce/session-counts.ts";
import type { SessionEnd } from "../enforce/session-host.ts";
import type { SessionState } from "../enforce/session-state.ts";
import type { Protocol } from "../enforce/target.ts";
import type { TokenUse as Use } from "../identity/jwt/used-tokens.ts";
import type { MeterReadings } from "../metrics/meters.ts";
import type { PolicyContent } from "../policies/policy-content.ts";

/** Policies as the first process has loaded and checked them. */
export interface GivenContent {
  readonly inForce: PolicyContent;
  readonly shadow: PolicyContent | undefined;
}

/** Of a connection: as what it comes, and to which target alone. */
export interface ConnectionWay {
  readonly protocol: Protocol;
  readonly only: string | undefined;
}

export interface WorkerStart {
  /** From 1 on. */
  readonly number: number;
  /** How many there are. */
  readonly of: number;
  /** Of the configuration. */
  readonly file: string;
  /** Its text when the first process began, and as it is in force. */
  readonly text: { readonly started: string; readonly inForce: string };
  readonly policies: GivenContent;
  /** By which a text that is left out of records is known again. */
  readonly digestKey: Uint8Array;
  /** As of `UserStore`. */
  readonly mockSecret: Uint8Array;
}

/** Asked by the first process. */
export interface WorkerMethods {
  /** Resolves when it takes connections; rejects with what an operator can mend. */
  readonly start: (start: WorkerStart) => Promise<void>;
  readonly connection: (way: ConnectionWay, connection?: Socket) => void;
  /** Resolves when they are in force. */
  readonly policies: (content: GivenContent) => Promise<void>;
  /** The users file has changed. */
  readonly users: (_: undefined) => void;
  /** Users, former names and catalogs are to be read again. */
  readonly readAgain: (_: undefined) => Promise<void>;
  /** The schema of a target has changed. */
  readonly catalogChanged: (target: string) => void;
  /** Tries a changed configuration. @returns why it cannot be used */
  readonly prepare: (changed: { readonly text: string; readonly policies: GivenContent }) => Promise<readonly string[]>;
  /** Puts what was prepared in force. */
  readonly apply: (_: undefined) => void;
  readonly discard: (_: undefined) => void;
  readonly sessions: (_: undefined) => Promise<readonly SessionState[]>;
  readonly readings: (_: undefined) => Promise<MeterReadings>;
  readonly end: (asked: { readonly session: string; readonly why: SessionEnd }) => Promise<void>;
  readonly loginFailed: (address: string) => void;
  readonly cancel: (key: CancelKey) => void;
  readonly kill: (kill: PeerKill) => boolean;
  /** Lets running statements end. Resolves when no session is left and all is recorded. */
  readonly stop: (_: undefined) => Promise<void>;
}

export interface TokenUse {
  readonly issuer: string;
  readonly jti: string;
  readonly expiresAtMs: number;
  readonly nowMs: number;
}

/** Asked by a worker. */
export interface FirstMethods {
  /** A connection that it was given is closed. */
  readonly closed: (_: undefined) => void;
  /** @returns the number of the place, or why there is none, for the client */
  readonly takePlace: (asked: {
    readonly target: { readonly name: string; readonly limits: SessionLimits | undefined };
    readonly principal: string;
  }) => number | string;
  readonly givePlaceBack: (place: number) => void;
  readonly useToken: (use: TokenUse) => Use;
  readonly loginFailed: (address: string) => void;
  readonly cancel: (key: CancelKey) => void;
  /** @returns whether another worker had that connection */
  readonly kill: (kill: PeerKill) => Promise<boolean>;
  /** A session has changed the schema of a target. */
  readonly catalogChanged: (target: string) => void;
}
