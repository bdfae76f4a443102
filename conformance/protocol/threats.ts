/** The ways past a guard that are ways of sending bytes, by the numbers of the attack corpus, as far as PostgreSQL has them. */
export const threats: Readonly<Record<number, string>> = {
  51: "function calls by message",
  52: "lengths, and messages inside of others",
  54: "bytes before TLS",
  55: "a second start",
  56: "pipelines after a denial, and messages out of turn",
  57: "cancel keys",
  61: "connections that say nothing, or little",
};
