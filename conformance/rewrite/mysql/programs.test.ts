/** Stored functions, procedures and triggers on a real MariaDB, whose bodies are read: those that touch nothing hidden run, all others are refused. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabases, type Databases, run as answerOf } from "./databases.ts";
import { programPolicy, programs, refused, run } from "./programs.ts";
import { hidden } from "./schema.ts";

let databases: Databases;
beforeAll(async () => {
  databases = await createDatabases({
    schema: programs,
    policy: programPolicy,
    hiddenRows: { "shop.events": "region <> 'EU'" },
  });
});
afterAll(async () => {
  await databases?.end();
});

function rewritten(text: string): string {
  const verdict = databases.decide(text);
  if (verdict.action !== "forward") throw new Error(`${verdict.action}: ${verdict.reason.message}`);
  return verdict.text;
}

describe("code that touches nothing hidden runs, and answers as where nothing is hidden because it is not there", () => {
  test.each(run)("%s", async (text) => {
    const answer = await answerOf(databases.raw, rewritten(text));
    expect(answer).toEqual(await answerOf(databases.masked, text));
    expect(answer).not.toMatchObject({ kind: "error" });
    expect(JSON.stringify(answer)).not.toMatch(hidden);
  });
});

describe("code that touches what is hidden, or that cannot be read, is refused by its name, and a harmless twin is not", () => {
  test.each(refused)("%s", async (text, reason, twin) => {
    const verdict = databases.decide(text);
    if (verdict.action !== "deny") throw new Error(`${verdict.action}: ${JSON.stringify(verdict)}`);
    expect(verdict.reason.message).toMatch(reason);
    expect(verdict.reason.message).not.toMatch(hidden);
    expect((await answerOf(databases.raw, rewritten(twin))).kind).not.toBe("error");
  });
});

test("what a body does counts for rules as if the statement did it", () => {
  const facts = (text: string) => {
    const verdict = databases.decide(text);
    if (verdict.action !== "forward") throw new Error(verdict.action);
    return verdict.statements[0]?.auditFields ?? "";
  };
  expect(facts("call moves(1, 'x')")).toMatch(/shop\.customers/);
  expect(facts("call deletes_all()")).toMatch(/shop\.labels/);
});
