/**
 * Types of the values that a policy handles, as far as they are known: the vocabulary's, builtins' results, constants. `any` is data of
 * unknown shape and fits everywhere.
 */
import type { BuiltinType } from "../builtin.ts";
import { isArray, RegoObject, RegoSet, type Value } from "../values.ts";
import type { FieldType, RecordName } from "./vocabulary.ts";

export type Type =
  | { readonly kind: "any" }
  | { readonly kind: "null" | "boolean" | "number" }
  /** `enum` where only some strings occur; `field` is what a field of the vocabulary is called. */
  | { readonly kind: "string"; readonly enum?: readonly string[]; readonly field?: string }
  | { readonly kind: "array" | "set"; readonly of: Type }
  | { readonly kind: "object"; readonly of: Type }
  | { readonly kind: "record"; readonly record: RecordName }
  | { readonly kind: "union"; readonly of: readonly Type[] };

export const any: Type = { kind: "any" };
export const boolean: Type = { kind: "boolean" };
export const number: Type = { kind: "number" };
export const string: Type = { kind: "string" };

/** @param name the field's full name, such as `query.kind` */
export function ofField(type: FieldType, name: string): Type {
  switch (type.kind) {
    case "string":
      return { kind: "string", field: name, ...(type.values === undefined ? {} : { enum: type.values }) };
    case "number":
      return number;
    case "boolean":
      return boolean;
    case "any":
      return any;
    case "set":
    case "array":
      return { kind: type.kind, of: ofField(type.of, name) };
    case "record":
      return { kind: "record", record: type.record };
  }
}

export function ofBuiltin(type: BuiltinType): Type {
  if (type === "any") return any;
  if (typeof type === "string") {
    if (type === "array" || type === "set" || type === "object") return { kind: type, of: any };
    return { kind: type };
  }
  if ("array" in type) return { kind: "array", of: ofBuiltin(type.array) };
  if ("set" in type) return { kind: "set", of: ofBuiltin(type.set) };
  if ("object" in type) return { kind: "object", of: ofBuiltin(type.object.value) };
  return { kind: "union", of: type.anyOf.map(ofBuiltin) };
}

export function ofValue(value: Value): Type {
  switch (typeof value) {
    case "string":
      return string;
    case "boolean":
      return boolean;
    case "number":
    case "bigint":
      return number;
    default:
      if (value === null) return { kind: "null" };
      if (isArray(value)) return { kind: "array", of: common(value.map(ofValue)) };
      if (value instanceof RegoSet) return { kind: "set", of: common(value.members().map(ofValue)) };
      return { kind: "object", of: value instanceof RegoObject ? common(value.values().map(ofValue)) : any };
  }
}

/** One type for all members of a collection; `any` where they differ. */
export function common(types: readonly Type[]): Type {
  const [first, ...rest] = types;
  return first !== undefined && rest.every(({ kind }) => kind === first.kind) ? first : any;
}

/** What iteration gives; `undefined` for what cannot be iterated. */
export function elementOf(type: Type): Type | undefined {
  switch (type.kind) {
    case "any":
    case "record":
    case "union":
      return any;
    case "array":
    case "set":
    case "object":
      return type.of;
    default:
      return undefined;
  }
}

export function keyOfElement(type: Type): Type {
  if (type.kind === "array") return number;
  return type.kind === "set" ? type.of : any;
}

/** Whether one value can have both types. */
export function overlap(a: Type, b: Type): boolean {
  if (a.kind === "any" || b.kind === "any") return true;
  if (a.kind === "union") return a.of.some((member) => overlap(member, b));
  if (b.kind === "union") return b.of.some((member) => overlap(a, member));
  const isObject = (type: Type): boolean => type.kind === "object" || type.kind === "record";
  if (isObject(a) && isObject(b)) return a.kind !== "record" || b.kind !== "record" || a.record === b.record;
  return a.kind === b.kind;
}

/** In words, with an article. */
export function describe(type: Type): string {
  switch (type.kind) {
    case "any":
      return "a value";
    case "array":
    case "object":
      return `an ${type.kind}`;
    case "record":
      return `a ${type.record}`;
    case "union":
      return type.of.map(describe).join(" or ");
    case "null":
      return "null";
    default:
      return `a ${type.kind}`;
  }
}
