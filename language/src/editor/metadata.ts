/** What the author says of a rule: the comment above it, plain or `# METADATA`. */
import { parse } from "yaml";
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
  let metadata: unknown;
  try {
    metadata = parse(lines.join("\n"));
  } catch {
    return undefined;
  }
  if (typeof metadata !== "object" || metadata === null) return undefined;
  const text = (name: string): string | undefined => {
    const value: unknown = Object.entries(metadata).find(([key]) => key === name)?.[1];
    return typeof value === "string" ? value : undefined;
  };
  return { title: text("title"), text: text("description") };
}
