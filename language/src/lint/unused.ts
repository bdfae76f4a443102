import type { Analysis } from "../compile/analyse.ts";
import { importedName } from "../compile/imports.ts";
import { termLocals } from "../compile/order.ts";
import type { Local } from "../compile/plan.ts";
import type { Group } from "../compile/rule-tree.ts";
import { type Diagnostic, diagnostic } from "../diagnostics.ts";
import type { Import, Module } from "../syntax/tree.ts";

/** Variables that are named once: where they get their value. A name that begins with `_` says that this is meant. */
export function unusedVariables({ resolver, rules, decisions }: Analysis): Diagnostic[] {
  const used = new Map<Local, boolean>();
  for (const { span, meaning } of resolver.occurrences) {
    if (meaning.kind !== "local") continue;
    const { local } = meaning;
    used.set(local, used.get(local) === true || span.start !== local.span.start);
  }
  const parameters = new Set<Local>();
  for (const { definitions } of rules.groups) {
    for (const { params } of definitions) for (const param of params) termLocals(param, parameters);
  }
  // `filter … as row where false` leaves no rows; the row has to have a name.
  const rows = new Set(decisions.map(({ plan }) => plan.rows?.row));
  return [...used].flatMap(([local, isUsed]) => {
    if (isUsed || rows.has(local) || local.name.startsWith("_")) return [];
    const { name, span } = local;
    if (parameters.has(local)) {
      const advice = { help: "call it `_`, or let the name begin with `_`", fix: { span, text: `_${name}` } };
      return [diagnostic("P403", `parameter \`${name}\` is never used`, span, advice)];
    }
    const advice = { help: "call it `_`, or take it out", fix: { span, text: "_" } };
    return [diagnostic("P402", `variable \`${name}\` is never used`, span, advice)];
  });
}

export function unusedImports(modules: readonly Module[], { resolver }: Analysis): Diagnostic[] {
  const used = new Set<Import>();
  for (const { meaning } of resolver.occurrences) if (meaning.kind === "import") used.add(meaning.import);
  const isReplaced = ({ file }: Module, { path }: Import): boolean =>
    resolver.targets.some(
      (target) => target.span.file === file && path.every((step, index) => step === target.path[index]),
    );
  return modules.flatMap((module) =>
    module.imports
      .filter((clause) => clause.path[0] !== "rego" && clause.path[0] !== "future")
      .filter((clause) => !used.has(clause) && !isReplaced(module, clause))
      .map((clause) =>
        diagnostic("P404", `import \`${importedName(clause)}\` is never used`, clause.span, "take it out"),
      ),
  );
}

/**
 * Rules that no decision and no test reaches. A package with neither is a library or data for others, which may lie elsewhere: all of it
 * counts as used.
 */
export function unusedRules(modules: readonly Module[], { rules, decisionUses }: Analysis): Diagnostic[] {
  const decides = new Set(
    modules
      .filter(({ decisions, rules: own }) => decisions.length > 0 || own.some(({ name }) => isTest(name.text)))
      .map((module) => module.package.join(".")),
  );
  const reached = new Set<Group>();
  const reach = (group: Group): void => {
    if (reached.has(group)) return;
    reached.add(group);
    group.uses.forEach(reach);
  };
  decisionUses.forEach(reach);
  for (const group of rules.groups) if (!isPartOf(decides, group) || isRoot(group)) reach(group);
  return rules.groups.flatMap((group) => {
    const [first] = group.rules;
    if (reached.has(group) || first === undefined) return [];
    const { text, span } = first.rule.name;
    const help = "no decision and no test reaches it: take it out, or test it";
    return [diagnostic("P405", `rule \`${text}\` is never used`, span, help)];
  });
}

function isTest(name: string): boolean {
  return name.startsWith("test_");
}

function isPartOf(packages: ReadonlySet<string>, { rules }: Group): boolean {
  return rules.some(({ module }) => packages.has(module.package.join(".")));
}

/** Tests, what `allow` statements are besides, and what its author has marked. `deny` has a warning of its own. */
function isRoot({ rules }: Group): boolean {
  return rules.some(
    ({ rule: { name } }) => isTest(name.text) || ["allow", "deny"].includes(name.text) || name.text.startsWith("_"),
  );
}
