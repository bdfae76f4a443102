/**
 * Types of the values that a policy handles, as far as they are known: the vocabulary's, builtins' results, constants. `any` is data of
 * unknown shape and fits everywhere.
 */
import type { BuiltinType } from "../builtin.ts";
import { isArray, RegoObject, RegoSet, type Value } from "../values.ts";
import { type Field, type FieldType, type RecordName, records } from "./vocabulary.ts";

export type Type =
  | { readonly kind: "any" }
  | { readonly kind: "null" | "boolean" | "number" }
  /** `enum` where only some strings occur; `field` is what a field of the vocabulary is called. */
  | { readonly kind: "string"; readonly enum?: readonly string[]; readonly field?: string }
  | { readonly kind: "array" | "set"; readonly of: Type }
  /** `fields` where it has these at most. */
  | { readonly kind: "object"; readonly of: Type; readonly fields?: ReadonlyMap<string, Type> }
  | { readonly kind: "record"; readonly record: RecordName }
  | { readonly kind: "union"; readonly of: readonly Type[] };

export const any: Type = { kind: "any" };
export const boolean: Type = { kind: "boolean" };
export const number: Type = { kind: "number" };
export const string: Type = { kind: "string" };

/** @param name the field's full name, such as `query.kind` */
function ofField(type: FieldType, name: string): Type {
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
    case "object":
      return { kind: "object", of: ofField(type.of, name) };
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
      if (isArray(value)) return { kind: "array", of: unionOf(value.map(ofValue)) };
      if (value instanceof RegoSet) return { kind: "set", of: unionOf(value.members().map(ofValue)) };
      return value instanceof RegoObject
        ? objectOf(value.entries().map(([key, each]) => [key, ofValue(each)] as const))
        : any;
  }
}

/** An object that is written out. @param entries keys as far as they are known */
export function objectOf(entries: readonly (readonly [Value | undefined, Type])[]): Type {
  const of = unionOf(entries.map(([, type]) => type));
  const fields = entries.flatMap(([key, type]) => (typeof key === "string" ? [[key, type] as const] : []));
  return fields.length < entries.length ? { kind: "object", of } : { kind: "object", of, fields: new Map(fields) };
}

/** Words of a string and fields of an object that are told apart: of more than that, any may occur. */
const knownMax = 1_000;

/** What a value is that has one of these types; of nothing, `any`. */
export function unionOf(types: readonly Type[]): Type {
  const merged: Type[] = [];
  for (const type of types.flatMap((each) => (each.kind === "union" ? each.of : [each]))) {
    if (type.kind === "any") return any;
    const index = merged.findIndex((other) => isAlike(other, type));
    const other = merged[index];
    if (other === undefined) merged.push(type);
    else if (other !== type) merged[index] = merge(other, type);
  }
  const [only, another] = merged;
  if (only === undefined) return any;
  return another === undefined ? only : { kind: "union", of: merged };
}

function isAlike(a: Type, b: Type): boolean {
  return a.kind === b.kind && (a.kind !== "record" || b.kind !== "record" || a.record === b.record);
}

function merge(a: Type, b: Type): Type {
  if (a.kind === "string" && b.kind === "string") {
    const field = a.field === b.field && a.field !== undefined ? { field: a.field } : {};
    if (a.enum === undefined || b.enum === undefined) return { kind: "string", ...field };
    const words = new Set([...a.enum, ...b.enum]);
    return words.size > knownMax ? { kind: "string", ...field } : { kind: "string", ...field, enum: [...words] };
  }
  if ((a.kind === "array" || a.kind === "set") && b.kind === a.kind) {
    return { kind: a.kind, of: unionOf([a.of, b.of]) };
  }
  if (a.kind === "object" && b.kind === "object") {
    const of = unionOf([a.of, b.of]);
    if (a.fields === undefined || b.fields === undefined) return { kind: "object", of };
    if (a.fields.size + b.fields.size > knownMax) return { kind: "object", of };
    const fields = new Map(a.fields);
    for (const [name, type] of b.fields) fields.set(name, unionOf([fields.get(name) ?? type, type]));
    return { kind: "object", of, fields };
  }
  return a;
}

/** What iteration gives; `undefined` for what cannot be iterated. */
export function elementOf(type: Type): Type | undefined {
  switch (type.kind) {
    case "any":
    case "record":
      return any;
    case "union": {
      const elements = type.of.flatMap((member) => elementOf(member) ?? []);
      return elements.length === 0 ? undefined : unionOf(elements);
    }
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
  if (type.kind === "object") return type.fields === undefined ? any : string;
  return type.kind === "set" ? type.of : any;
}

/** The type of a field; `undefined` where there is none of that name. */
export function fieldOf(type: Type, name: string): Type | undefined {
  switch (type.kind) {
    case "any":
      return any;
    case "object":
      return type.fields === undefined ? type.of : type.fields.get(name);
    case "record": {
      const fields: Readonly<Record<string, Field>> = records[type.record];
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return field === undefined ? undefined : ofField(field.type, `${type.record}.${name}`);
    }
    // `set.member` asks whether it is one.
    case "set":
      return overlap(type.of, string) ? type.of : undefined;
    case "union": {
      const found = type.of.flatMap((member) => fieldOf(member, name) ?? []);
      return found.length === 0 ? undefined : unionOf(found);
    }
    default:
      return undefined;
  }
}

/** The names of all fields, where they are known; `undefined` for what has no fields. */
export function fieldNames(type: Type): readonly string[] | undefined {
  if (type.kind === "record") return Object.keys(records[type.record]);
  if (type.kind === "object") return [...(type.fields?.keys() ?? [])];
  if (type.kind !== "union") return undefined;
  const names = type.of.flatMap((member) => fieldNames(member) ?? []);
  return names.length === 0 ? undefined : [...new Set(names)];
}

/** The strings that can occur, where they are known. */
export function enumOf(type: Type): Extract<Type, { kind: "string" }> | undefined {
  if (type.kind === "string") return type.enum === undefined ? undefined : type;
  if (type.kind !== "union") return undefined;
  for (const member of type.of) if (member.kind === "string") return enumOf(member);
  return undefined;
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
