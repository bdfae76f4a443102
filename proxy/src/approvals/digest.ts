/** What an approval belongs to, and nothing else: the same text with other values, under another name or elsewhere is another statement. */
import { createHash } from "node:crypto";
import type { Principal, PrincipalContext } from "@penstock/engine";

export interface BoundValue {
  readonly binary: boolean;
  /** `undefined` for NULL. */
  readonly bytes: Buffer | undefined;
}

export interface DigestedStatement {
  readonly who: PrincipalContext;
  readonly searchPath: readonly string[];
  /** As the client wrote it, then the texts of prepared statements that it runs by name. */
  readonly texts: readonly string[];
  /** What its names mean: a table that was dropped and made anew is another one. */
  readonly relations: readonly { readonly path: string; readonly oid: number }[];
  /** OIDs as declared, in the bytes of the Parse message. */
  readonly types: Buffer;
  readonly values: readonly BoundValue[];
}

export function digestOf(statement: DigestedStatement): string {
  return digestParts("penstock approval 1", statement);
}

/** SHA-256 in hex over the parts, each after its length, so that no two statements give the same bytes. @param purpose of the digest */
export function digestParts(
  purpose: string,
  { who, searchPath, texts, relations, types, values }: DigestedStatement,
): string {
  const hash = createHash("sha256");
  const add = (part: string | Buffer) => {
    const bytes = typeof part === "string" ? Buffer.from(part, "utf8") : part;
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(bytes.length));
    hash.update(length).update(bytes);
  };
  const addAll = (parts: readonly (string | Buffer)[]) => {
    add(String(parts.length));
    for (const part of parts) add(part);
  };
  add(purpose);
  addAll(actsFor(who.principal));
  addAll([who.target.name, who.session.database]);
  addAll(searchPath);
  addAll(texts);
  addAll(relations.map(({ path, oid }) => `${oid} ${path}`).sort());
  add(types);
  addAll(values.flatMap(({ binary, bytes }) => [bytes === undefined ? "null" : binary ? "b" : "t", bytes ?? ""]));
  return hash.digest("hex");
}

/** The ids of a principal and of everybody for whom it acts. */
export function actsFor(principal: Principal): readonly string[] {
  const ids: string[] = [];
  for (let next: Principal | undefined = principal; next !== undefined; next = next.onBehalfOf) ids.push(next.id);
  return ids;
}
