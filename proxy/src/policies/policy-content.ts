import { createEnforcer, type Enforcer, type Redaction } from "@penstock/engine";
import { compile, type Diagnostic, formatDiagnostics, type SourceFile } from "@penstock/language";

/** What policies are compiled from: plain data, which another process can compile too. */
export interface PolicyContent {
  readonly sources: readonly SourceFile[];
  /** The `data` of the policies. */
  readonly data: unknown;
  /** For the log: where they come from, who signed. */
  readonly origin: string;
}

export interface LoadedPolicies {
  readonly enforcer: Enforcer;
  readonly files: number;
  /** As of the content. */
  readonly origin: string;
  readonly content: PolicyContent;
  /** Printed as compilers do; empty where there are none. */
  readonly warnings: string;
  /** What an operator should know of how they were got; empty where there is nothing. */
  readonly note: string;
}

export type LoadedOrRefused =
  | { readonly kind: "loaded"; readonly policies: LoadedPolicies }
  /** @property report diagnostics with excerpts, for people */
  | { readonly kind: "refused"; readonly report: string };

export function compileContent(content: PolicyContent, redaction: Redaction | undefined): LoadedOrRefused {
  const { sources, data, origin } = content;
  const { program, diagnostics } = compile({ sources, data });
  const print = (some: readonly Diagnostic[]) => (some.length === 0 ? "" : formatDiagnostics(some, sources));
  if (program === undefined) return { kind: "refused", report: print(diagnostics) };
  const enforcer = createEnforcer(program, { redaction });
  return {
    kind: "loaded",
    policies: { enforcer, files: sources.length, origin, content, warnings: print(diagnostics), note: "" },
  };
}
