import type { PrincipalContext } from "@penstock/engine";
import type { DetectedKind } from "./detector.ts";
import { Redactor } from "./redactor.ts";

/** What is looked for in results of a target, and for whom not. */
export interface Detection {
  readonly kinds: readonly DetectedKind[];
  readonly exempt: {
    /** Ids of principals. */
    readonly principals: readonly string[];
    readonly groups: readonly string[];
  };
}

/** `undefined` for whom nothing is looked into. An agent is not exempt because the person is for whom it acts. */
export function redactorFor(
  detection: Detection | undefined,
  { principal }: PrincipalContext,
  valueBytesMax: number,
): Redactor | undefined {
  if (detection === undefined) return undefined;
  const { principals, groups } = detection.exempt;
  if (principals.includes(principal.id) || groups.some((group) => principal.groups.includes(group))) return undefined;
  return new Redactor(detection.kinds, valueBytesMax);
}
