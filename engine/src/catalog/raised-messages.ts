import { parsePlpgsql } from "../sql/postgres/parse.ts";
import type { Catalog } from "./catalog.ts";

const known = new WeakMap<Catalog, ReadonlySet<string>>();

/** Messages that functions in PL/pgSQL raise without putting a value in: they say the same of every row. Read once a catalog. */
export function raisedMessages(catalog: Catalog): ReadonlySet<string> {
  let messages = known.get(catalog);
  if (messages === undefined) {
    const found = new Set<string>();
    for (const { language, body } of [...catalog.functions.values()].flat()) {
      if (language === "plpgsql" && body !== undefined) collect(parsePlpgsql(body.text), found);
    }
    known.set(catalog, (messages = found));
  }
  return messages;
}

function collect(node: unknown, found: Set<string>): void {
  if (typeof node !== "object" || node === null) return;
  for (const [name, value] of Object.entries(node)) {
    if (name === "PLpgSQL_stmt_raise") addMessage(value, found);
    collect(value, found);
  }
}

function addMessage({ message, params, options }: Record<string, unknown>, found: Set<string>): void {
  if (typeof message === "string" && params === undefined && options === undefined) {
    found.add(message.replaceAll("%%", "%"));
  }
}
