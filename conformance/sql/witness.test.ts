import { expect, test } from "vitest";
import { parseCatalogFixture, parsePostgres, resolveStatements, type StatementFacts } from "@penstock/engine";
import { corpora } from "../support/corpora.ts";
import { readCorpus } from "./corpus.ts";
import { askWitness } from "./witness.ts";

/** The witness takes milliseconds a statement: `WITNESS_ALL=1` asks it for all. */
const everyNth = process.env["WITNESS_ALL"] === "1" ? 1 : 16;

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

/** Of the kinds that the witness reads. */
const ownStatements = [
  "select id, name from users where id = $1 limit 1",
  "select u.id, count(*) from users u left join orders o on o.user_id = u.id group by u.id order by 2 desc",
  "select * from x.y, z",
  "update users set name = 'x' where id = 1",
  "update users set name = 'x'",
  "delete from users where id in (select user_id from gone)",
  "delete from users",
] as const;

function differencesOf(statements: readonly string[]): { readonly heard: number; readonly differences: string[] } {
  let heard = 0;
  const differences: string[] = [];
  for (const sql of statements) {
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
  return { heard, differences };
}

test("the witness agrees on tables, WHERE and LIMIT of ordinary statements", () => {
  expect(differencesOf(ownStatements)).toEqual({ heard: ownStatements.length, differences: [] });
});

test.each(corpora("postgres-app.jsonl", "npm run conformance:sql -- --dialect postgres FILE.jsonl"))(
  "the witness agrees on tables, WHERE and LIMIT of the statements that it can read: %s",
  (corpus) => {
    const accepted = [...readCorpus(corpus).entries()].filter(
      ([index, line]) => line.accepted !== false && index % everyNth === 0,
    );
    const { heard, differences } = differencesOf(accepted.map(([, { sql }]) => sql));
    expect(differences).toEqual([]);
    expect(heard).toBeGreaterThan(4_000 / everyNth);
  },
  600_000,
);
