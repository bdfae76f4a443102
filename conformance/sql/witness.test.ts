import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parseCatalogFixture, parsePostgres, resolveStatements, type StatementFacts } from "@penstock/engine";
import { readCorpus } from "./corpus.ts";
import { askWitness } from "./witness.ts";

/** The witness takes milliseconds a statement: `WITNESS_ALL=1` asks it for all. */
const everyNth = process.env["WITNESS_ALL"] === "1" ? 1 : 16;

const corpus = fileURLToPath(new URL("../../../shared/corpora/postgres-app.jsonl", import.meta.url));
const catalog = parseCatalogFixture({});

function facts(sql: string): readonly StatementFacts[] {
  const parsed = parsePostgres(sql);
  if (parsed.kind !== "statements") return [];
  return resolveStatements(parsed.statements, catalog, { searchPath: ["public"] }).map((each) => each.facts);
}

/** Names as the text has them: of relations that the catalog lacks, and PostgreSQL's own. */
function tablesOf({ unknown, tables }: StatementFacts): Set<string> {
  return new Set([
    ...unknown.filter((name) => name.what === "relation").map((name) => name.name.split(".").at(-1) ?? ""),
    ...tables.map((table) => table.relation.name),
  ]);
}

const lastPart = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

test.skipIf(!existsSync(corpus))(
  "the witness agrees on tables, WHERE and LIMIT of the statements that it can read (skipped without ../shared/corpora)",
  () => {
    let heard = 0;
    const differences: string[] = [];
    for (const [index, { sql, accepted }] of readCorpus(corpus).entries()) {
      if (accepted === false || index % everyNth !== 0) continue;
      const testimony = askWitness(sql);
      const [fact, second] = testimony === undefined ? [] : facts(sql);
      if (testimony === undefined || fact === undefined || second !== undefined) continue;
      heard++;
      const said = [...testimony.tables].map(lastPart).filter((name) => !testimony.queries.has(name));
      const found = [...tablesOf(fact)].filter((name) => !testimony.queries.has(name));
      if ([...new Set(said)].sort().join() !== found.sort().join()) {
        differences.push(`tables ${said.join()} / ${found.join()}: ${sql}`);
      }
      if (testimony.hasWhere !== fact.hasWhere) differences.push(`WHERE: ${sql}`);
      if (testimony.limit !== fact.limit) differences.push(`LIMIT ${testimony.limit} / ${fact.limit}: ${sql}`);
    }
    expect(differences).toEqual([]);
    expect(heard).toBeGreaterThan(4_000 / everyNth);
  },
  600_000,
);
