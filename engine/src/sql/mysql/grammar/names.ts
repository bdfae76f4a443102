/** Identifiers, names of objects, accounts, and literals that are part of the grammar (manual: Schema Object Names, Account Names). */
import * as t from "../lexer/tokens.ts";
import type { AccountName, Name, QualifiedName } from "../tree/node.ts";
import { BaseGrammar, textOf } from "./base.ts";

const { k } = t;

export abstract class NamesGrammar extends BaseGrammar {
  /** `ident` */
  readonly identifier = this.RULE("identifier", (): Name => this.name(this.CONSUME(t.Identifier)));

  /** `ident_or_text` */
  readonly identifierOrText = this.RULE(
    "identifierOrText",
    (): Name =>
      this.name(this.OR([{ ALT: () => this.CONSUME(t.Identifier) }, { ALT: () => this.CONSUME(t.StringLiteral) }])),
  );

  /** `table_ident`, `sp_name`: a name, perhaps with its schema, perhaps with a dot alone before it. */
  readonly objectName = this.RULE("objectName", (): QualifiedName => {
    const start = this.start();
    const parts: Name[] = [];
    this.OPTION(() => this.CONSUME(t.Dot));
    parts.push(this.SUBRULE(this.identifier));
    this.OPTION1(() => {
      this.CONSUME1(t.Dot);
      parts.push(this.SUBRULE1(this.identifier));
    });
    return { parts, ...this.range(start) };
  });

  readonly objectNames = this.RULE("objectNames", (): QualifiedName[] => {
    const names: QualifiedName[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => names.push(this.SUBRULE(this.objectName)) });
    return names;
  });

  /** `(a, b)` */
  readonly nameList = this.RULE("nameList", (): Name[] => {
    const names: Name[] = [];
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => names.push(this.SUBRULE(this.identifier)) });
    this.CONSUME(t.RightParen);
    return names;
  });

  /** `charset_name`, `collation_name`: returns it in lower case. */
  readonly characterSetName = this.RULE("characterSetName", (): string => {
    const token = this.OR([
      { ALT: () => this.CONSUME(t.Identifier) },
      { ALT: () => this.CONSUME(t.StringLiteral) },
      { ALT: () => this.CONSUME(k.BINARY) },
      { ALT: () => this.CONSUME(k.DEFAULT) },
    ]);
    return textOf(token).toLowerCase();
  });

  /** `CHARACTER SET` or `CHARSET`. */
  readonly characterSetWords = this.RULE("characterSetWords", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(k.CHAR);
          this.CONSUME(k.SET);
        },
      },
      { ALT: () => this.CONSUME(k.CHARSET) },
    ]);
  });

  /** `user`, `grant_role`: an account with or without host, or a role. */
  readonly accountName = this.RULE("accountName", (): AccountName => {
    const start = this.start();
    return this.OR([
      {
        ALT: (): AccountName => {
          const user = this.SUBRULE(this.identifierOrText);
          const host = this.OPTION(() => this.CONSUME(t.AtName));
          return {
            kind: "account",
            user: user.text,
            host: host === undefined ? undefined : textOf(host),
            ...this.range(start),
          };
        },
      },
      {
        ALT: (): AccountName => {
          this.CONSUME(k.CURRENT_USER);
          this.OPTION1(() => {
            this.CONSUME(t.LeftParen);
            this.CONSUME(t.RightParen);
          });
          return { kind: "current_user", user: "", host: undefined, ...this.range(start) };
        },
      },
      {
        ALT: (): AccountName => {
          this.CONSUME(k.CURRENT_ROLE);
          this.OPTION2(() => {
            this.CONSUME1(t.LeftParen);
            this.CONSUME1(t.RightParen);
          });
          return { kind: "current_role", user: "", host: undefined, ...this.range(start) };
        },
      },
    ]);
  });

  readonly accountNames = this.RULE("accountNames", (): AccountName[] => {
    const names: AccountName[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => names.push(this.SUBRULE(this.accountName)) });
    return names;
  });

  /** `select_alias`; it may be a string, but needs AS before a word that begins a clause. */
  readonly selectAlias = this.RULE("selectAlias", (): string =>
    this.OR([
      {
        ALT: () => {
          this.CONSUME(k.AS);
          return textOf(this.SUBRULE(this.identifierOrText));
        },
      },
      { ALT: () => textOf(this.CONSUME(t.AliasIdentifier)) },
      { ALT: () => this.SUBRULE(this.text) },
    ]),
  );

  /** `TEXT_STRING_sys`: returns what it says. */
  readonly text = this.RULE("text", (): string => textOf(this.CONSUME(t.StringLiteral)));

  /** `ulong_num` and the like: a number in any notation, as it is written. */
  readonly number = this.RULE("number", (): string =>
    textOf(this.OR([{ ALT: () => this.CONSUME(t.Number) }, { ALT: () => this.CONSUME(t.HexLiteral) }])),
  );

  /** `IF EXISTS` */
  readonly ifExists = this.RULE("ifExists", (): boolean => {
    this.CONSUME(k.IF);
    this.CONSUME(k.EXISTS);
    return true;
  });

  /** `IF EXISTS` or `IF NOT EXISTS`, where a rule serves CREATE and ALTER. */
  readonly ifExistsOrNot = this.RULE("ifExistsOrNot", () => {
    this.CONSUME(k.IF);
    this.OPTION(() => this.CONSUME(k.NOT));
    this.CONSUME(k.EXISTS);
  });

  /** `IF NOT EXISTS` */
  readonly ifNotExists = this.RULE("ifNotExists", (): boolean => {
    this.CONSUME(k.IF);
    this.CONSUME(k.NOT);
    this.CONSUME(k.EXISTS);
    return true;
  });

  readonly alias = this.RULE(
    "alias",
    (): Name =>
      this.name(
        this.OR([
          {
            ALT: () => {
              // MariaDB takes `=` for AS here.
              this.OR1([{ ALT: () => this.CONSUME(k.AS) }, { ALT: () => this.CONSUME(t.Equal) }]);
              return this.CONSUME(t.Identifier);
            },
          },
          { ALT: () => this.CONSUME(t.AliasIdentifier) },
        ]),
      ),
  );
}
