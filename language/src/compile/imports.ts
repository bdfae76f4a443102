/** The names that a file's imports bring in. */
import { type RootName, roots } from "../check/vocabulary.ts";
import { type Diagnostic, diagnostic } from "../diagnostics.ts";
import type { Import, Module } from "../syntax/tree.ts";

/** By the name that the file uses. */
export type Imports = ReadonlyMap<string, Import>;

export interface ResolvedImports {
  readonly of: ReadonlyMap<Module, Imports>;
  readonly diagnostics: readonly Diagnostic[];
}

/** @param vocabulary whether the vocabulary's roots can be imported, as they can where they are names */
export function resolveImports(modules: readonly Module[], vocabulary: boolean): ResolvedImports {
  const diagnostics: Diagnostic[] = [];
  const of = new Map<Module, Imports>();
  for (const module of modules) {
    const imports = new Map<string, Import>();
    for (const clause of module.imports) {
      const [root] = clause.path;
      // Accepted as in Rego, and without effect.
      if (root === "rego" || root === "future") continue;
      const name = importedName(clause);
      if (root !== "data" && root !== "input" && !(vocabulary && isRoot(root))) {
        const message = `import of \`${clause.path.join(".")}\``;
        diagnostics.push(diagnostic("P204", message, clause.span, "only `data.…` and `input.…` can be imported"));
        // What it names has the same cause and is not reported again.
        imports.set(name, { ...clause, path: ["data", ...clause.path] });
      } else if (imports.has(name)) {
        const help = "give one an alias: `import … as NAME`";
        diagnostics.push(diagnostic("P205", `\`${name}\` is imported twice`, clause.span, help));
      } else imports.set(name, clause);
    }
    of.set(module, imports);
  }
  return { of, diagnostics };
}

export function importedName({ alias, path }: Import): string {
  return alias ?? path.at(-1) ?? "";
}

export function isRoot(name: unknown): name is RootName {
  return roots.some((root) => root === name);
}
