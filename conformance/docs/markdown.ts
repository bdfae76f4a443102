/** A fenced block of a Markdown page. */
export interface Fence {
  /** `rego`, `json`, `console` and so on. */
  readonly language: string;
  /** What follows the language: `file=a.policy`, `error=P312`, `holds`. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly text: string;
  /** Of the fence's first line of text, from 1. */
  readonly line: number;
}

/** Fences that begin at the first column, as all of ours do. */
export function fencesOf(markdown: string): Fence[] {
  const fences: Fence[] = [];
  const lines = markdown.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const opening = /^```(\w+)\s*(.*)$/.exec(lines[index] ?? "");
    if (opening === null) continue;
    const end = lines.indexOf("```", index + 1);
    if (end < 0) throw new Error(`the fence of line ${index + 1} has no end`);
    const [, language = "", rest = ""] = opening;
    const attributes = rest
      .split(/\s+/)
      .filter((word) => word !== "")
      .map((word): [string, string] => {
        const [key = "", value = ""] = word.split("=");
        return [key, value];
      });
    fences.push({
      language,
      attributes: new Map(attributes),
      text: lines.slice(index + 1, end).join("\n"),
      line: index + 2,
    });
    index = end;
  }
  return fences;
}
