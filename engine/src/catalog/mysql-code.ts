/** Stored programs of MySQL and MariaDB, and what else statements on a table run, from what the server tells of them. */
import type { AccessKind } from "@penstock/language";
import { quoteMysqlName } from "../sql/mysql/quote.ts";
import {
  type Catalog,
  type Column,
  type FunctionInfo,
  objectPath,
  type Relation,
  type RelationCode,
  triggerBodyName,
  type TriggerEvent,
  type TriggerInfo,
} from "./catalog.ts";
import { assignedByPsm } from "./psm-body.ts";

type Row = readonly (string | null)[];

/** By what an update can fail, and so tell of columns that it leaves as they are. */
export function codeOf(
  schema: string,
  table: string,
  columns: readonly Column[],
  checks: readonly Row[],
  areTriggersSeen: boolean,
): Pick<Relation, "code"> {
  const expressions = [
    ...checks.map(([, , name, clause]) => [`check \`${name ?? ""}\``, clause ?? ""] as const),
    ...columns.flatMap(({ name, generated }) =>
      generated === undefined ? [] : [[`generated column \`${name}\``, generated] as const],
    ),
  ];
  const unseen = areTriggersSeen ? [] : [unseenTriggers];
  if (expressions.length + unseen.length === 0) return {};
  const from = `${quoteMysqlName(schema)}.${quoteMysqlName(table)}`;
  const code = expressions.map(([name, expression]): RelationCode => {
    const text = `select ${expression} from ${from}`;
    return { name, on: updated, text, functions: [], tellsOfRow: false, failsFor: "change" };
  });
  return { code: [...unseen, ...code] };
}

const updated: ReadonlySet<AccessKind> = new Set<AccessKind>(["update"]);

/** Whether the server tells the login of the triggers of a table: only of those on which it has the privilege. */
export type SeesTriggers = (schema: string, table: string) => boolean;

/** @param grants rows of SHOW GRANTS; `undefined` where the server knows no privileges */
export function seesTriggers(grants: readonly Row[] | undefined): SeesTriggers {
  if (grants === undefined) return () => true;
  const places = grants.flatMap(([grant]) => {
    const [, privileges = "", schema = "", table = ""] = grantPattern.exec(grant ?? "") ?? [];
    return /\b(?:ALL PRIVILEGES|TRIGGER)\b/.test(privileges) ? [{ schema: likeName(schema), table }] : [];
  });
  return (schema, table) =>
    places.some((place) => place.schema.test(schema) && (place.table === "*" || place.table === quoteMysqlName(table)));
}

const grantedName = "\\*|`(?:[^`]|``)*`";
const grantPattern = new RegExp(`^GRANT (.+) ON (${grantedName})\\.(${grantedName}) TO `);

/** A database in GRANT is a pattern of LIKE. */
function likeName(quoted: string): RegExp {
  if (quoted === "*") return /^/;
  const parts =
    quoted
      .slice(1, -1)
      .replaceAll("``", "`")
      .match(/\\.|[^]/gu) ?? [];
  const source = parts.map((part) =>
    part === "%" ? ".*" : part === "_" ? "." : (part.at(-1) ?? "").replace(/[\\^$.*+?()[\]{}|/]/u, "\\$&"),
  );
  return new RegExp(`^${source.join("")}$`, "su");
}

/** Stands for the triggers of a table of which the server does not tell. */
const unseenTriggers: RelationCode = {
  name: "any trigger (the proxy's login lacks the privilege TRIGGER)",
  on: new Set<AccessKind>(["insert", "update", "delete"]),
  // What cannot be read.
  text: "",
  functions: [],
  tellsOfRow: false,
};

export function triggerOf(schema: string, [, , name, timing, event]: Row): TriggerInfo {
  return {
    name: name ?? "",
    timing: timing === "BEFORE" ? "before" : "after",
    events: new Set([(event ?? "").toLowerCase() as TriggerEvent]),
    forEach: "row",
    columns: [],
    function: { schema, name: triggerBodyName(name ?? "") },
  };
}

/** The body of a trigger, as a procedure that nobody else can call. */
export function triggerBody([schema, , name, , , text, mode]: Row): FunctionInfo {
  return {
    schema: schema ?? "",
    name: triggerBodyName(name ?? ""),
    kind: "procedure",
    language: "psm",
    volatility: "volatile",
    leakproof: false,
    isSystem: false,
    ...bodyOf(text, mode, "DEFINER", []),
  };
}

function bodyOf(
  text: string | null | undefined,
  mode: string | null | undefined,
  security: string | null | undefined,
  argumentNames: readonly string[],
): Pick<FunctionInfo, "body"> {
  if (typeof text !== "string") return {};
  return {
    body: {
      text,
      isBound: false,
      isSecurityDefiner: security !== "INVOKER",
      settings: [`sql_mode=${mode ?? ""}`],
      argumentNames,
      defaults: "",
      functions: [],
    },
  };
}

/** With the columns that BEFORE triggers give values to, which their bodies tell. */
export function withAssignments(catalog: Catalog): Catalog {
  const assigning = (trigger: TriggerInfo): TriggerInfo => {
    const [body] = catalog.functions.get(objectPath(trigger.function.schema, trigger.function.name)) ?? [];
    const assigns = trigger.timing !== "before" || body === undefined ? undefined : assignedByPsm(catalog, body);
    return assigns === undefined ? trigger : { ...trigger, assigns };
  };
  const relations = [...catalog.relations.values()].map((relation) =>
    relation.triggers.length === 0 ? relation : { ...relation, triggers: relation.triggers.map(assigning) },
  );
  return {
    ...catalog,
    relations: new Map(relations.map((relation) => [relation.path, relation])),
    relationsByOid: new Map(relations.map((relation) => [relation.oid, relation])),
  };
}

export function routinesOf(rows: readonly Row[], parameters: readonly Row[]): readonly FunctionInfo[] {
  const keyOf = (row: readonly (string | null | undefined)[]) => JSON.stringify(row);
  const names = Map.groupBy(parameters, ([schema, name, type]) => keyOf([schema, name, type]));
  return rows.map(([schema, name, type, security, text, mode, deterministic]): FunctionInfo => {
    const own = names.get(keyOf([schema, name, type])) ?? [];
    return {
      schema: schema ?? "",
      name: (name ?? "").toLowerCase(),
      kind: type === "PROCEDURE" ? "procedure" : "function",
      language: "psm",
      volatility: deterministic === "YES" ? "stable" : "volatile",
      leakproof: false,
      isSystem: false,
      ...bodyOf(
        text,
        mode,
        security,
        own.map((row) => row[3] ?? ""),
      ),
    };
  });
}

/** Names of routines know no case. */
export function functionMap(infos: readonly FunctionInfo[]): ReadonlyMap<string, readonly FunctionInfo[]> {
  return Map.groupBy(infos, (info) => objectPath(info.schema, info.name));
}
