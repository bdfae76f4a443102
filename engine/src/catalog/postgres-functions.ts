import { type Catalog, type FunctionBody, type FunctionInfo, objectPath } from "./catalog.ts";
import { isSystemSchema } from "./system-schemas.ts";

type Row = readonly (string | null)[];

/** By oid of a type: the users' functions that making a value of it may call. */
export type FunctionsOfType = (oid: string) => FunctionBody["functions"];

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
    const body = isSystem ? undefined : bodyOf(bodyRow, functionsOfType);
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

function bodyOf(
  [text, isBound, isSecurityDefiner, settings, argumentNames, defaults, types]: Row,
  functionsOfType: FunctionsOfType,
): FunctionBody | undefined {
  if (text === null || text === undefined) return undefined;
  return {
    text,
    isBound: isBound === "true",
    isSecurityDefiner: isSecurityDefiner === "true",
    settings: strings(settings),
    argumentNames: strings(argumentNames),
    defaults: defaults ?? "",
    functions: strings(types).flatMap((oid) => functionsOfType(oid)),
  };
}

/** An array that the server gave as JSON; oids are numbers there, or strings. */
function strings(json: string | null | undefined): readonly string[] {
  return (JSON.parse(json ?? "[]") as readonly (string | number | null)[]).map((each) => String(each ?? ""));
}
