import { type Dialect, defaultSqlMode } from "./dialect.ts";
import { tokenize } from "./lexer/lexer.ts";
import * as t from "./lexer/tokens.ts";
import { quoteMysqlText } from "./quote.ts";

/** Whether to look more closely at a text: nearly none has words of both kinds. */
const verbs = /\b(?:create|alter|grant|set|change|start)\b/i;
const secrets = /identified|password/i;

/** Statements that are about accounts, by their first two words; `*` for any second one. */
const makers: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["CREATE", new Set(["USER", "ROLE", "SERVER", "OR"])],
  ["ALTER", new Set(["USER", "ROLE", "SERVER"])],
  ["GRANT", new Set(["*"])],
  ["SET", new Set(["PASSWORD"])],
  ["CHANGE", new Set(["MASTER", "REPLICATION"])],
  ["START", new Set(["SLAVE", "REPLICA", "GROUP_REPLICATION"])],
]);

/** What stands right before a secret. */
const announces = /^(?:BY|AS|USING|REPLACE|\w*PASSWORD)$/;

/** As nearly every session reads its texts. Under another mode a secret may be cut in two; both parts are strings, and both go. */
const dialect: Dialect = { product: "mariadb", version: 100_000, mode: defaultSqlMode };

/**
 * The text as it may be kept: `'***'` in place of the passwords and their hashes in CREATE and ALTER USER, GRANT, SET PASSWORD, CREATE SERVER
 * and CHANGE MASTER. Goes by tokens, so that it serves for a text that does not parse as well.
 */
export function withoutMysqlPasswords(text: string): string {
  if (!verbs.test(text) || !secrets.test(text)) return text;
  const parts: string[] = [];
  let kept = 0;
  let words: string[] = [];
  for (const token of tokenize(text, dialect).tokens) {
    const { tokenType, image, startOffset } = token;
    if (tokenType === t.Semicolon) {
      words = [];
      continue;
    }
    const isString = tokenType === t.StringLiteral || tokenType === t.NationalString || tokenType === t.Unknown;
    if (isString && isMaker(words) && isAnnounced(words)) {
      parts.push(text.slice(kept, startOffset), "'***'");
      kept = startOffset + image.length;
    } else if (isString) {
      // A string may be a statement: PREPARE … FROM 'create user …', SET @text = '…'.
      const inner = token.text ?? "";
      const without = inner.length < text.length ? withoutMysqlPasswords(inner) : inner;
      if (without !== inner) {
        parts.push(text.slice(kept, startOffset), quoteMysqlText(without, defaultSqlMode));
        kept = startOffset + image.length;
      }
    }
    words.push(image.toUpperCase());
  }
  return [...parts, text.slice(kept)].join("");
}

function isMaker([verb = "", object = ""]: readonly string[]): boolean {
  const objects = makers.get(verb);
  return objects?.has(object) === true || objects?.has("*") === true;
}

function isAnnounced(words: readonly string[]): boolean {
  const last = words.at(-1) ?? "";
  if (last === "=" && words[0] === "SET") return true;
  return announces.test(last === "(" || last === "=" ? (words.at(-2) ?? "") : last);
}
