/** The schema on which the packs' tests decide, read from a real server, so that no fixture is maintained by hand. */
import { readFileSync } from "node:fs";
import { Client } from "pg";
import { dumpCatalogFixture } from "../../engine/src/catalog/dump-fixture.ts";
import { loadPostgresCatalog } from "../../engine/src/catalog/load-postgres.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { createShop } from "./shop.ts";

const testdata = new URL("../../policies/testdata/", import.meta.url);

export const policyFixtureFile = new URL("catalog.json", testdata).pathname;

/** The text of the fixture file. */
export async function policyFixture(): Promise<string> {
  const server = await startPostgres();
  try {
    const shop = await createShop(server, {
      size: { customers: 1, products: 1, orders: 1, employees: 1, tickets: 1, views: 1 },
    });
    const client = new Client({ connectionString: shop.url });
    await client.connect();
    try {
      await client.query(readFileSync(new URL("columns.sql", testdata), "utf8"));
      const catalog = await loadPostgresCatalog(async (sql) => {
        const result = await client.query<(string | null)[]>({
          text: sql,
          rowMode: "array",
          types: { getTypeParser: () => (value: string) => value },
        });
        return result.rows;
      });
      return printed(dumpCatalogFixture(catalog));
    } finally {
      await client.end();
    }
  } finally {
    await server.stop();
  }
}

/** As the formatter has it: lists of names on one line. */
function printed(fixture: unknown): string {
  const text = JSON.stringify(fixture, undefined, 2);
  const lists = text.replace(
    /\[\s*("[^"]*"(?:,\s*"[^"]*")*)\s*\]/g,
    (_, names: string) => `[${names.replace(/\s*\n\s*/g, " ")}]`,
  );
  return `${lists}\n`;
}
