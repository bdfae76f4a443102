import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, type PostgresServer } from "../support/postgres-server.ts";
import { createDatabases, type Databases, run } from "./databases.ts";
import { hidden } from "./schema.ts";
import { answered } from "./statements.ts";

let server: PostgresServer;
let databases: Databases;
beforeAll(async () => {
  server = await startPostgres();
  databases = await createDatabases(server);
});
afterAll(async () => {
  await databases?.end();
  await server?.stop();
});

/** Rows, columns and errors of the rewritten statement on the real values. */
async function rewritten(text: string, searchPath?: string) {
  const result = databases.rewrite(text, searchPath?.split(", "));
  if (result.kind === "denied") return result;
  return run(databases.raw, result.kind === "rewritten" ? result.text : text, searchPath);
}

describe("a rewritten statement answers as the original does where the masks have replaced the values", () => {
  test.each(answered)("%s", async (text) => {
    const { position: _, ...answer } = { position: undefined, ...(await rewritten(text)) };
    const { position: _position, ...expected } = { position: undefined, ...(await run(databases.masked, text)) };
    expect(answer).toEqual(expected);
    expect(JSON.stringify(answer)).not.toMatch(hidden);
  });
});
