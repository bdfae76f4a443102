/** What an editor offers at a place. */
export interface Completion {
  readonly label: string;
  readonly kind:
    | "decision"
    | "keyword"
    | "variable"
    | "rule"
    | "function"
    | "root"
    | "field"
    | "value"
    | "package"
    | "mask"
    | "label"
    | "relation"
    | "column";
  /** What is written instead of the word at the cursor; with `$1`, `${2:name}` where it is to be filled in. */
  readonly insert: string;
  readonly isSnippet: boolean;
  /** Type, signature or the like, in one line. */
  readonly detail: string | undefined;
  /** Markdown. */
  readonly documentation: string | undefined;
}

export interface Completions {
  /** What a completion replaces. */
  readonly start: number;
  readonly end: number;
  readonly items: readonly Completion[];
}

type More = Partial<Pick<Completion, "detail" | "documentation">> & { readonly snippet?: string };

export function completion(kind: Completion["kind"], label: string, more: More = {}): Completion {
  return {
    label,
    kind,
    insert: more.snippet ?? label,
    isSnippet: more.snippet !== undefined,
    detail: more.detail,
    documentation: more.documentation,
  };
}

/** `name(${1:first}, ${2:second})` */
export function callSnippet(name: string, parameters: readonly string[]): string {
  return `${name}(${parameters.map((parameter, index) => `\${${index + 1}:${parameter}}`).join(", ")})`;
}
