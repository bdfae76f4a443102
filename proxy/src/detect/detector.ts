/** What every kind of content is found by. Hot: a detector is called for each byte that may belong to its kind. */

/** In the order in which they are tried where several could begin. Also the words of the configuration, the audit log and redactions. */
export const detectedKinds = [
  "email",
  "phone",
  "iban",
  "card",
  "ssn",
  "jwt",
  "aws_key",
  "google_key",
  "github_token",
  "slack_token",
  "private_key",
] as const;
export type DetectedKind = (typeof detectedKinds)[number];

/** Offsets of bytes; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Detector {
  /** Bytes at which `find` is worth calling; letters and digits only where no other letter or digit stands before. */
  readonly triggers: string;
  /**
   * What is found at `at`, looking at nothing before `from` and nothing from `to` on. INVARIANT: over all calls for one value it looks at
   * each byte a fixed number of times, whatever the value holds.
   */
  find(bytes: Uint8Array, at: number, from: number, to: number): Span | undefined;
}
