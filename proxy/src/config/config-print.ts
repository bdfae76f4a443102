/**
 * What tells one reading of the configuration from another: the values of `penstock.yaml`, and what the files and variables held that they name.
 * Only digests are kept, so that no secret is.
 */
import { createHash } from "node:crypto";
import type { YamlPath } from "./yaml-document.ts";

/** Read again whenever they are needed: another content is no other configuration. */
const readAgain: ReadonlySet<string | number | undefined> = new Set(["password_file", "token_file", "secret_file"]);

export class ConfigPrint {
  /** SHA-256 of the file, in hexadecimal: for the record. */
  readonly digest: string;
  readonly #value: unknown;
  readonly #notes: { readonly at: string; readonly digest: string }[] = [];

  /** @param value of the whole file, with defaults */
  constructor(text: string, value: unknown) {
    this.digest = createHash("sha256").update(text).digest("hex");
    this.#value = value;
  }

  /** What a value of the configuration names has this content. */
  note(at: YamlPath, content: string): void {
    if (readAgain.has(at.at(-1))) return;
    this.#notes.push({ at: keyOf(at), digest: createHash("sha256").update(content).digest("base64") });
  }

  /**
   * Equal where the value at that place, and all that it names, is.
   * @param skip keys of it that do not count
   */
  of(at: YamlPath, skip: readonly string[] = []): string {
    const [key, skipped] = [keyOf(at), skip.map((name) => keyOf([...at, name]))];
    const isWithin = (place: string, whole: string) => place === whole || place.startsWith(`${whole},`);
    const notes = this.#notes
      .filter((note) => isWithin(note.at, key) && !skipped.some((whole) => isWithin(note.at, whole)))
      .map((note) => [note.at.slice(key.length), note.digest]);
    const value = this.#at(at);
    const counted = isMap(value)
      ? Object.fromEntries(Object.entries(value).filter(([name]) => !skip.includes(name)))
      : value;
    const digest = createHash("sha256")
      .update(JSON.stringify(counted) ?? "")
      .digest("base64");
    return JSON.stringify([digest, notes]);
  }

  /** Keys of the map at that place, those with defaults included; none where there is no map. */
  keys(at: YamlPath): readonly string[] {
    const value = this.#at(at);
    return isMap(value) ? Object.keys(value) : [];
  }

  #at(path: YamlPath): unknown {
    let value = this.#value;
    for (const part of path) {
      if (typeof value !== "object" || value === null) return undefined;
      value = Reflect.get(value, part);
    }
    return value;
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `"targets",0,"tls"`: the key of a part begins with that of the whole and a comma. */
function keyOf(at: YamlPath): string {
  return JSON.stringify(at).slice(1, -1);
}
