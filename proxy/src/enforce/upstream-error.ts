import { errorCode } from "../config/system-error.ts";
import { type CertificateProblem, certificateProblem } from "../targets/certificate-problem.ts";
import type { Target } from "./target.ts";

/** Why there is no upstream, in words for the client: nothing of the target's address or login. */
export class UpstreamError extends Error {
  readonly sqlstate: string;

  constructor(sqlstate: string, message: string, cause: unknown) {
    super(message, { cause });
    this.name = "UpstreamError";
    this.sqlstate = sqlstate;
  }
}

/** Of a target to which no connection came about. */
export function unreachable({ name }: Pick<Target, "name">, cause: unknown): UpstreamError {
  const code = errorCode(cause) ?? (cause instanceof AggregateError ? errorCode(cause.errors[0]) : undefined);
  const isLate = code === "ETIMEDOUT" || (cause instanceof Error && /timeout|timed out/i.test(cause.message));
  if (isLate) return new UpstreamError("08001", `the target "${name}" gave no answer in time`, cause);
  const problem = certificateProblem(cause);
  if (problem !== undefined)
    return new UpstreamError("08001", `the target "${name}" cannot be trusted: ${certificateProblems[problem]}`, cause);
  return new UpstreamError(
    "08001",
    `the target "${name}" cannot be reached${code === undefined ? "" : ` (${code})`}`,
    cause,
  );
}

const certificateProblems: Readonly<Record<CertificateProblem, string>> = {
  expired: "its certificate has expired",
  "other host": "its certificate is for another host",
  "unknown authority": "nobody trusted by the proxy has signed its certificate",
};
