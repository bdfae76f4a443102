/** Descriptions of results: nothing may come straight from a masked column, and what is replaced in rows is known by them. */
import type { TokenResult } from "@penstock/engine";
import { detectingColumns } from "../enforce/detecting.ts";
import type { StatementPlan } from "../enforce/plan.ts";
import { type ColumnChange, opensRows } from "../enforce/row-change.ts";
import type { Refusal } from "../enforce/session-rules.ts";
import type { StatementRun } from "../enforce/statement-run.ts";
import { tokenChange } from "../enforce/token-columns.ts";
import { errOf } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import type { Framer } from "./framer.ts";
import { type ColumnDefinition, decodeColumnDefinition } from "./messages/column-definition.ts";
import { originNumber } from "./origins.ts";
import { arrivesWhole, resultEncoding } from "./result-encoding.ts";
import { BinaryRowValues, textRowValues } from "./row-values.ts";
import type { Session } from "./session.ts";
import { leak, settle } from "./to-client.ts";

/** A result begins, or the descriptions of one that is being prepared. */
export function beginResult(session: Session, exchange: Exchange, columns: number): void {
  exchange.beginResult(columns);
  const tokens = planOf(exchange)?.tokens;
  if (tokens !== undefined && columns !== tokens.width) {
    // Of what is prepared, the packets before have gone on.
    leak(session, exchange, "a result has another number of columns", exchange.kind === "prepare");
  }
  if (exchange.kind === "query" && isReplaced(exchange.run)) exchange.described = [];
}

function planOf({ kind, prepared, run }: Exchange): StatementPlan | undefined {
  return kind === "prepare" ? prepared?.plan : run?.plan;
}

/** Whether something of its rows may have to be replaced. */
function isReplaced(run: StatementRun | undefined): run is StatementRun {
  return run !== undefined && (run.plan.tokens !== undefined || run.detecting !== undefined);
}

/** One description. */
export function describedColumn(session: Session, { buffer, body, end }: Framer, exchange: Exchange): void {
  const { forbidden, run, kind } = exchange;
  const keeps = kind === "query" && isReplaced(run);
  if ((forbidden.length === 0 && !keeps) || exchange.isSettled || exchange.asked !== undefined) return;
  const column = decodeColumnDefinition(buffer, body, end);
  if (keeps) exchange.described.push(column);
  const index = exchange.columns - exchange.columnsLeft;
  // Of a column out of a derived table MariaDB says the alias: what is to be replaced is known better by the statement.
  if (planOf(exchange)?.tokens?.columns.some((token) => token.index === index) === true) return;
  const origin = originNumber(session.knowledge.epoch.catalog, column);
  if (origin === undefined || !forbidden.some((columns) => columns.has(origin))) return;
  if (isNamedAlike(planOf(exchange), column, index, origin)) return;
  leak(session, exchange, `the result's column ${JSON.stringify(column.name)} comes straight from a masked column`);
}

/**
 * Whether an unmasked column only got the name of a masked one: out of a temporary table, as DISTINCT and GROUP BY of a derived table make one,
 * MariaDB says the table of its column and the alias.
 */
function isNamedAlike(
  plan: StatementPlan | undefined,
  { name, column }: ColumnDefinition,
  index: number,
  origin: number,
): boolean {
  const source = plan === undefined ? undefined : sourceOf(plan, index);
  return name === column && source !== undefined && source !== origin && plan?.forbidden?.has(source) !== true;
}

/** All descriptions of a result are there, and have gone on: what is replaced in its rows. */
export function resultDescribed(session: Session, exchange: Exchange): void {
  const { run, described } = exchange;
  if (exchange.isSettled || !isReplaced(run)) return;
  const { tokens } = run.plan;
  const { tokenKey } = session.host;
  const values =
    exchange.prepared === undefined ? textRowValues : new BinaryRowValues(described.map(({ type }) => type));
  run.change = undefined;
  if (tokens !== undefined) {
    if (tokenKey === undefined) throw new Error("tokens got past the gate, and there is no key");
    if (!areWhole(tokens, described)) {
      settle(session, exchange, errOf(lossyTokens.sqlstate, lossyTokens.message, lossyTokens.hint), true);
      return;
    }
    run.change = tokenChange(tokenKey, tokens, values);
  }
  if (run.detecting !== undefined) {
    if (described.some((column) => formOf(column, session) === "unreadable")) {
      settle(session, exchange, errOf(notLookedInto.sqlstate, notLookedInto.message, notLookedInto.hint), true);
      return;
    }
    const columns = detectingColumns(described, run.change, (column, index) =>
      replacementFor(session, run, column, index),
    );
    run.change = { columns, width: described.length, values };
  }
  exchange.opensRows = opensRows(run.change);
  // Nothing of a row goes on before all of it is there.
  if (exchange.opensRows) exchange.rowPasses = false;
}

/** What happens to values of a column; `undefined` where it is not looked into. */
function replacementFor(
  session: Session,
  { plan, detecting }: StatementRun,
  column: ColumnDefinition,
  index: number,
): ColumnChange["replacement"] | undefined {
  const { redactor } = session;
  const form = formOf(column, session);
  if (redactor === undefined || detecting === undefined || form === "other") return undefined;
  const { labelled, found } = detecting;
  const isQuery = plan.facts.outputs.length > 0;
  const origin = isQuery ? sourceOf(plan, index) : originNumber(session.knowledge.epoch.catalog, column);
  if (origin !== undefined && labelled.has(origin)) return undefined;
  // MariaDB's JSON is a text like others.
  return form === "json"
    ? (buffer, from, to) => redactor.redactJson(buffer, from, to, found)
    : (buffer, from, to) => redactor.redactTextOrJson(buffer, from, to, found);
}

/**
 * The column that an output is by the statement. Of one out of a derived table MariaDB says the alias of that, or nothing, and whoever writes the
 * statement chooses the alias.
 */
function sourceOf({ facts }: StatementPlan, index: number): number | undefined {
  const output = facts.outputs[index];
  const [source, second] = output?.sources ?? [];
  if (output?.direct !== true || source === undefined || second !== undefined) return undefined;
  return source.relation.oid * 65_536 + source.column.attnum;
}

function areWhole({ columns }: TokenResult, described: readonly ColumnDefinition[]): boolean {
  return columns.every(({ index, characterSet }) => {
    const collation = described[index]?.collation;
    return collation !== undefined && arrivesWhole(resultEncoding(collation), characterSet);
  });
}

export const lossyTokens: Refusal = {
  sqlstate: "42501",
  message:
    "a column is shown to you as tokens, which are made of UTF-8, and results come in another character set on this connection",
  hint: "SET NAMES utf8mb4",
  code: "lossy_tokens",
};

const jsonType = 245;
/** VARCHAR, ENUM, SET, the four of BLOB and TEXT, VAR_STRING, STRING. */
const textTypes: ReadonlySet<number> = new Set([15, 247, 248, 249, 250, 251, 252, 253, 254]);

/** What values of a column are to whoever looks into them. */
function formOf(
  { type, collation }: ColumnDefinition,
  { knowledge }: Session,
): "json" | "text" | "unreadable" | "other" {
  if (type === jsonType) return "json";
  if (!textTypes.has(type)) return "other";
  const encoding = resultEncoding(collation);
  // Where all results are binary, texts and bytes look alike.
  if (encoding === "binary") return knowledge.results === "binary" ? "unreadable" : "other";
  return encoding === "other" ? "unreadable" : "text";
}

const notLookedInto: Refusal = {
  sqlstate: "42501",
  message:
    "this target looks into results for personal data and keys, which it cannot do in the character set in which this one would come",
  hint: "SET NAMES utf8mb4",
  code: "not_looked_into",
};
