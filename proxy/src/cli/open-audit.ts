/** The audit log of a running proxy: its file, and the sinks that read it. */
import { createHash } from "node:crypto";
import type { Logger } from "pino";
import type { AuditLog } from "../audit/audit-log.ts";
import { FileAuditLog } from "../audit/file-audit-log.ts";
import { SharedIndex } from "../audit/shared/shared-index.ts";
import { SharedIndexSink } from "../audit/shared/shared-index-sink.ts";
import { SharedTables } from "../audit/shared/shared-tables.ts";
import { AuditSinks, type ConfiguredSink } from "../audit/sinks/audit-sinks.ts";
import type { FeedOptions, FeedState } from "../audit/sinks/sink-feed.ts";
import type { AuditConfig } from "../config/sections/audit.ts";
import { errorMessage } from "../config/system-error.ts";
import type { PostgresAddress } from "../store/postgres-connection.ts";
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
  readonly proxyName: string;
  /** Over the records of all proxies; `undefined` where the store has no such index. */
  readonly sharedIndex: SharedIndex | undefined;
}

/** How long what is left may take to reach the sinks when the proxy ends; the rest is sent when it is started again. */
const drainMs = 3000;

/** Throws a CommandError. */
export function openAudit(config: AuditConfig, log: Logger): OpenAudit {
  const { file: path, strict, key, segmentBytes, keepDays, proxyName } = config;
  const shared = config.sharedIndex === undefined ? undefined : shareIndex(config, config.sharedIndex);
  const sinks = [...config.sinks, ...(shared === undefined ? [] : [shared.fed])];
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
  // For the index, no statement waits.
  const behind = config.sinks.length === 0 ? file : set.behind(file);
  return {
    append: (line) => file.append(line),
    appendLines: (text, lines) => file.appendLines(text, lines),
    flushed: (callback) => behind.flushed(callback),
    reopen: () => file.reopen(),
    keep: (days) => {
      file.keep(days);
      shared?.sink.keep(days);
    },
    file,
    get sinks() {
      return set.states;
    },
    proxyName,
    sharedIndex: shared?.index,
    close: async () => {
      await file.close();
      await set.close(drainMs);
      shared?.index.close();
    },
  };
}

interface Shared {
  readonly index: SharedIndex;
  readonly sink: SharedIndexSink;
  readonly fed: ConfiguredSink;
}

const megabyte = 1e6;

/** Fed as sinks are, from the oldest record on: what is in the file is in the index. */
function shareIndex({ proxyName: proxy, keepDays }: AuditConfig, address: PostgresAddress): Shared {
  const tables = new SharedTables(address);
  const sink = new SharedIndexSink({ tables, proxy, keepDays });
  const feed: FeedOptions = {
    // No name of the configuration has a dot.
    name: "store.index",
    // Another database has nothing yet.
    keptAs: `store.index-${createHash("sha256").update(tables.place).digest("hex").slice(0, 8)}`,
    whenBehind: "ignore",
    lagBytesMax: 256 * megabyte,
    waitMs: 0,
    begin: "oldest",
    gatherMs: 200,
  };
  return { index: new SharedIndex(tables), sink, fed: { feed, make: () => sink } };
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
