import type { Approval } from "@penstock/engine";

/** One yes that a statement needs. */
export interface Need {
  /** Equal for needs that the same yes meets. The reason is not part of it: a rule may compute one that differs each time. */
  readonly key: string;
  /** Somebody of any of them. */
  readonly groups: readonly string[];
  /** How long a yes holds for further statements that are the same; `undefined`: for this one only. */
  readonly forMs: number | undefined;
  readonly because: string | undefined;
}

/** What a decision asks for; rules of one package that ask the same people for the same time ask once. */
export function needsOf(approvals: readonly Approval[]): readonly Need[] {
  const needs = new Map<string, Need>();
  for (const { groups, durationMs, message, rule } of approvals) {
    const key = JSON.stringify([rule.package, groups, durationMs ?? null]);
    if (!needs.has(key)) needs.set(key, { key, groups, forMs: durationMs, because: message });
  }
  return [...needs.values()];
}

/** `dba or security; an agent reads secrets`, for people. */
export function printNeed({ groups, because }: Need): string {
  return `${groups.join(" or ")}${because === undefined ? "" : `; ${because}`}`;
}
