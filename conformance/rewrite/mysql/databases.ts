import { compile } from "@penstock/language";
import { type Catalog, createEnforcer, type Enforcer, loadMysqlCatalog, type Verdict } from "@penstock/engine";
import type { Connection, ResultSetHeader, RowDataPacket } from "mysql2/promise";
import { someone } from "../../../engine/src/decide/someone.ts";
import { applyMask } from "../../../engine/src/masks/masks.ts";
import { startMariadb } from "../../support/mariadb-server.ts";
import { textRows } from "../../support/text-rows.ts";
import { hiddenRows, masks, policy, rows, schema } from "./schema.ts";

/** What a statement gave: names of its columns, and its rows in no order; or the server's error. */
export type Outcome =
  | { readonly kind: "rows"; readonly columns: readonly string[]; readonly rows: readonly string[] }
  | { readonly kind: "done"; readonly affected: number }
  | { readonly kind: "error"; readonly code: string; readonly message: string };

/**
 * Two servers with the same database: on one the real values, on the other masks have already replaced them, and rows that the filter hides
 * never were. What a principal sees of the first through rewriting must be what anyone sees of the second.
 */
export interface Databases {
  readonly catalog: Catalog;
  readonly raw: Connection;
  readonly masked: Connection;
  readonly decide: (text: string, sqlMode?: Parameters<Enforcer["decide"]>[2]["sqlMode"]) => Verdict;
  readonly end: () => Promise<void>;
}

/** What there is besides the schema beside this. */
interface Besides {
  readonly schema: readonly string[];
  readonly policy: string;
  readonly hiddenRows: Readonly<Record<string, string>>;
}

const nothing: Besides = { schema: [], policy: "", hiddenRows: {} };

export async function createDatabases(besides: Besides = nothing): Promise<Databases> {
  const servers = await Promise.all([startMariadb(), startMariadb()]);
  const statements = [...schema, ...rows, ...besides.schema];
  const [raw, masked] = await Promise.all(
    servers.map(async (server) => await prepared(await server.connect(), statements)),
  );
  if (raw === undefined || masked === undefined) throw new Error("no servers");
  const catalog = await loadMysqlCatalog(textRows(raw));
  await replaceValues(masked, catalog);
  for (const [path, condition] of Object.entries({ ...hiddenRows, ...besides.hiddenRows })) {
    await masked.query(`delete from ${path} where ${condition}`);
  }
  const enforcer = enforcerFor(policy + besides.policy);
  const who = someone(["analyst"]);
  return {
    catalog,
    raw,
    masked,
    decide: (text, sqlMode) =>
      enforcer.decide(text, who, { searchPath: ["shop"], ...(sqlMode === undefined ? {} : { sqlMode }) }, catalog),
    end: async () => {
      await Promise.all([raw.end(), masked.end()]);
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

function enforcerFor(text: string): Enforcer {
  const { program, diagnostics } = compile({ sources: [{ path: "test.policy", text }] });
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return createEnforcer(program);
}

async function prepared(connection: Connection, statements: readonly string[]): Promise<Connection> {
  for (const statement of statements) await connection.query(statement);
  return connection;
}

async function replaceValues(connection: Connection, catalog: Catalog): Promise<void> {
  const query = textRows(connection);
  for (const [path, ofTable] of Object.entries(masks)) {
    for (const [name, mask] of Object.entries(ofTable)) {
      const column = catalog.relations.get(path)?.columns.find((each) => each.name === name);
      if (column === undefined) throw new Error(`no column ${name} of ${path}`);
      for (const [id, value] of await query(`select id, ${name} from ${path}`)) {
        await connection.query(`update ${path} set ${name} = ? where id = ?`, [
          applyMask(mask, column, value ?? null),
          id,
        ]);
      }
    }
  }
}

/** Runs a text, and takes back what it did. */
export async function run(connection: Connection, text: string): Promise<Outcome> {
  await connection.query("start transaction");
  try {
    const [result, fields] = await connection.query<RowDataPacket[] | ResultSetHeader>({
      sql: text,
      rowsAsArray: true,
    });
    if (!Array.isArray(result)) return { kind: "done", affected: result.affectedRows };
    // CALL gives several results.
    if (fields.some(Array.isArray))
      return { kind: "rows", columns: [], rows: result.map((one) => JSON.stringify(one)) };
    return {
      kind: "rows",
      columns: fields.map(({ name }) => name),
      rows: result.map((row) => JSON.stringify(row)).sort(),
    };
  } catch (error) {
    const { code = "", message } = error as { code?: string; message: string };
    return { kind: "error", code, message };
  } finally {
    await connection.query("rollback");
  }
}
