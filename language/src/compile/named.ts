/** What policies write out: the texts and paths by which a rule can mean one certain table or column. */
import type { SourceFile } from "../diagnostics.ts";
import { quotePart } from "../paths.ts";
import { parseModule } from "../syntax/parse.ts";

/** @param data JSON: its keys too may be names. */
export function namedIn(sources: readonly SourceFile[], data: unknown): ReadonlySet<string> {
  const named = new Set<string>();
  for (const source of sources) addOfTree(parseModule(source).tree, named);
  addOfData(data, named);
  return named;
}

/** Constants, and what `label`, `mask` and `filter` are about. */
function addOfTree(part: unknown, named: Set<string>): void {
  if (typeof part !== "object" || part === null) return;
  if ("kind" in part && part.kind === "scalar" && "value" in part && typeof part.value === "string")
    named.add(part.value);
  if ("parts" in part && Array.isArray(part.parts) && part.parts.every((each) => typeof each === "string"))
    named.add(part.parts.map(quotePart).join("."));
  for (const inner of Object.values(part)) addOfTree(inner, named);
}

function addOfData(part: unknown, named: Set<string>): void {
  if (typeof part === "string") named.add(part);
  if (typeof part !== "object" || part === null) return;
  for (const [key, value] of Object.entries(part)) {
    named.add(key);
    addOfData(value, named);
  }
}
