import { type Diagnostic, diagnostic } from "../diagnostics.ts";
import type { Group } from "./rule-tree.ts";

/** Rules that need themselves: one error for each group on a cycle that is found first. */
export function recursionErrors(groups: readonly Group[]): Diagnostic[] {
  const done = new Set<Group>();
  const path: Group[] = [];
  const onPath = new Set<Group>();
  const diagnostics: Diagnostic[] = [];
  const visit = (group: Group): void => {
    if (done.has(group)) return;
    if (onPath.has(group)) {
      const cycle = [...path.slice(path.indexOf(group)), group];
      const [rule] = group.rules;
      if (rule !== undefined) {
        const way = cycle.map((member) => member.path.at(-1)).join(" → ");
        diagnostics.push(diagnostic("P212", `rule \`${group.path.at(-1)}\` needs itself: ${way}`, rule.rule.name.span));
      }
      return;
    }
    path.push(group);
    onPath.add(group);
    for (const used of group.uses) visit(used);
    path.pop();
    onPath.delete(group);
    done.add(group);
  };
  for (const group of groups) visit(group);
  return diagnostics;
}
