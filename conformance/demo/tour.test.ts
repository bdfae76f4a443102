import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readStatements } from "./audit-view.ts";
import { inkFor } from "./screen.ts";
import { type Stage, setStage } from "./stage.ts";
import { type StepResult, takeTour } from "./tour.ts";
import { stepLines } from "./tour-lines.ts";
import type { Answer } from "./tour-session.ts";
import { tourSteps } from "./tour-steps.ts";

let stage: Stage;
let results: readonly StepResult[];

beforeAll(async () => {
  stage = await setStage({ port: undefined, mysqlPort: undefined, policies: undefined, log: () => undefined });
  if (stage.mariadb === undefined) throw new Error("MariaDB is missing: run `node conformance/tools/ensure-tools.ts`");
  results = await takeTour([stage.postgres, stage.mariadb], stage.people, () => undefined);
});

afterAll(() => stage?.stop());

const engines = ["postgres", "mariadb"] as const;

describe.each(engines)("the tour on %s", (engine) => {
  const schema = { postgres: "public", mariadb: "shop" }[engine];
  const readsFiles = { postgres: "pg_read_file", mariadb: "load_file" }[engine];

  function answer(titleStart: string, person: string): Answer {
    const result = results.find(({ step }) => step.title.startsWith(titleStart));
    const ofServer = result?.servers.find(({ server }) => server.engine === engine);
    const found = ofServer?.answers.find((each) => each.person === person)?.answer;
    if (found === undefined) throw new Error(`no step begins with ${titleStart}, or ${person} was not asked`);
    return found;
  }

  function firstRow(titleStart: string, person: string): readonly (string | null)[] | undefined {
    const found = answer(titleStart, person);
    return found.kind === "rows" ? found.rows[0] : [found.kind];
  }

  function rowCount(person: string): number {
    const found = answer("A large result", person);
    return found.kind === "rows" ? found.rows.length : 0;
  }

  test("asks about ten questions of everybody", () => {
    expect(tourSteps.length).toBeGreaterThanOrEqual(10);
    for (const { servers } of results) {
      for (const { answers } of servers) {
        expect(answers.map(({ person }) => person)).toEqual(["analyst", "dba", "agent"]);
      }
    }
  });

  test("shows the same customer masked to the analyst, whole to the administrator, hidden from the agent", () => {
    expect(firstRow("One customer", "dba")).toEqual([
      "Carlos Wirth",
      "carlos.wirth7@example.org",
      "+1 947 555 0189",
      "423-00-3779",
      "4000 0043 0885 8681",
      "1986-04-08",
    ]);
    expect(firstRow("One customer", "analyst")).toMatchInlineSnapshot(`
      [
        "Carlos Wirth",
        "c***@example.org",
        "*************89",
        "***",
        "***************8681",
        "1986-01-01",
      ]
    `);
    expect(firstRow("One customer", "agent")).toMatchInlineSnapshot(`
      [
        "***",
        "***",
        "***",
        "***",
        null,
        null,
      ]
    `);
  });

  test("gives everybody the same of what holds nothing personal", () => {
    expect(answer("What holds nothing", "analyst")).toEqual(answer("What holds nothing", "dba"));
    expect(answer("What holds nothing", "agent")).toEqual(answer("What holds nothing", "dba"));
  });

  test("lets nobody around a mask", () => {
    for (const title of ["Through a view", "A trick: the whole row"]) {
      expect(JSON.stringify(firstRow(title, "dba"))).toContain("carlos.wirth7");
      for (const person of ["analyst", "agent"]) {
        expect(JSON.stringify(firstRow(title, person))).not.toContain("carlos.wirth7");
        expect(JSON.stringify(firstRow(title, person))).not.toContain("423-00-3779");
      }
    }
    expect(firstRow("A trick: guessing", "dba")).toEqual(["182"]);
    expect(firstRow("A trick: guessing", "analyst")).toEqual(["0"]);
    expect(firstRow("A trick: guessing", "agent")).toEqual(["0"]);
  });

  test("hides salaries, and tickets from the agent only", () => {
    expect(firstRow("Salaries", "dba")?.[2]).toBe("68879");
    expect(firstRow("Salaries", "analyst")?.[2]).toBeNull();
    expect(firstRow("What people wrote", "analyst")).toEqual(firstRow("What people wrote", "dba"));
    expect(firstRow("What people wrote", "agent")).not.toEqual(firstRow("What people wrote", "dba"));
  });

  test("gives the agent few rows", () => {
    expect([rowCount("analyst"), rowCount("dba"), rowCount("agent")]).toEqual([4000, 4000, 200]);
  });

  test.each([
    ["A write without", "analyst", `UPDATE changes every row of ${schema}.products`],
    ["A write without", "dba", `UPDATE changes every row of ${schema}.products`],
    ["A write without", "agent", "agents only read: UPDATE is not for them"],
    ["DROP TABLE", "analyst", "DROP TABLE is for administrators and migrations"],
    ["DROP TABLE", "agent", "agents only read: DROP TABLE is not for them"],
    ["Files", "analyst", `${readsFiles} reaches files or other hosts from the database server`],
    ["Files", "dba", `${readsFiles} reaches files or other hosts from the database server`],
  ])("refuses “%s…” to the %s", (title, person, message) => {
    const sqlstate = { postgres: "42501", mariadb: "42000" }[engine];
    expect(answer(title, person)).toMatchObject({ kind: "refused", sqlstate, message });
    expect(answer(title, person)).toMatchObject({ rule: expect.stringMatching(/^penstock\.\w+:\d+$/) });
  });

  test("lets people write, and the administrator drop", () => {
    expect(answer("A write", "analyst")).toMatchObject({ kind: "done" });
    expect(answer("A write", "agent")).toMatchObject({ kind: "refused" });
    expect(answer("DROP TABLE", "dba")).toEqual({ kind: "done", tag: "DROP" });
  });

  test("is in the audit log, statement by statement, with the person behind the agent", async () => {
    const { statements } = await readStatements(stage.auditFile);
    const own = statements.filter(({ target }) => target === { postgres: "shop", mariadb: "shop-mariadb" }[engine]);
    for (const { servers } of results) {
      const asked = servers.find(({ server }) => server.engine === engine)?.sql;
      expect(own.filter(({ text }) => text === asked)).toHaveLength(3);
    }
    const refused = own.filter(({ decision }) => decision === "deny");
    expect(refused.length).toBeGreaterThanOrEqual(8);
    for (const { reasons, rules } of refused) {
      expect(reasons).not.toEqual([]);
      expect(rules).not.toEqual([]);
    }
    expect(own.find(({ principal }) => principal === "report-bot")?.onBehalfOf).toBe("ann@shop.example");
  });
});

test("the tour is printed without colour where there is no terminal, and fits a screen", () => {
  const lines = results.flatMap((result, index) => stepLines(result, index + 1, inkFor(false)));
  expect(lines.join("\n")).not.toContain("\u001b");
  expect(lines.join("\n")).toContain("MariaDB 10.11: the same.");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(130);
});
