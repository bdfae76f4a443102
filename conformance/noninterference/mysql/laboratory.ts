/** Where generated statements of MySQL's are tried, by somebody from whom something is hidden. */
import type { RowDataPacket } from "mysql2";
import { createConnection } from "mysql2/promise";
import { MysqlConversation, type MysqlLogin } from "../../support/mysql-conversation.ts";
import type { MariadbServer } from "../../support/mariadb-server.ts";
import { type Proxied, startProxied } from "../../support/proxied.ts";
import { firstDifference, type Tried } from "../check.ts";
import { type Answer, errorsOf, everything, meaning, outcomeOf, play } from "./answers.ts";
import type { Kind, SchemaTable } from "./scope.ts";
import { type Script, scripts } from "./scripts.ts";
import { filteredRows, maskedColumns, shopTables, shopViews } from "./shop.ts";
import { createTwinShops } from "./twin-shops.ts";

export interface Subject {
  readonly name: "analyst" | "regional" | "dba";
  /** Rows are hidden besides. */
  readonly rowsAreHidden: boolean;
}

export const subjects = {
  analyst: { name: "analyst", rowsAreHidden: false },
  regional: { name: "regional", rowsAreHidden: true },
  /** Sees everything: for the test that the property can fail. */
  dba: { name: "dba", rowsAreHidden: false },
} as const satisfies Record<string, Subject>;

export interface Laboratory extends Tried<Script> {
  readonly proxied: Proxied;
  readonly stop: () => Promise<void>;
}

/** @param prefix of the databases' names, with as many letters as `shop` */
export async function openLaboratory(server: MariadbServer, prefix: string, subject: Subject): Promise<Laboratory> {
  const shops = await createTwinShops(server, prefix, subject.rowsAreHidden);
  const names = [shops.shop.database, shops.twin.database];
  const rules = subject.name === "dba" ? [] : rulesFor(names, subject.rowsAreHidden);
  const proxied = await startProxied({
    databases: [shops.shop, shops.twin],
    users: [{ name: subject.name, kind: "human" }],
    policies: [{ path: "shop.policy", text: ["package shop", ...rules].join("\n") }],
  });
  const shop = await MysqlConversation.open(proxied.as(subject.name, shops.shop.database));
  const twin = await MysqlConversation.open(proxied.as(subject.name, shops.twin.database));
  const masked = await MysqlConversation.open(shops.masked);
  const schema = await schemaOf(shops.shop, subject);
  return {
    proxied,
    arbitrary: scripts(schema),
    async run(script) {
      const [ofShop, ofTwin, ofMasked] = await Promise.all([
        play(script, shop, shops.shop.database),
        play(script, twin, shops.twin.database),
        play(script, masked, shops.masked.database),
      ]);
      const outcomes = [ofShop, ofTwin, ofMasked].map(outcomeOf);
      const outcome = outcomes[0] ?? "failed";
      if (outcomes.includes("timed out"))
        return { outcome: "timed out", interference: undefined, difference: undefined };
      const isCompared = script.isComparable && outcome !== "denied" && subject.name !== "dba";
      const [mine, others] = [ofShop, ofTwin].map((answers) => everything(script, answers, subject.rowsAreHidden));
      return {
        outcome,
        interference: withheld(ofShop) ?? firstDifference(mine ?? [], others ?? []),
        difference: isCompared ? differenceFromMasked(script, ofShop, ofMasked) : undefined,
      };
    },
    async stop() {
      for (const client of [shop, twin, masked]) client.close();
      await proxied.stop();
    },
  };
}

/** The proxy found a masked column in a result at the last moment: it must never happen. */
function withheld(answers: readonly Answer[]): string | undefined {
  return answers
    .flatMap(({ packets }) => packets.map((packet) => packet.toString("latin1")))
    .find((text) => text.includes("the result was withheld"));
}

/** Errors that a value causes: for which rows an expression is evaluated is the planner's choice, and it plans a mask otherwise than a column. */
function differenceFromMasked(script: Script, mine: readonly Answer[], masked: readonly Answer[]): string | undefined {
  const difference = firstDifference(meaning(script, mine), meaning(script, masked));
  const dependsOnPlan = [...errorsOf(mine), ...errorsOf(masked)].some((number) => causedByValues.has(number));
  const insists = errorsOf(masked).some((number) => refusedOfColumns.has(number));
  const isNotRead = errorsOf(masked).some((number) => readsTarget.has(number));
  const isShort = mine.some(isCutShort) || masked.some(isCutShort);
  return dependsOnPlan || insists || isNotRead || isShort ? undefined : difference;
}

/** The server gives DELETE … RETURNING no result where it knows beforehand that no row is meant. */
function isCutShort(answer: Answer): boolean {
  return / returning /.test(answer.step.sql) && meaning({ isOrdered: false }, [answer])[0]?.startsWith("ok ") === true;
}

/** A table that is changed cannot be read by a view beside; as a derived table it can. */
const readsTarget: ReadonlySet<number> = new Set([1093, 1443]);

/** What the server refuses of columns and not of what stands in their places: mixed collations, and aggregates by how it has opened a view. */
const refusedOfColumns: ReadonlySet<number> = new Set([1267, 1270, 1271, 1111]);

const causedByValues: ReadonlySet<number> = new Set([
  1105, 1139, 1210, 1241, 1242, 1264, 1265, 1292, 1365, 1366, 1367, 1406, 1411, 1441, 1690, 1977, 4037, 4038, 1918,
  3064,
]);

/** Masks and filters of these databases, for everybody. */
export function rulesFor(databases: readonly string[], rowsAreHidden: boolean): readonly string[] {
  const masks = databases.flatMap((database) => maskedColumns.map((mask) => `mask ${database}.${mask}`));
  const filters = databases.flatMap((database) => filteredRows.map((filter) => `filter ${database}.${filter}`));
  return rowsAreHidden ? [...masks, ...filters] : masks;
}

async function schemaOf(login: MysqlLogin, subject: Subject): Promise<SchemaTable[]> {
  const { host, port, user, password, database } = login;
  const client = await createConnection({ host, port, user, password, database });
  const [rows] = await client.query<RowDataPacket[]>(
    "select table_name as relation, column_name as name, data_type as type from information_schema.columns where table_schema = database() order by 1, ordinal_position",
  );
  await client.end();
  const hides = new Set(
    [...maskedColumns, ...(subject.rowsAreHidden ? filteredRows : [])].map((rule) => rule.split(/[. ]/)[0]),
  );
  const masked = new Set(maskedColumns.map((rule) => rule.split(" ")[0]));
  return [...shopTables.map(({ name }) => name), ...Object.keys(shopViews)].map((name) => {
    const outputs = rows
      .filter(({ relation }) => relation === name)
      .map((row) => ({ name: String(row["name"]), kind: kindOf(String(row["type"])) }));
    return {
      name,
      outputs,
      shown: outputs.map((output) => output.name).filter((column) => !masked.has(`${name}.${column}`)),
      ids: seenIds(name, subject),
      isView: name in shopViews,
      isProtected: hides.has(name) || name in shopViews,
      hidesRows: subject.rowsAreHidden && (hides.has(name) || name in shopViews),
      partitions: name === "tickets" ? ["p0", "p1", "p2"] : [],
    };
  });
}

function seenIds(name: string, { rowsAreHidden }: Subject): number[] {
  const table = shopTables.find((each) => each.name === name);
  const all = Array.from({ length: table?.count ?? 0 }, (_, index) => index + 1);
  return rowsAreHidden ? all.filter((id) => table?.hides?.isHidden(id) !== true) : all;
}

function kindOf(type: string): Kind {
  if (type === "date") return "date";
  if (type === "datetime" || type === "timestamp") return "datetime";
  if (type === "decimal") return "decimal";
  return /int/.test(type) ? "int" : "text";
}
