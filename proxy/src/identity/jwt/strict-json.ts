/** JSON objects that nobody can read in two ways: RFC 8259 leaves open which of two members of one name counts, and parsers differ. */

const depthMax = 16;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const parts = /"(?:[^"\\]|\\.)*"|[{}[\],]/gs;

/** `undefined` for what is no UTF-8, no JSON object, has two members of one name anywhere, or nests too deep. */
export function strictJsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = utf8.decode(bytes);
    const value: unknown = JSON.parse(text);
    return isRecord(value) && hasUniqueNames(text) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member of its own, whatever its name. */
export function memberOf(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** @param text well-formed JSON */
function hasUniqueNames(text: string): boolean {
  /** Names of each object that is open; `undefined` for an array. */
  const open: (Set<string> | undefined)[] = [];
  let isName = false;
  for (const [part] of text.matchAll(parts)) {
    const names = open.at(-1);
    if (part === "{" || part === "[") {
      if (open.length === depthMax) return false;
      open.push(part === "{" ? new Set() : undefined);
      isName = part === "{";
    } else if (part === "}" || part === "]") {
      open.pop();
      isName = false;
    } else if (part === ",") isName = names !== undefined;
    else if (isName && names !== undefined) {
      const name: unknown = JSON.parse(part);
      if (typeof name !== "string" || names.has(name)) return false;
      names.add(name);
      isName = false;
    }
  }
  return true;
}
