/** What stands at a place of a policy file, for editors. */
import type { RecordName, RootName } from "../check/vocabulary.ts";
import type { Builtin } from "../builtin.ts";
import type { Local } from "../compile/plan.ts";
import type { Group } from "../compile/rule-tree.ts";
import type { Scope } from "../compile/scope.ts";
import type { Span } from "../diagnostics.ts";
import type { DecisionKind, Import } from "../syntax/tree.ts";

export type Meaning =
  | { readonly kind: "local"; readonly local: Local; readonly scope: Scope | undefined }
  | { readonly kind: "rule"; readonly group: Group }
  | { readonly kind: "import"; readonly import: Import }
  /** Of rules, or data that no rule defines: a path below `data`. */
  | { readonly kind: "data"; readonly path: readonly string[] }
  | { readonly kind: "root"; readonly root: RootName }
  | { readonly kind: "field"; readonly record: RecordName; readonly name: string }
  /** A string that is compared with a field: one of its values where it has a list of them. */
  | { readonly kind: "value"; readonly field: string; readonly text: string; readonly isListed: boolean }
  | { readonly kind: "label"; readonly label: string }
  | { readonly kind: "builtin"; readonly builtin: Builtin }
  | { readonly kind: "mask"; readonly name: string }
  | { readonly kind: "decision"; readonly word: DecisionKind }
  /** Schema, table or column by its path; how many parts there are tells which. */
  | { readonly kind: "relation"; readonly path: readonly string[] };

export interface Place {
  /** Of the name itself, in quotes where it is written so. */
  readonly span: Span;
  readonly meaning: Meaning;
  readonly isDefinition: boolean;
}

/** The same for places that mean the same thing, across files. */
export function identityOf(meaning: Meaning): string {
  switch (meaning.kind) {
    case "local":
      return `local ${meaning.local.span.file} ${meaning.local.span.start} ${meaning.local.name}`;
    case "rule":
      return `data ${JSON.stringify(meaning.group.path)}`;
    case "import":
      return `import ${meaning.import.span.file} ${meaning.import.span.start}`;
    case "data":
      return `data ${JSON.stringify(meaning.path)}`;
    case "root":
      return `root ${meaning.root}`;
    case "field":
      return `field ${meaning.record}.${meaning.name}`;
    case "value":
      return `value ${meaning.field} ${meaning.text}`;
    case "label":
      return `label ${meaning.label}`;
    case "builtin":
      return `builtin ${meaning.builtin.name}`;
    case "mask":
      return `mask ${meaning.name}`;
    case "decision":
      return `decision ${meaning.word}`;
    case "relation":
      return `relation ${JSON.stringify(meaning.path)}`;
  }
}
