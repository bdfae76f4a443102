/** `/metrics`: what a proxy counts, as Prometheus reads it. Names: https://prometheus.io/docs/practices/naming/. */
import { collectDefaultMetrics, type Metric, Registry } from "prom-client";
import { partsOf } from "./fired-rules.ts";
import { bucketsOf, type Histogram, type HistogramReading } from "./histogram.ts";
import type { MeterReadings } from "./meters.ts";

/** What is read each time that somebody asks. */
export interface MetricsSource {
  /** Of all processes. */
  readonly readings: MeterReadings;
  readonly heldStatements: number;
  /** Of the policies in force. */
  readonly revision: string;
  readonly policies: {
    readonly swaps: number;
    readonly refusals: number;
    readonly failures: number;
  };
  readonly audit: {
    readonly file: AuditFileReading;
    readonly sinks: readonly { readonly name: string; readonly lagBytes: number }[];
  };
  readonly targets: readonly { readonly name: string; readonly isUp: boolean }[];
}

interface AuditFileReading {
  /** Bytes of lines that are not in the file yet. */
  readonly waitingBytes: number;
  /** It cannot be written, and statements are refused. */
  readonly hasFailed: boolean;
  /** Writing one group of lines, in strict mode until it is on disk. */
  readonly writes: Histogram;
}

type Labels = Readonly<Record<string, string>>;
type Value = readonly [number, Labels?];

/** @returns a registry that reads `source` anew each time its `metrics()` is called */
export function exposition(source: MetricsSource): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const add = (type: "counter" | "gauge", name: string, help: string, read: () => Iterable<Value>): void => {
    register(registry, name, help, type, () =>
      [...read()].map(([value, labels = {}]) => ({ value, labels, metricName: name })),
    );
  };
  const counted = (name: keyof MeterReadings["counts"]): Value[] => [[source.readings.counts[name]]];
  add("gauge", "penstock_sessions_open", "Sessions that are open.", () => counted("sessionsOpen"));
  add("counter", "penstock_sessions_total", "Sessions that have begun.", () => counted("sessionsTotal"));
  add("counter", "penstock_login_failures_total", "Logins that failed.", () => counted("loginFailures"));
  add("counter", "penstock_statements_total", "Statements, refused ones included.", () => counted("statements"));
  add("counter", "penstock_refusals_total", "Texts that were refused.", () => counted("denials"));
  add("gauge", "penstock_held_statements", "Statements that wait for approval.", () => [[source.heldStatements]]);
  add("counter", "penstock_rules_fired_total", "How often a rule had an effect; refusals of the engine by code.", () =>
    source.readings.fired.map(([key, times]) => [times, partsOf(key)] as const),
  );
  add(
    "counter",
    "penstock_decisions_total",
    "Decisions on texts: remembered from the same text, from one with other constants, or made by evaluating rules (none).",
    () => source.readings.decisions.map(([cache, times]) => [times, { cache }] as const),
  );
  add("counter", "penstock_origin_leaks_total", "Masked columns that came back: must stay 0.", () =>
    counted("originLeaks"),
  );
  add("counter", "penstock_faults_total", "Sessions ended by a mistake of the proxy's: must stay 0.", () =>
    counted("faults"),
  );
  add("gauge", "penstock_policies_info", "The revision in force.", () => [[1, { revision: source.revision }]]);
  add("counter", "penstock_policies_reloads_total", "Times that policies were read again, by outcome.", () => [
    [source.policies.swaps, { outcome: "in_force" }],
    [source.policies.refusals, { outcome: "refused" }],
    [source.policies.failures, { outcome: "unreachable" }],
  ]);
  add("counter", "penstock_shadow_decisions_total", "Statements by what policies in the shadow would change.", () =>
    source.readings.shadow.map(([change, count]) => [count, { change }] as const),
  );
  add("gauge", "penstock_audit_waiting_bytes", "Audit lines that are not written yet.", () => [
    [source.audit.file.waitingBytes],
  ]);
  add("gauge", "penstock_audit_failed", "1 while the audit log cannot be written.", () => [
    [source.audit.file.hasFailed ? 1 : 0],
  ]);
  add("gauge", "penstock_audit_sink_lag_bytes", "Audit records that a sink has not taken yet.", () =>
    source.audit.sinks.map(({ name: sink, lagBytes }) => [lagBytes, { sink }] as const),
  );
  add("gauge", "penstock_target_up", "1 where the last look at a target's schema has succeeded.", () =>
    source.targets.map(({ name, isUp }) => [isUp ? 1 : 0, { target: name }] as const),
  );
  const stages = () =>
    [
      ["decide", source.readings.decide],
      ["audit", source.audit.file.writes.read()],
      ["upstream", source.readings.upstream],
    ] as const;
  const name = "penstock_stage_seconds";
  register(registry, name, "Time of a statement's stages.", "histogram", () =>
    stages().flatMap(([stage, histogram]) => [...samplesOf(name, stage, histogram)]),
  );
  return registry;
}

interface Sample {
  readonly value: number;
  readonly labels: Labels;
  readonly metricName: string;
}

function* samplesOf(name: string, stage: string, histogram: HistogramReading): Iterable<Sample> {
  const { buckets, sumSeconds, count } = bucketsOf(histogram);
  for (const [bound, value] of buckets) {
    const le = bound === Infinity ? "+Inf" : String(bound);
    yield { value, labels: { stage, le }, metricName: `${name}_bucket` };
  }
  yield { value: sumSeconds, labels: { stage }, metricName: `${name}_sum` };
  yield { value: count, labels: { stage }, metricName: `${name}_count` };
}

/** Our own numbers are counted without labels to look up, which the library's own kinds of metric would need. */
function register(
  registry: Registry,
  name: string,
  help: string,
  type: "counter" | "gauge" | "histogram",
  read: () => readonly Sample[],
): void {
  const metric = {
    name,
    help,
    type,
    aggregator: "sum",
    get: () => Promise.resolve({ name, help, type, values: read() }),
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a metric, a registry calls `get` only (prom-client/lib/registry.js)
  registry.registerMetric(metric as unknown as Metric);
}
