import { statementKinds } from "@penstock/language";
import type { SessionEffect } from "../../facts.ts";
import type { Expression } from "../tree/expressions.ts";
import type { Statement } from "../tree/statements.ts";
import type { SetItem } from "../tree/utility.ts";
import { statementKind } from "./statement-kinds.ts";

/** What a statement leaves in the session. */
export function sessionEffect(statement: Statement): SessionEffect | undefined {
  switch (statement.kind) {
    case "set": {
      const [first, ...others] = settings(statement.items);
      if (first === undefined) return undefined;
      // Settings of SET STATEMENT hold for the statement in it.
      const local = statement.statement !== undefined;
      return { kind: "set", ...first, local, ...(others.length === 0 ? {} : { others }) };
    }
    case "use":
      return { kind: "set", variable: "database", values: [statement.database.text], local: false };
    case "begin":
    case "commit":
    case "rollback":
    case "savepoint":
    case "rollback_to":
    case "release":
      return { kind: statement.kind, chain: statement.chain };
    case "prepare":
    case "deallocate":
      return { kind: statement.kind, name: statement.name.text };
    case "execute":
      return { kind: "execute", name: statement.name?.text };
    case "drop_object":
      if (statement.object === "prepare") return { kind: "deallocate", name: statement.names[0]?.parts[0]?.text };
      return statementKinds[statementKind(statement)] === "ddl" ? { kind: "schema_change" } : undefined;
    default:
      return statementKinds[statementKind(statement)] === "ddl" ? { kind: "schema_change" } : undefined;
  }
}

/** Variables that a text sets: `@@global.general_log` is not the session's own. An expression gives no values. */
export function settings(
  items: readonly SetItem[],
): { readonly variable: string; readonly values: readonly string[] | undefined }[] {
  return items.flatMap((item) => {
    switch (item.kind) {
      case "system_variable": {
        const { scope, name } = item.variable;
        const isOwn = scope === undefined || scope === "session" || scope === "local";
        const variable = isOwn ? name.toLowerCase() : `@@${scope.toLowerCase()}.${name.toLowerCase()}`;
        return [{ variable, values: item.value === undefined ? undefined : constant(item.value) }];
      }
      case "names":
      case "character_set":
        return [{ variable: item.kind, values: item.characterSet === undefined ? undefined : [item.characterSet] }];
      case "role":
      case "default_role":
        return [{ variable: item.kind, values: item.roles.map(({ user }) => user) }];
      default:
        return [];
    }
  });
}

function constant(value: Expression): readonly string[] {
  if (value.kind === "literal") return [value.text];
  return value.kind === "column" ? [value.parts.map(({ text }) => text).join(".")] : [];
}
