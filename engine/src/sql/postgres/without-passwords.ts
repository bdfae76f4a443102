import { tokenize } from "./rewrite/lexer.ts";

/** Whether to look more closely at a text: nearly none has words of both kinds. Two patterns, for one of both would look at every pair of words. */
const verbs = /\b(?:create|alter)\s/i;
const secrets = /password|passphrase|secret|token|connection/i;
/** What of CREATE and ALTER is about passwords: roles, user mappings, servers, subscriptions. */
const makers = new Set(["role", "user", "group", "server", "foreign", "subscription"]);
/** What stands before a secret: PASSWORD, CONNECTION, and options such as `sslpassword` or `secret_key`. */
const announces = /^(?:connection$|.*(?:password|passphrase|secret|token))/;

/**
 * The text as it may be kept: `'***'` in place of the passwords of CREATE and ALTER ROLE, USER, SERVER, USER MAPPING and SUBSCRIPTION. Goes by
 * tokens, so that it serves for a text that does not parse as well.
 */
export function withoutPostgresPasswords(text: string): string {
  if (!verbs.test(text) || !secrets.test(text)) return text;
  const bytes = Buffer.from(text, "utf8");
  const parts: string[] = [];
  let kept = 0;
  /** The first two words of the statement, and the one before this. */
  let verb = "";
  let object = "";
  let before = "";
  for (const { kind, start, end } of tokenize(bytes)) {
    const word = bytes.toString("utf8", start, end).toLowerCase();
    if (word === ";") {
      [verb, object, before] = ["", "", ""];
      continue;
    }
    const isMaker = (verb === "create" || verb === "alter") && makers.has(object);
    if (kind === "string" && isMaker && announces.test(before)) {
      parts.push(bytes.toString("utf8", kept, start), "'***'");
      kept = end;
    }
    if (verb === "") verb = word;
    else if (object === "") object = word;
    before = word.replace(/^"(.*)"$/, "$1");
  }
  return [...parts, bytes.toString("utf8", kept)].join("");
}
