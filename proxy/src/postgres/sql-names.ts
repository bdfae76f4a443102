/** PREPARE, DEALLOCATE, DECLARE, CLOSE and DISCARD: names that come and go by SQL, in the tables that the protocol's own share. */
import type { Verdict } from "@penstock/engine";
import { effect } from "../enforce/plan.ts";
import type { Admitted } from "./decide.ts";
import type { NameTable } from "./names.ts";
import { Portal, Prepared } from "./prepared.ts";
import type { Run } from "./run.ts";
import type { Session } from "./session.ts";
import { nameKeyOf } from "./wire.ts";

const noTypes = Buffer.alloc(2);

/** What a PREPARE or DECLARE in a text defines once it has run. */
export function definitionOf(session: Session, text: string, admitted: Admitted, index: number): Prepared | undefined {
  const statement = admitted.statements[index];
  if (statement === undefined || (statement.plan.effects & effect.names) === 0) return undefined;
  const { facts } = statement.plan;
  const isAlone = admitted.statements.length === 1;
  const own = isAlone ? text : Buffer.from(text, "utf8").toString("utf8", facts.start, facts.end);
  const { enforcer, names, catalog } = session.knowledge.epoch;
  const verdict = isAlone ? admitted.pass.verdict : enforcer.decide(own, session.who, names, catalog);
  return new Prepared({
    key: "",
    text: own,
    sentText: sentTextOf(verdict) ?? own,
    types: noTypes,
    plan: statement.plan,
    mapPosition: undefined,
    reads: verdict.reads,
    epoch: session.knowledge.epoch,
    fromSql: true,
  });
}

function sentTextOf(verdict: Verdict): string | undefined {
  if (verdict.action === "deny") return undefined;
  return verdict.action === "forward" ? verdict.text : verdict.approved.text;
}

/** The statement has run: its names mean what it said. */
export function applyNames(session: Session, { plan, definition, grant }: Run): void {
  const { statements, portals } = session;
  const named = plan.facts.session;
  switch (named?.kind) {
    case "prepare":
      if (named.name !== undefined && definition !== undefined) {
        const key = nameKeyOf(named.name);
        statements.commit(statements.put(key, session.group, definition.underSqlName(key)));
      }
      return;
    case "declare":
      if (named.name !== undefined && definition !== undefined) {
        const isHeld = /\bwith\s+hold\b/i.test(definition.text);
        const cursor = new Portal(definition, plan, definition.epoch, isHeld, grant);
        portals.commit(portals.put(nameKeyOf(named.name), session.group, cursor));
      }
      return;
    case "deallocate":
      drop(statements, named.name);
      return;
    case "close":
      drop(portals, named.name);
      return;
    case "discard_all":
      drop(statements, undefined);
      drop(portals, undefined);
      return;
    case "set":
    case "reset_all":
    case "discard_temp":
    case "set_any":
    case "discard_plans":
    case "execute":
    case "fetch":
    case "begin":
    case "commit":
    case "rollback":
    case "savepoint":
    case "rollback_to":
    case "release":
    case "schema_change":
    case undefined:
      return;
    default:
      named satisfies never;
  }
}

/** @param name `undefined` for all. */
function drop<V>(table: NameTable<V>, name: string | undefined): void {
  if (name === undefined) {
    table.forget(() => true);
    return;
  }
  const closed = table.close(nameKeyOf(name), -1);
  if (closed !== undefined) table.commit(closed);
}
