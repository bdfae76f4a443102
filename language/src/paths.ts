/** Paths of tables and columns as the vocabulary writes them: `schema.table.column`. */

/** None for a text that is no path. */
export function pathParts(path: string): string[] {
  const parts: string[] = [];
  for (const [, quoted, plain] of path.matchAll(/(?:"((?:[^"]|"")*)"|([^."]+))(?:\.|$)/gy)) {
    parts.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
  }
  return parts;
}

/** Quoted where it holds a dot or a quote, so that no two objects share a path. */
export function quotePart(part: string): string {
  return /[."]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part;
}
