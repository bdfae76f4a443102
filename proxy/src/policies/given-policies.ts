import type { Redaction } from "@penstock/engine";
import type { PoliciesConfig } from "../config/sections/policies.ts";
import { compileContent, type PolicyContent } from "./policy-content.ts";
import type { Loader, PoliciesResult, PutResult } from "./policy-loader.ts";

/** Policies that another process has loaded and checked: compiled as they are. */
export class GivenPolicies implements Loader {
  /** What was given last: the same of all that were renewed. */
  readonly #given: { content: PolicyContent | undefined };
  readonly #redaction: Redaction | undefined;

  constructor(given: { content: PolicyContent | undefined }, redaction?: Redaction) {
    this.#given = given;
    this.#redaction = redaction;
  }

  load(): Promise<PoliciesResult> {
    const { content } = this.#given;
    return Promise.resolve(content === undefined ? { kind: "unchanged" } : compileContent(content, this.#redaction));
  }

  renewed(_config: PoliciesConfig, redaction: Redaction | undefined): Loader {
    return new GivenPolicies(this.#given, redaction);
  }

  put(): Promise<PutResult> {
    return Promise.resolve({ kind: "no place", report: "policies are loaded by the first process" });
  }
}
