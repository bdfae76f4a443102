import type { NameContext } from "@penstock/engine";

/**
 * Reads the value of search_path as the server shows it (SplitIdentifierString in varlena.c): names between commas, folded unless
 * quoted.
 * @param user what `$user` stands for: the name that the proxy has logged in with.
 */
export function parseSearchPath(value: string, user: string): NameContext {
  const searchPath: string[] = [];
  for (const [, quoted, bare] of value.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^",\s][^",]*?))\s*(?:,|$)/g)) {
    const name = quoted === undefined ? foldAscii(bare ?? "") : quoted.replaceAll('""', '"');
    const schema = name === "$user" ? user : name;
    // An empty entry is how pg_dump empties the path; pg_temp and pg_catalog are implicit where they are not named.
    if (schema !== "") searchPath.push(schema);
  }
  return { searchPath };
}

function foldAscii(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export function sameSearchPath(a: NameContext, b: NameContext): boolean {
  return (
    a.searchPath.length === b.searchPath.length && a.searchPath.every((name, index) => name === b.searchPath[index])
  );
}
