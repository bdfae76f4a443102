export type Side = "direct" | "through";

/** What came of scripts that were run one after the other on a server of their own. */
export interface Outputs {
  /** What each script printed on both streams, in order. */
  readonly scripts: readonly string[];
  /** What the script printed that made what they found. */
  readonly setup: string;
  /** What went wrong inside the proxy. */
  readonly faults: readonly unknown[];
}

/** Nothing is denied and nothing hidden: what is left is what the proxy does to everybody. */
export const permissive = { path: "permissive.policy", text: "package permissive\n" };
