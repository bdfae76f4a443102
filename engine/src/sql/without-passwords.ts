import { withoutMysqlPasswords } from "./mysql/without-passwords.ts";
import { withoutPostgresPasswords } from "./postgres/without-passwords.ts";

/** As `SqlDialect.withoutPasswords`, of a text of which nobody says for which server it is. */
export function withoutPasswords(text: string): string {
  return withoutMysqlPasswords(withoutPostgresPasswords(text));
}
