/**
 * What drivers and frameworks say of a statement in a comment at its end (SQLCommenter), as in `application='shop',traceparent='00-…'`. Anybody
 * can write anything there, so it is recorded as asserted, and nothing is decided by it. Hot: most texts end without a comment.
 */
import { redactedField } from "@penstock/engine";
import { jsonOnLine } from "../audit/escape.ts";
import type { Ruling } from "./gate.ts";

const commentCharactersMax = 2_048;
const tagsMax = 32;
const pair = /([A-Za-z0-9_.%~-]+)='((?:[^'\\]|\\.)*)'(?:,|$)/y;

/** The ruling with the tags in what is recorded of its statements, where that holds what was written into them (`audit.redact`). */
export function withAssertedTags(ruling: Ruling, text: string): Ruling {
  const tags = assertedTags(text);
  if (tags === undefined) return ruling;
  const fields = `,"asserted":${jsonOnLine(tags)}`;
  const tagged = (record: string) => (record.includes(redactedField) ? record : record + fields);
  if (ruling.kind === "refused") return { ...ruling, records: ruling.records.map(tagged) };
  return { ...ruling, plans: ruling.plans.map((plan) => ({ ...plan, auditFields: tagged(plan.auditFields) })) };
}

/** `undefined` where there are none, or what stands there is something else. */
export function assertedTags(text: string): Readonly<Record<string, string>> | undefined {
  if (!/\*\/[\s;]*$/.test(text.slice(-8))) return undefined;
  const end = text.lastIndexOf("*/");
  const start = text.lastIndexOf("/*", end);
  if (start < 0 || end - start > commentCharactersMax) return undefined;
  const comment = text.slice(start + 2, end).trim();
  const tags: [string, string][] = [];
  pair.lastIndex = 0;
  while (pair.lastIndex < comment.length) {
    const found = pair.exec(comment);
    if (found === null || tags.length === tagsMax) return undefined;
    const [, key = "", value = ""] = found;
    tags.push([decoded(key), decoded(value.replaceAll(/\\(.)/gs, "$1"))]);
  }
  return tags.length === 0 ? undefined : Object.fromEntries(tags);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
