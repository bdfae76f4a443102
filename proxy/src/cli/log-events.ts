/** What the parts of a running proxy report, as lines of its log. */
import type { Logger } from "pino";
import type { ApprovalEvent } from "../approvals/approval-desk.ts";
import type { AuditEvent } from "../audit/file-audit-log.ts";
import type { BehindRule } from "../audit/sinks/sink.ts";
import type { FeedEvent } from "../audit/sinks/sink-feed.ts";
import { errorMessage } from "../config/system-error.ts";
import type { CrewEvent } from "../workers/crew.ts";
import type { ProxyEvent } from "../proxy-server-options.ts";
import type { ConfiguredTargets } from "../targets/configured-targets.ts";
import type { HealthState } from "../targets/target-health.ts";
import { explainTargetError } from "../targets/target-connection.ts";

export function logProxyEvent(event: ProxyEvent, targets: ConfiguredTargets, log: Logger): void {
  switch (event.kind) {
    case "session_opened":
    case "session_closed": {
      const { kind, session, user, reason } = event;
      log.debug({ session, user, reason }, kind === "session_opened" ? "session opened" : "session closed");
      return;
    }
    case "login_failed": {
      const { address, user, reason } = event;
      log.warn({ address, user, reason }, "a login failed");
      return;
    }
    case "upstream_failed": {
      const target = targets.all.find(({ name }) => name === event.target);
      const cause = event.error.cause ?? event.error;
      const report = target === undefined ? errorMessage(cause) : explainTargetError(target, cause);
      log.error({ report }, "a session got no connection to its target");
      return;
    }
    case "origin_leak": {
      const { session, statement, message } = event;
      log.error(
        { session, statement, reason: message },
        "a masked column came back from the target: the statement was ended. Please report this",
      );
      return;
    }
    case "notification": {
      const { session, statement, principal, channel, message, rule } = event;
      log.warn({ channel, principal, session, statement, rule, reason: message }, `notify ${channel}`);
      return;
    }
    case "approval":
      logApproval(event.event, log);
      return;
    case "fault":
      log.error(
        { session: event.session, report: event.error.stack ?? event.error.message },
        "a fault ended a session. Please report this",
      );
  }
}

function logApproval(event: ApprovalEvent, log: Logger): void {
  if (event.kind === "store") {
    const { problem } = event;
    if (problem === undefined) log.warn("the store answers again");
    else log.error({ error: problem }, "the store does not answer: statements that need approval are refused");
    return;
  }
  const { kind, ...details } = event;
  const said = {
    asked: "a statement waits for approval",
    answered: "an answer came",
    revoked: "an approval was taken back",
    ended: "it waits no longer",
  };
  log.info(details, said[kind]);
}

export function logCrewEvent(event: CrewEvent, log: Logger): void {
  const { worker } = event;
  switch (event.kind) {
    case "ended":
      log.error({ worker, how: event.how }, "a worker has ended, and its sessions with it: it is started again");
      return;
    case "not started":
      log.error({ worker, report: event.problem }, "a worker cannot start: it is tried again");
      return;
    case "started again":
      log.info({ worker }, "a worker was started again");
      return;
    default:
      event satisfies never;
  }
}

export function logAuditEvent(event: AuditEvent, log: Logger): void {
  switch (event.kind) {
    case "repaired":
      log.warn(
        `the last line of the audit log ${event.path} was cut off, by a crash or a full disk: it was ended, and stays`,
      );
      return;
    case "exposed":
      log.warn(
        `the audit log ${event.path} can be read by others (mode ${event.mode.toString(8)}): it holds the text of statements`,
      );
      return;
    case "failed":
      log.error({ error: event.error.message }, "the audit log cannot be written: statements are refused until it can");
      return;
    case "recovered":
      log.warn(
        { lines_late: event.linesLate, lines_lost: event.linesLost },
        "the audit log can be written again: statements run",
      );
      return;
    case "lost":
      log.error({ lines_lost: event.lines }, "the proxy ends, and lines of the audit log could not be written");
      return;
    case "closed":
      log.info(
        { seal: event.seal },
        "the audit log is closed: kept elsewhere, its last seal tells whether its end was cut",
      );
      return;
    case "ended":
      log.info({ seal: event.seal }, `a file of the audit log ${event.path} has ended: keep its last seal elsewhere`);
      return;
    case "not rotated":
      log.error({ error: event.error.message }, "the audit log's file could not be renamed: it grows on");
      return;
    case "kept":
      log.warn(
        `the file ${event.path} of the audit log is older than \`audit.keep_days\`, and stays: the sink ${event.wantedBy} has not read it`,
      );
  }
}

export function logSinkEvent(event: FeedEvent, log: Logger): void {
  const { sink } = event;
  switch (event.kind) {
    case "begun":
      log.info(
        { sink },
        `an audit sink begins with ${event.from === "now" ? "what is written from now on" : "the oldest record"}`,
      );
      return;
    case "failing":
      log.error(
        { sink, reason: event.reason },
        "an audit sink takes no records: they stay in the file, and are sent again",
      );
      return;
    case "works again":
      log.info({ sink, after_ms: event.afterMs }, "an audit sink takes records again");
      return;
    case "gap":
      log.error({ sink, reason: event.reason }, "an audit sink could not be sent all that was written");
      return;
    case "too far behind":
      log.error({ sink, lag_bytes: event.lagBytes }, `an audit sink is too far behind: ${consequences[event.rule]}`);
      return;
    case "caught up":
      log.info({ sink }, "an audit sink is not too far behind any more");
      return;
    case "place not kept":
      log.error(
        { sink, error: event.error.message },
        "the place that an audit sink has reached cannot be kept: after a restart, records are sent twice",
      );
  }
}

const consequences: Readonly<Record<BehindRule, string>> = {
  wait: "statements wait",
  refuse: "statements are refused",
  ignore: "statements go on",
};

export function logTargetState({ name, isUp, problem }: HealthState, log: Logger): void {
  if (isUp) log.info({ target: name }, "a target answers again");
  else log.error({ target: name, report: problem }, "a target does not answer");
}
