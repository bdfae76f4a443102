import { type Catalog, type FunctionBody, type FunctionInfo, type FunctionName, objectPath } from "./catalog.ts";
import { isSystemSchema } from "./system-schemas.ts";

type Row = readonly (string | null)[];

/** By oid of a type: the users' functions that making a value of it may call. */
export type FunctionsOfType = (oid: string) => readonly FunctionName[];

/** By oid. */
export type FunctionNames = ReadonlyMap<string, FunctionName>;

export function functionNames(rows: readonly Row[], schemas: ReadonlyMap<string, string>): FunctionNames {
  return new Map(
    rows.map(([oid, schema, name]) => [oid ?? "", { schema: schemas.get(schema ?? "") ?? "", name: name ?? "" }]),
  );
}

/** Those that are not the system's, each once. */
export function usersFunctions(oids: readonly string[], names: FunctionNames): readonly FunctionName[] {
  return [...new Set(oids)].flatMap((oid) => names.get(oid) ?? []).filter(({ schema }) => !isSystemSchema(schema));
}

const kinds: Readonly<Record<string, FunctionInfo["kind"]>> = {
  f: "function",
  p: "procedure",
  a: "aggregate",
  w: "window",
};
const volatilities: Readonly<Record<string, FunctionInfo["volatility"]>> = {
  i: "immutable",
  s: "stable",
  v: "volatile",
};

/**
 * The functions of a snapshot by path.
 * @param previous a snapshot of the same server, from which the system's own are taken.
 */
export function functionMap(
  rows: readonly Row[],
  schemas: ReadonlyMap<string, string>,
  names: FunctionNames,
  functionsOfType: FunctionsOfType,
  previous: Catalog | undefined,
): ReadonlyMap<string, readonly FunctionInfo[]> {
  const functions = new Map<string, FunctionInfo[]>();
  for (const [path, overloads] of previous?.functions ?? []) {
    if (overloads[0]?.isSystem === true) functions.set(path, [...overloads]);
  }
  for (const [, schemaOid, proname, kind, volatility, leakproof, language, ...bodyRow] of rows) {
    const schema = schemas.get(schemaOid ?? "") ?? "";
    const name = proname ?? "";
    const isSystem = isSystemSchema(schema);
    const body = isSystem ? undefined : bodyOf(bodyRow, names, functionsOfType);
    const info: FunctionInfo = {
      schema,
      name,
      kind: kinds[kind ?? ""] ?? "function",
      language: language ?? "",
      volatility: volatilities[volatility ?? ""] ?? "volatile",
      leakproof: leakproof === "true",
      isSystem,
      ...(body === undefined ? {} : { body }),
    };
    const path = objectPath(schema, name);
    const list = functions.get(path);
    if (list === undefined) functions.set(path, [info]);
    else list.push(info);
  }
  return functions;
}

/** An aggregate has no text, and calls its support functions. */
function bodyOf(
  [text, isBound, isSecurityDefiner, settings, argumentNames, defaults, types, support]: Row,
  names: FunctionNames,
  functionsOfType: FunctionsOfType,
): FunctionBody | undefined {
  const calls = strings(support);
  if (typeof text !== "string" && calls.length === 0) return undefined;
  return {
    text: text ?? "",
    isBound: isBound === "true",
    isSecurityDefiner: isSecurityDefiner === "true",
    settings: strings(settings),
    argumentNames: strings(argumentNames),
    defaults: defaults ?? "",
    functions: [...usersFunctions(calls, names), ...strings(types).flatMap((oid) => functionsOfType(oid))],
  };
}

/** An array that the server gave as JSON; oids are numbers there, or strings. */
export function strings(json: string | null | undefined): readonly string[] {
  return (JSON.parse(json ?? "[]") as readonly (string | number | null)[]).map((each) => String(each ?? ""));
}
