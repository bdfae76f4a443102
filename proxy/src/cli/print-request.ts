import type { StoredRequest } from "../store/requests.ts";

/** One request for people: everything that they say yes to, a line each. Not escaped. */
export function printRequest({
  id,
  asked,
  state,
  isHeld,
  expiresAtMs,
  metBy,
  denial,
  isDeferred,
}: StoredRequest): readonly string[] {
  const { principal, target, database, texts, parameters, needs, alike, redacted = false } = asked;
  const [statement = "", ...runs] = texts;
  const forWhom = principal.actsFor.length === 0 ? "" : ` for ${principal.actsFor.join(", ")}`;
  const until = state === "waiting" ? `until ${new Date(expiresAtMs).toISOString()}` : state;
  const denied =
    denial === undefined ? "" : ` by ${denial.by}${denial.because === undefined ? "" : `: ${denial.because}`}`;
  const lines = [
    `${id}  ${principal.id} (${principal.kind})${forWhom} on ${target}, database ${database}; ${until}${denied}`,
    `  ${statement}`,
    ...runs.map((text) => `  runs: ${text}`),
    ...parameters.map(
      (value, index) => `  $${index + 1} = ${value === null ? "NULL" : redacted ? value : JSON.stringify(value)}`,
    ),
    ...(redacted ? ["  literals, comments, values and reasons are left out (`audit.redact`)"] : []),
    ...needs.map(({ key, groups, forMs, because }) => {
      const time = forMs === undefined ? "for this one run" : `for ${printTime(forMs)}`;
      const reason = because === undefined ? "" : `; ${because}`;
      const by = metBy.get(key);
      return `  needs ${groups.join(" or ")}, ${time}${reason}${by === undefined ? "" : `  [yes from ${by}]`}`;
    }),
  ];
  if (alike !== undefined && needs.some(({ forMs }) => forMs !== undefined))
    lines.push(`  with --alike, for any values: ${alike}`);
  if (state === "waiting" && !isHeld) {
    const why = isDeferred ? "it was refused for now" : "its connection is gone";
    lines.push(`  ${why}: when it is approved, it passes when it is sent again`);
  }
  return lines;
}

function printTime(ms: number): string {
  for (const [unit, unitMs] of [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
  ] as const) {
    if (ms % unitMs === 0) return `${ms / unitMs} ${unit}`;
  }
  return `${ms / 1000} s`;
}
