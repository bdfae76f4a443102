import { builtins } from "../builtins/registry.ts";
import { roots } from "../check/vocabulary.ts";
import type { Analysis } from "../compile/analyse.ts";
import { importedName } from "../compile/imports.ts";
import type { Local } from "../compile/plan.ts";
import { type Diagnostic, diagnostic, type Span } from "../diagnostics.ts";
import type { Module } from "../syntax/tree.ts";

const rootNames: ReadonlySet<string> = new Set([...roots, "input", "data"]);

/** Names that hide another: the text reads as if it meant the other one. */
export function shadowedNames(modules: readonly Module[], { resolver }: Analysis): Diagnostic[] {
  const byFile = new Map(modules.map((module) => [module.file, module] as const));
  const rulesOf = new Map<string, Set<string>>();
  for (const module of modules) {
    const name = module.package.join(".");
    const names = rulesOf.get(name) ?? new Set();
    for (const rule of module.rules) names.add(rule.name.text);
    rulesOf.set(name, names);
  }
  const rulesBeside = (module: Module): ReadonlySet<string> => rulesOf.get(module.package.join(".")) ?? new Set();

  const locals = new Set<Local>();
  for (const { meaning } of resolver.occurrences) if (meaning.kind === "local") locals.add(meaning.local);
  const ofLocals = [...locals].flatMap(({ name, span, declared }) => {
    const module = byFile.get(span.file);
    if (!declared || module === undefined) return [];
    const hidden = module.imports.some((clause) => importedName(clause) === name)
      ? "the import"
      : rulesBeside(module).has(name)
        ? "the rule"
        : (rootOf(name) ?? builtinOf(name));
    return hidden === undefined ? [] : [hides(`variable \`${name}\``, hidden, span)];
  });
  const ofModules = modules.flatMap((module) => [
    ...module.imports.flatMap((clause) => {
      const name = importedName(clause);
      const isRootItself = clause.path.length === 1 || (clause.path.length === 2 && clause.path[0] === "input");
      if (isRootItself && clause.alias === undefined) return [];
      const hidden = rulesBeside(module).has(name) ? "the rule" : rootOf(name);
      return hidden === undefined ? [] : [hides(`import \`${name}\``, hidden, clause.span)];
    }),
    ...firstOfEachName(module).flatMap(({ text, span }) => {
      const hidden = rootOf(text) ?? builtinOf(text);
      return hidden === undefined ? [] : [hides(`rule \`${text}\``, hidden, span)];
    }),
  ]);
  return [...ofLocals, ...ofModules];
}

function firstOfEachName({ rules }: Module): Module["rules"][number]["name"][] {
  return [...new Map(rules.toReversed().map(({ name }) => [name.text, name] as const)).values()];
}

function rootOf(name: string): string | undefined {
  return rootNames.has(name) ? "the root" : undefined;
}

function builtinOf(name: string): string | undefined {
  return builtins.has(name) ? "the function" : undefined;
}

function hides(what: string, hidden: string, span: Span): Diagnostic {
  return diagnostic("P406", `${what} hides ${hidden} of that name`, span, "give it another name");
}
