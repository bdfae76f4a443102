/** Decides recorded statements under two versions of the policies, and adds up what changes for whom. */
import type { Catalog } from "../catalog/catalog.ts";
import type { Enforcer, PrincipalContext } from "../enforcer.ts";
import { type Change, changesBetween } from "./compare.ts";
import { newCounts, readTraffic, type TrafficCounts } from "./traffic.ts";

export interface ReplayGroup extends Change {
  readonly principal: string;
  /** The first statement to which it happened. */
  readonly example: string;
  count: number;
}

export interface ReplayResult {
  readonly traffic: TrafficCounts;
  /** Statements to which something happens. */
  changed: number;
  /** Statements of targets without a catalog, by target: not decided. */
  readonly unknownTargets: Map<string, number>;
  /** By kind, rule and principal. */
  readonly groups: readonly ReplayGroup[];
  /** Changes that found no room among the groups. */
  ungrouped: number;
  readonly principals: number;
}

const groupsMax = 10_000;
const principalsMax = 1_000_000;

/** @param catalogOf the schema of a target, if it is known */
export async function replay(
  files: readonly string[],
  before: Enforcer,
  after: Enforcer,
  catalogOf: (target: string) => Catalog | undefined,
): Promise<ReplayResult> {
  const traffic = newCounts();
  const groups = new Map<string, ReplayGroup>();
  const principals = new Set<string>();
  const unknownTargets = new Map<string, number>();
  let [changed, ungrouped] = [0, 0];
  for await (const { who, searchPath, text } of readTraffic(files, traffic)) {
    const { name } = who.target;
    const catalog = catalogOf(name);
    if (catalog === undefined) {
      unknownTargets.set(name, (unknownTargets.get(name) ?? 0) + 1);
      continue;
    }
    const principal = nameOf(who);
    if (principals.size < principalsMax) principals.add(principal);
    const names = { searchPath };
    const changes = changesBetween(before.decide(text, who, names, catalog), after.decide(text, who, names, catalog));
    if (changes.length > 0) changed++;
    for (const change of changes) {
      const key = JSON.stringify([change.kind, change.rule, change.what, principal]);
      const group = groups.get(key);
      if (group !== undefined) group.count++;
      else if (groups.size < groupsMax) groups.set(key, { ...change, principal, example: text, count: 1 });
      else ungrouped++;
    }
  }
  return { traffic, changed, unknownTargets, groups: [...groups.values()], ungrouped, principals: principals.size };
}

function nameOf({ principal: { id, onBehalfOf } }: PrincipalContext): string {
  return onBehalfOf === undefined ? id : `${id} for ${onBehalfOf.id}`;
}
