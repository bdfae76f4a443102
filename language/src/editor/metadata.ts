/** What the author says of a rule: the comment above it, plain or `# METADATA`. */
import { readMetadata } from "../metadata.ts";
import type { Module } from "../syntax/tree.ts";

export interface Remark {
  readonly title: string | undefined;
  readonly text: string | undefined;
}

/** The comment whose last line is the one before `line`. */
export function remarkAbove(module: Module, line: number): Remark | undefined {
  const lines: string[] = [];
  let next = line - 1;
  for (const comment of module.comments.toReversed()) {
    if (comment.span.line > next) continue;
    // A comment behind code belongs to that code.
    if (comment.span.line < next || comment.span.column > 1) break;
    lines.unshift(comment.text);
    next -= 1;
  }
  if (lines.length === 0) return undefined;
  const start = lines.findIndex((text) => text.trim() === "METADATA");
  return start < 0
    ? { title: undefined, text: lines.map((text) => text.replace(/^ /, "")).join("\n") }
    : ofMetadata(lines.slice(start + 1).map((text) => text.replace(/^ /, "")));
}

function ofMetadata(lines: readonly string[]): Remark | undefined {
  const metadata = readMetadata(lines.join("\n"));
  return typeof metadata === "string" ? undefined : { title: metadata.title, text: metadata.description };
}
