/** ERR of the server: of a statement that was cancelled by policy, the proxy says so, and nothing hidden stays in the server's words. */
import { refusedMysqlRow } from "@penstock/engine";
import type { Exchange } from "./exchange.ts";
import type { Framer } from "./framer.ts";
import { decodeErr, type ErrFields } from "./messages/err.ts";
import { safeMessage } from "./server-words.ts";
import type { Session } from "./session.ts";
import { SideQueryError } from "./side-query.ts";
import { pass, settle } from "./to-client.ts";

const skipped = "57014";
/** ER_TABLEACCESS_DENIED_ERROR, as every denial. */
const denied = 1142;
/** ER_QUERY_INTERRUPTED. */
const interrupted = 1317;

export function errorAnswer(session: Session, framer: Framer, exchange: Exchange): void {
  const error = decodeErr(framer.buffer, framer.body, framer.end);
  const { run } = exchange;
  const refused = exchange.isRewritten ? refusedMysqlRow(error.message) : undefined;
  if (run?.cancelledAfterMs !== undefined && error.code === interrupted) {
    run.endedBy = "duration";
    settle(session, exchange, tooLong(run.cancelledAfterMs));
  } else if (refused !== undefined) {
    settle(session, exchange, refusal(refused));
  } else {
    const message = exchange.asked === undefined ? safeMessage(session, exchange, error) : error.message;
    if (message === error.message) pass(session, framer, exchange);
    else settle(session, exchange, { ...error, message });
  }
  const [failedRun, ...later] = exchange.runs;
  if (failedRun !== undefined) session.endRun(failedRun, error.sqlstate, 0);
  for (const next of later) session.endRun(next, skipped, 0);
  exchange.runs = [];
  exchange.isSettled = true;
  exchange.asked?.reject(new SideQueryError(error.code, error.message));
  session.answered(exchange);
}

const hints = [
  ["the new row", "give it values that you would see"],
  ["there is no WHERE", "add one with a key, or LIMIT"],
] as const;

/** A row that a check in the rewritten statement has refused. */
function refusal(message: string): ErrFields {
  const hint = hints.find(([beginning]) => message.startsWith(beginning))?.[1] ?? "change other rows";
  return {
    code: denied,
    sqlstate: "42000",
    message: `${message}; hint: ${hint}, or ask for a role without filters`,
  };
}

function tooLong(durationMs: number): ErrFields {
  const time = durationMs % 1000 === 0 ? `${durationMs / 1000} s` : `${durationMs} ms`;
  return {
    code: interrupted,
    sqlstate: "70100",
    message: `the statement was cancelled by policy: it ran longer than ${time}; hint: make it do less at a time, or ask for a higher limit`,
  };
}
