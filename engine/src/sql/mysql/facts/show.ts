/** What SHOW tells of data (manual: SHOW Statements). */
import type { Revelation } from "../../facts.ts";
import type { Show } from "../tree/utility.ts";
import type { FactContext } from "./context.ts";
import { walkerOf } from "./queries.ts";
import { newItem, newScope } from "./scope.ts";

export function walkShow(context: FactContext, { what, name, database, account, where, like, start }: Show): void {
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
  if (what === "processlist" && readsProcesses(context, start)) return;
  // Of the session's own account: whoever passes them on leaves the hash of its password out.
  if (what === "grants" && (account === undefined || account.kind.startsWith("current_"))) return;
  const told = what.endsWith("status") && like !== undefined && isOfServer(like) ? undefined : revealed(what);
  if (told !== undefined) context.reveals.push({ what: told, by: `SHOW ${what.toUpperCase()}` });
  if (what === "explain") context.addOpaque("SHOW EXPLAIN", start);
}

/** It shows some columns of this table. False where the catalog does not have it. */
function readsProcesses(context: FactContext, start: number): boolean {
  const name = (text: string) => ({ text, start, end: start });
  const relation = context.names.lasting({
    parts: [name("information_schema"), name("PROCESSLIST")],
    start,
    end: start,
  });
  if (relation === undefined) return false;
  context.access(relation, "read");
  return true;
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

/** Of SHOW STATUS, whether all that a pattern can find tells how the server and the connection are, and nothing of rows. */
function isOfServer(pattern: string): boolean {
  const name = pattern.toLowerCase().replaceAll("\\_", "_");
  if (ofServer.has(name)) return true;
  return name.endsWith("%") && familiesOfServer.test(name);
}

const ofServer: ReadonlySet<string> = new Set([
  "aborted_clients",
  "aborted_connects",
  "compression",
  "connections",
  "max_used_connections",
  "prepared_stmt_count",
  "rsa_public_key",
  "caching_sha2_password_rsa_public_key",
  "slave_running",
  "uptime",
  "uptime_since_flush_status",
  "wsrep_cluster_size",
  "wsrep_cluster_status",
  "wsrep_connected",
  "wsrep_local_state",
  "wsrep_local_state_comment",
  "wsrep_ready",
  ...["accepts", "cipher", "cipher_list", "server_not_after", "server_not_before", "sessions_reused", "version"].map(
    (name) => `ssl_${name}`,
  ),
  ...["cached", "connected", "created", "running"].map((name) => `threads_${name}`),
]);

/** Patterns whose beginning leaves nothing else: an underscore in them may be any letter. */
const familiesOfServer = /^(?:ssl|threads|uptime)[a-z_%]*$/;

const counts: ReadonlySet<string> = new Set([
  "table status",
  "status",
  "global status",
  "session status",
  "local status",
]);
