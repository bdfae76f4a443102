/**
 * Records as logs of OpenTelemetry: OTLP 1.x over HTTP with JSON (opentelemetry.io/docs/specs/otlp/#otlphttp). The line is the body, as it
 * stands in the file; what collectors route and filter by is an attribute. `log.record.uid` is the record's id.
 */
import { z } from "zod";
import { type HttpAddress, JsonPoster } from "./post-json.ts";
import { type Sink, SinkError, type SinkRecord } from "./sink.ts";

interface KeyValue {
  readonly key: string;
  readonly value: { readonly stringValue: string } | { readonly intValue: string };
}

/** Of a record, what becomes attributes. */
const described = z.looseObject({
  event: z.string().catch(""),
  time: z.string().catch(""),
  session: z.string().optional().catch(undefined),
  statement: z.int().optional().catch(undefined),
  principal: z.looseObject({ id: z.string() }).optional().catch(undefined),
  target: z.string().optional().catch(undefined),
  kind: z.string().optional().catch(undefined),
  decision: z.string().optional().catch(undefined),
  sqlstate: z.string().optional().catch(undefined),
});
type Described = z.output<typeof described>;

const severities = { info: 9, warn: 13, error: 17 } as const;

export class OtlpSink implements Sink {
  readonly #poster: JsonPoster;
  readonly #resource: readonly KeyValue[];

  /** @param host the machine that the proxy runs on */
  constructor(address: HttpAddress, host: string) {
    this.#poster = new JsonPoster(address);
    this.#resource = [text("service.name", "penstock"), text("host.name", host)];
  }

  async send(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    const observed = nanoseconds(Date.now());
    const logRecords = records.map((record) => logRecord(record, observed));
    const resourceLogs = [
      { resource: { attributes: this.#resource }, scopeLogs: [{ scope: { name: "penstock.audit" }, logRecords }] },
    ];
    const answer = await this.#poster.post(JSON.stringify({ resourceLogs }), {}, signal);
    const rejected = rejectedOf(answer);
    if (rejected > 0) throw new SinkError(`it takes all but ${rejected} of ${records.length} records`);
  }

  close(): Promise<void> {
    this.#poster.close();
    return Promise.resolve();
  }
}

function logRecord({ id, chain, segment, start, line }: SinkRecord, observed: string): unknown {
  const record = described.parse(JSON.parse(line));
  const severity = severityOf(record);
  const ms = Date.parse(record.time);
  return {
    timeUnixNano: Number.isNaN(ms) ? observed : nanoseconds(ms),
    observedTimeUnixNano: observed,
    severityNumber: severities[severity],
    severityText: severity.toUpperCase(),
    eventName: `penstock.${record.event}`,
    body: { stringValue: line },
    attributes: [
      text("log.record.uid", id),
      text("penstock.chain", chain),
      number("penstock.segment", segment),
      number("penstock.start", start),
      ...attributesOf(record),
    ],
  };
}

function attributesOf({
  event,
  session,
  statement,
  principal,
  target,
  kind,
  decision,
  sqlstate,
}: Described): KeyValue[] {
  const texts = {
    "penstock.event": event,
    "session.id": session,
    "user.id": principal?.id,
    "penstock.target": target,
    "penstock.kind": kind,
    "penstock.decision": decision,
    "db.response.status_code": sqlstate,
  };
  return [
    ...Object.entries(texts).flatMap(([key, value]) => (value === undefined || value === "" ? [] : [text(key, value)])),
    ...(statement === undefined ? [] : [number("penstock.statement", statement)]),
  ];
}

/** What somebody should look at. */
function severityOf({ event, decision }: Described): keyof typeof severities {
  if (event === "alert" || event === "audit_gap" || event === "unreadable") return "error";
  return event === "refused" || decision === "deny" ? "warn" : "info";
}

const partial = z.looseObject({
  partialSuccess: z.looseObject({ rejectedLogRecords: z.coerce.number().catch(0) }).optional(),
});

/** How many the collector did not take; proto3's JSON writes 64-bit numbers as texts. */
function rejectedOf(answer: string): number {
  try {
    return partial.safeParse(JSON.parse(answer)).data?.partialSuccess?.rejectedLogRecords ?? 0;
  } catch {
    return 0;
  }
}

function nanoseconds(ms: number): string {
  return `${ms}000000`;
}

function text(key: string, stringValue: string): KeyValue {
  return { key, value: { stringValue } };
}

function number(key: string, intValue: number): KeyValue {
  return { key, value: { intValue: String(intValue) } };
}
