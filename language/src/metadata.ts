/** `# METADATA` comments: YAML about the statement that follows, as in Rego. */
import { parse } from "yaml";
import { type Diagnostic, diagnostic, type Span } from "./diagnostics.ts";
import type { Module } from "./syntax/tree.ts";

export interface Metadata {
  readonly title: string | undefined;
  readonly description: string | undefined;
  /** What else the author says, by name, in order; what stands under `custom` is not nested. */
  readonly custom: readonly (readonly [name: string, value: unknown])[];
}

export interface ModuleMetadata {
  /** Of the statement that begins in this line; the package clause is one. */
  readonly at: (line: number) => Metadata | undefined;
  /** Blocks that are no YAML, or no fields. */
  readonly diagnostics: readonly Diagnostic[];
}

export function metadataOf(module: Module): ModuleMetadata {
  const found = new Map<number, Metadata>();
  const diagnostics: Diagnostic[] = [];
  for (const block of blocksOf(module)) {
    const metadata = readMetadata(block.lines.join("\n"));
    if (typeof metadata !== "string") found.set(block.next, metadata);
    else diagnostics.push(diagnostic("P121", `METADATA ${metadata}`, block.span));
  }
  return { at: (line) => found.get(line), diagnostics };
}

interface Block {
  readonly lines: readonly string[];
  readonly span: Span;
  /** The line after it. */
  readonly next: number;
}

function blocksOf({ comments }: Module): Block[] {
  const blocks: { lines: string[]; span: Span; next: number }[] = [];
  for (const { text, span } of comments) {
    const block = blocks.at(-1);
    if (text.trim() === "METADATA") blocks.push({ lines: [], span, next: span.line + 1 });
    else if (block !== undefined && block.next === span.line) {
      block.lines.push(text.replace(/^ /, ""));
      block.next += 1;
    }
  }
  return blocks;
}

/** The fields of what stands below `# METADATA`, without the signs of comments; or why there are none. */
export function readMetadata(yaml: string): Metadata | string {
  let value: unknown;
  try {
    value = parse(yaml);
  } catch (error) {
    return `is not YAML: ${(error as Error).message.split("\n")[0]}`;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "has no fields such as `title: …`";
  const { title, description, custom, scope: _, ...rest } = value as Readonly<Record<string, unknown>>;
  const ownFields = typeof custom === "object" && custom !== null && !Array.isArray(custom) ? custom : {};
  return {
    title: textOf(title),
    description: textOf(description),
    custom: [...Object.entries(rest), ...Object.entries(ownFields)],
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value.trim() : undefined;
}
