/** Non-interference as a property: what the proxy shows of two databases that differ in hidden values only is the same. */
import { Client } from "pg";
import { packSources, type Proxied, startProxied } from "../support/proxied.ts";
import type { PostgresServer } from "../support/postgres-server.ts";
import { sqlstates, WireClient } from "../support/wire-client.ts";
import { type Answer, everything, meaning, outcomeOf, play } from "./answers.ts";
import { firstDifference, type Tried } from "./check.ts";
import { type HiddenRows, hiddenRows, regionalPolicy } from "./hidden-rows.ts";
import { readSchema, type SchemaTable } from "./schema.ts";
import { type Script, scripts } from "./scripts.ts";
import { views } from "./views.ts";
import { createTwins, hiddenByPacks, hiddenFromStrict, strictPolicy, tidyUp, type Twins } from "./twin-databases.ts";

export interface Subject {
  readonly name: string;
  readonly kind: "human" | "agent";
  readonly groups: readonly string[];
  readonly hides: typeof hiddenByPacks;
  /** Rows that are hidden besides; what counts them is refused. */
  readonly rows?: HiddenRows;
  /** Whether the masks are those of the masked database, so that its answers can be compared too. */
  readonly hasMaskedDatabase: boolean;
}

export const subjects = {
  analyst: {
    name: "analyst",
    kind: "human",
    groups: ["analyst"],
    hides: hiddenByPacks,
    hasMaskedDatabase: true,
  },
  strict: {
    name: "strict",
    kind: "human",
    groups: ["strict"],
    hides: hiddenFromStrict,
    hasMaskedDatabase: true,
  },
  regional: {
    name: "regional",
    kind: "human",
    groups: ["analyst", "regional"],
    hides: hiddenByPacks,
    rows: hiddenRows,
    hasMaskedDatabase: true,
  },
  agent: { name: "agent", kind: "agent", groups: [], hides: hiddenByPacks, hasMaskedDatabase: false },
  /** Sees everything: for the test that the property can fail. */
  dba: { name: "dba", kind: "human", groups: ["dba"], hides: hiddenByPacks, hasMaskedDatabase: false },
} as const satisfies Record<string, Subject>;

export interface Laboratory extends Tried<Script> {
  readonly schema: readonly SchemaTable[];
  readonly proxied: Proxied;
  readonly twins: Twins;
  readonly stop: () => Promise<void>;
}

/** @param name of the databases: a server can hold several laboratories. */
export async function openLaboratory(server: PostgresServer, name: string, subject: Subject): Promise<Laboratory> {
  const twins = await createTwins(server, name, subject.hides, subject.rows ?? {});
  const packs = packSources();
  const proxied = await startProxied({
    databases: [twins.shop, twins.twin],
    users: [subject],
    policies: [...packs.sources, strictPolicy, regionalPolicy],
    data: packs.data,
  });
  const schema = await readSchemaOf(twins, subject);
  const shop = await WireClient.connect(proxied.as(subject.name, twins.shop.database));
  const twin = await WireClient.connect(proxied.as(subject.name, twins.twin.database));
  const masked = await WireClient.connect(twins.masked);
  return {
    schema,
    arbitrary: scripts(schema, { mayWrite: subject.kind !== "agent", mayExplain: subject.rows === undefined }),
    proxied,
    twins,
    async run(script) {
      const asked = () => Promise.all([shop, twin, masked].map((client) => play(script, client)));
      let answers = await asked();
      if (script.form === "explain" && differ(script, answers)) {
        await tidyUp(server, twins);
        answers = await asked();
      }
      const [ofShop = [], ofTwin = [], ofMasked = []] = answers;
      const outcomes = answers.map((answer) => outcomeOf(answer));
      const outcome = outcomes[0] ?? "failed";
      if (outcomes.includes("timed out")) {
        return { outcome: "timed out", interference: undefined, difference: undefined };
      }
      return {
        outcome,
        interference: firstDifference(everything(script, ofShop), everything(script, ofTwin)),
        difference:
          subject.hasMaskedDatabase && outcome !== "denied"
            ? differenceFromMasked(script, ofShop, ofMasked)
            : undefined,
      };
    },
    async stop() {
      for (const client of [shop, twin, masked]) client.close();
      await proxied.stop();
    },
  };
}

function differ(script: Script, [mine = [], other = []]: readonly (readonly Answer[])[]): boolean {
  return firstDifference(everything(script, mine), everything(script, other)) !== undefined;
}

async function readSchemaOf({ shop }: Twins, subject: Subject): Promise<readonly SchemaTable[]> {
  const client = new Client(shop);
  await client.connect();
  const hiding = [...Object.keys(subject.hides), ...Object.keys(subject.rows ?? {})];
  const isProtected = (table: string) =>
    hiding.some((hidden) => table.startsWith(hidden)) || table === "customer_overview" || table in views;
  try {
    const probesOf = (table: string) =>
      subject.rows === undefined
        ? undefined
        : (views[table]?.probes ??
          Object.entries(subject.rows).find(([filtered]) => table.startsWith(filtered))?.[1].probes);
    const isMasked = (table: string) => subject.hides[table] !== undefined;
    const schema = [...(await readSchema(client, isProtected, isMasked, probesOf))];
    // What a shrunk statement reads stands first.
    return schema.sort((a, b) => Number(b.name === hiding[0]) - Number(a.name === hiding[0]));
  } finally {
    await client.end();
  }
}

/**
 * Not for plans, which show the statement that really runs; nor for tables and views that the principal makes, whose columns are classified
 * by their names and types like all others.
 */
function differenceFromMasked(script: Script, mine: readonly Answer[], masked: readonly Answer[]): string | undefined {
  if (script.form === "explain" || script.makesRelation) return undefined;
  const difference = firstDifference(meaning(script, mine), meaning(script, masked), sameMeaning);
  if (difference === undefined || mayDependOnPlan(mine) || mayDependOnPlan(masked)) return undefined;
  return difference;
}

/**
 * Whether a value made an expression fail: which rows an expression is evaluated for, and in which order, is the planner's choice, and
 * it plans a mask otherwise than a column.
 */
function mayDependOnPlan(answers: readonly Answer[]): boolean {
  return (
    outcomeOf(answers) === "failed" &&
    answers.some(({ messages }) => sqlstates(messages).some((state) => /^(?:22|21)/.test(state)))
  );
}

/**
 * A mask that is a constant lets the planner see which arm of COALESCE or CASE is taken: the result then has that arm's length where the
 * server would else say that it has none. And a COALESCE of NULLs it makes a NULL without length, whatever length they had.
 */
function sameMeaning(mine: string, masked: string): boolean {
  if (mine === masked) return true;
  if (!mine.startsWith("T ") || !masked.startsWith("T ")) return false;
  const [columns, others] = [mine.split(", "), masked.split(", ")];
  const withoutLength = (column: string | undefined) => column?.replace(/\(-?\d+\) /, " ");
  return (
    columns.length === others.length &&
    columns.every(
      (column, index) =>
        column === others[index] ||
        ([column, others[index]].some((each) => each?.includes("(-1) ") === true) &&
          withoutLength(column) === withoutLength(others[index])),
    )
  );
}
