/** What the HTTP API needs of the proxy that it belongs to. */
import type { Principal } from "@penstock/engine";
import type { AnsweringOptions } from "../approvals/answering.ts";
import type { WebhookConfig } from "../approvals/links.ts";
import type { SharedIndex } from "../audit/shared/shared-index.ts";
import type { SearchThread } from "../audit/search/search-thread.ts";
import type { Activity } from "../enforce/activity.ts";
import type { Mint } from "../identity/mint/mint-token.ts";
import type { Users } from "../identity/users.ts";
import type { PutResult } from "../policies/policy-loader.ts";
import type { BundleVersion } from "../policies/rollback-guard.ts";
import type { TargetState } from "../targets/configured-targets.ts";

export interface AdminHost {
  /** Whom a bearer token stands for; `undefined` for nobody. Never throws. */
  identify(token: string): Identified | undefined;
  /** The user of the users file with this claim, where it is one alone. */
  personWith(claim: string, value: string): Principal | undefined;
  /** Whether this address has failed too often to be asked again. */
  isThrottled(address: string): boolean;
  /** Somebody came with a token that is none. */
  refused(address: string): void;
  /** Something came to the address for Slack that is not Slack's. */
  refusedSlack(address: string, why: string): void;
  /** For whoever operates the proxy. Neither text may hold a secret. */
  warn(message: string, report: string): void;
  /**
   * Records what somebody is about to change. Rejects when that cannot be written: then it must not be done.
   * @param fields of the record, safe to be read by whoever reads the log
   */
  recordChange(by: Principal, action: string, fields: Readonly<Record<string, unknown>>): Promise<void>;
  readonly activity: Activity;
  readonly policies: PolicyState;
  /** Reads them again. */
  reloadPolicies(): Promise<void>;
  /** Reads the configuration again, and takes what can change; recorded before it does. Never rejects. */
  reloadConfig(by: Principal): Promise<ReloadOutcome>;
  /** As `PolicyLoader.put`. */
  putBundle(
    bytes: Buffer,
    decided: (manifest: BundleVersion & { readonly name: string }) => Promise<void>,
  ): Promise<PutResult>;
  readonly targets: readonly TargetState[];
  /** `undefined` where nobody is asked for approval. */
  readonly answering: AnsweringOptions | undefined;
  /** With which links to answers are signed, and what whoever holds one is shown; `undefined` where none are sent. */
  readonly links: WebhookConfig | undefined;
  /** `undefined` where no tokens are minted. */
  readonly minting: Minting | undefined;
  /** Of the own log. */
  readonly auditSearch: SearchThread;
  /** Of all proxies; `undefined` where the store has no such index. */
  readonly sharedIndex: SharedIndex | undefined;
  /** What the proxy is called there. */
  readonly proxyName: string;
  /** Why the proxy should get no new clients; empty where it should. */
  readonly unready: readonly string[];
  /** As Prometheus reads it. */
  metrics(): Promise<string>;
}

export interface Identified {
  readonly person: Principal;
  /** Until when their token is good; `Infinity` for one that does not expire. */
  readonly untilMs: number;
}

export interface Minting {
  readonly mint: Mint;
  /** The file that each minted token is recorded in, besides the audit log. */
  readonly record: string;
  /** As they are now. */
  readonly users: () => Users;
}

export interface PolicyState {
  readonly revision: string;
  readonly origin: string;
  readonly files: number;
  /** When they came into force. */
  readonly sinceMs: number;
  readonly swaps: number;
  readonly refusals: number;
  readonly failures: number;
  /** `undefined` where there are no policies in the shadow. */
  readonly shadow:
    | {
        /** `undefined` while none could be loaded. */
        readonly revision: string | undefined;
      }
    | undefined;
}

/** What has become of another reading of the configuration. */
export interface ReloadOutcome {
  /** `refused`: nothing was changed. */
  readonly kind: "applied" | "unchanged" | "refused";
  /** SHA-256 of the file; empty where it could not be read. */
  readonly digest: string;
  /** Sections that have changed, such as `listen.tls`, and `targets.NAME`. */
  readonly changed: readonly string[];
  /** Keys whose change is for the next start. */
  readonly needsRestart: readonly string[];
  /** Why it was refused: all of it, with places and help, without secrets. */
  readonly report: string;
}

/** What somebody may do besides answering requests, which the rules that ask say themselves. */
export type Permission = "sessions" | "policies" | "bundles" | "targets" | "audit" | "tokens";

/** Groups of each. */
export type Permissions = Readonly<Record<Permission, readonly string[]>>;
