/** Of the proxy's own connections to targets. */
export const connectTimeoutMs = 10_000;
export const queryTimeoutMs = 60_000;
/** Nothing that is read there waits for locks but in a race with who takes one. */
export const lockTimeoutMs = 1_000;
