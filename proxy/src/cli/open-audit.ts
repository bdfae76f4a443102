/** The audit log of a running proxy: its file, and the sinks that read it. */
import type { Logger } from "pino";
import type { AuditLog } from "../audit/audit-log.ts";
import { FileAuditLog } from "../audit/file-audit-log.ts";
import { AuditSinks } from "../audit/sinks/audit-sinks.ts";
import type { FeedState } from "../audit/sinks/sink-feed.ts";
import type { AuditConfig } from "../config/sections/audit.ts";
import { errorMessage } from "../config/system-error.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { logAuditEvent, logSinkEvent } from "./log-events.ts";

export interface OpenAudit extends AuditLog {
  /** As `FileAuditLog.appendLines`. */
  appendLines(text: string, lines: number): void;
  /** As `FileAuditLog.reopen`. */
  reopen(): void;
  /** As `FileAuditLog.keep`. */
  keep(days: number | undefined): void;
  /** How writing goes. */
  readonly file: Pick<FileAuditLog, "waitingBytes" | "hasFailed" | "writes">;
  /** How far each sink is, for metrics. */
  readonly sinks: readonly FeedState[];
}

/** How long what is left may take to reach the sinks when the proxy ends; the rest is sent when it is started again. */
const drainMs = 3000;

/** Throws a CommandError. */
export function openAudit(config: AuditConfig, log: Logger): OpenAudit {
  const { file: path, sinks, strict, key, segmentBytes, keepDays } = config;
  const set = openSinks(path, sinks, log);
  const hooks = sinks.length === 0 ? {} : { wrote: set.wrote, wantedBy: set.wantedBy };
  const file = openFile({
    strict,
    key,
    segmentBytes,
    keepDays,
    ...hooks,
    path,
    report: (event) => logAuditEvent(event, log),
  });
  set.start();
  const behind = sinks.length === 0 ? file : set.behind(file);
  return {
    append: (line) => file.append(line),
    appendLines: (text, lines) => file.appendLines(text, lines),
    flushed: (callback) => behind.flushed(callback),
    reopen: () => file.reopen(),
    keep: (days) => file.keep(days),
    file,
    get sinks() {
      return set.states;
    },
    close: async () => {
      await file.close();
      await set.close(drainMs);
    },
  };
}

function openSinks(path: string, sinks: AuditConfig["sinks"], log: Logger): AuditSinks {
  try {
    return new AuditSinks({ path, sinks, report: (event) => logSinkEvent(event, log) });
  } catch (error) {
    throw new CommandError(
      `the place that an audit sink has reached cannot be read: ${errorMessage(error)}\n  help: it is in a file beside ${path}, with the sink's name; without that file, the sink begins where \`begin\` says`,
      exitCodes.misuse,
    );
  }
}

function openFile(options: ConstructorParameters<typeof FileAuditLog>[0]): FileAuditLog {
  try {
    return new FileAuditLog(options);
  } catch (error) {
    throw new CommandError(
      `the audit log ${options.path} cannot be opened: ${errorMessage(error)}\n  help: check \`audit.file\`, its folder and who owns it`,
      exitCodes.misuse,
    );
  }
}
