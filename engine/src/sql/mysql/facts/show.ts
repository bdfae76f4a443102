/** What SHOW tells of data (manual: SHOW Statements). */
import type { Revelation } from "../../facts.ts";
import type { Show } from "../tree/utility.ts";
import type { FactContext } from "./context.ts";
import { walkerOf } from "./queries.ts";
import { newItem, newScope } from "./scope.ts";

export function walkShow(context: FactContext, { what, name, database, where, start }: Show): void {
  if (where !== undefined) {
    // Of its columns nothing is known but that they are what is shown.
    const scope = newScope(undefined, undefined);
    scope.items.push(newItem(undefined, { columns: [], open: [] }));
    walkerOf(context).used(where, scope, "filter");
  }
  if (name !== undefined && (what === "index" || ofTables.has(what))) {
    const table = database === undefined ? name : { ...name, parts: [database, ...name.parts.slice(-1)] };
    // How different the values of an index are tells of the rows.
    if (what === "index") context.relation(table, "read");
    else {
      // The next number of a table tells how many rows it has had.
      const isNumbered = context.relation(table)?.columns.some((column) => column.default === "") === true;
      if (isNumbered && what === "create table") context.reveals.push({ what: "sizes", by: "SHOW CREATE TABLE" });
    }
  }
  const told = revealed(what);
  if (told !== undefined) context.reveals.push({ what: told, by: `SHOW ${what.toUpperCase()}` });
  if (what === "explain") context.addOpaque("SHOW EXPLAIN", start);
}

const ofTables: ReadonlySet<string> = new Set(["columns", "create table", "create view", "create sequence"]);

function revealed(what: string): Revelation["what"] | undefined {
  if (credentials.has(what)) return "credentials";
  if (what.startsWith("create ") || what.startsWith("count ") || harmless.has(what)) return undefined;
  return counts.has(what) ? "counts" : "statements";
}

/** About the schema, the server's settings and what the session itself has been told. All that stands nowhere here shows what others do. */
const harmless: ReadonlySet<string> = new Set([
  "authors",
  "character set",
  "charset",
  "collation",
  "columns",
  "contributors",
  "databases",
  "engines",
  "errors",
  "event status",
  "events",
  "function code",
  "function status",
  "global variables",
  "index",
  "local variables",
  "open tables",
  "package status",
  "plugins",
  "privileges",
  "procedure code",
  "procedure status",
  "schemas",
  "session variables",
  "tables",
  "triggers",
  "variables",
  "warnings",
]);

/** The proxy's own login is among them. */
const credentials: ReadonlySet<string> = new Set(["grants", "create user"]);

const counts: ReadonlySet<string> = new Set([
  "table status",
  "status",
  "global status",
  "session status",
  "local status",
]);
