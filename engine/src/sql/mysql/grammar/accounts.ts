/** Accounts, roles and privileges (manual: Account Management Statements). */
import * as t from "../lexer/tokens.ts";
import type { AccountName, QualifiedName } from "../tree/node.ts";
import type { Grant, RenameUser } from "../tree/utility.ts";
import type { NamedObject } from "./objects.ts";
import { ShowGrammar } from "./show.ts";

const { k } = t;

export abstract class AccountsGrammar extends ShowGrammar {
  /** `USER 'u'@'h' IDENTIFIED BY 'x' REQUIRE SSL …`, of CREATE and ALTER. */
  protected readonly userDefinition = this.RULE("userDefinition", (): NamedObject => {
    this.CONSUME(k.USER);
    this.OPTION(() => this.SUBRULE(this.ifExistsOrNot));
    const accounts = this.SUBRULE(this.identifiedAccounts);
    this.OPTION1(() => {
      this.CONSUME(k.DEFAULT);
      this.CONSUME(k.ROLE);
      this.SUBRULE(this.roles);
    });
    this.SUBRULE(this.accountOptions);
    return { object: "user", names: [], accounts };
  });

  /** `ROLE r WITH ADMIN x` */
  protected readonly roleDefinition = this.RULE("roleDefinition", (): NamedObject => {
    this.CONSUME(k.ROLE);
    this.OPTION(() => this.SUBRULE(this.ifNotExists));
    const accounts = this.SUBRULE(this.accountNames);
    this.OPTION1(() => {
      this.CONSUME(k.WITH);
      this.CONSUME(k.ADMIN);
      this.SUBRULE(this.accountName);
    });
    return { object: "role", names: [], accounts };
  });

  /** `grant_list`, `user_list`: accounts, each perhaps with how it proves who it is. */
  private readonly identifiedAccounts = this.RULE("identifiedAccounts", (): AccountName[] => {
    const accounts: AccountName[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const account = this.SUBRULE(this.accountName);
        let isIdentified = false;
        this.MANY(() => {
          this.SUBRULE(this.identification);
          isIdentified = true;
        });
        accounts.push(isIdentified ? { ...account, isIdentified: true } : account);
      },
    });
    return accounts;
  });

  /** `IDENTIFIED BY 'x'`, `IDENTIFIED VIA a USING 'x' OR b`, RETAIN and DISCARD of MySQL's old passwords */
  private readonly identification = this.RULE("identification", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(k.IDENTIFIED);
          this.OR1([
            {
              ALT: () => {
                this.CONSUME(k.BY);
                this.OPTION(() => this.CONSUME(k.PASSWORD));
                this.OR2([{ ALT: () => this.SUBRULE(this.text) }, { ALT: () => this.CONSUME(k.RANDOM) }]);
                if (this.RECORDING_PHASE || this.isNext(k.REPLACE))
                  this.OPTION1(() => this.SUBRULE(this.replacedPassword));
              },
            },
            {
              ALT: () => {
                this.OR3([{ ALT: () => this.CONSUME(k.VIA) }, { ALT: () => this.CONSUME(k.WITH) }]);
                this.AT_LEAST_ONE_SEP({ SEP: k.OR, DEF: () => this.SUBRULE(this.plugin) });
              },
            },
          ]);
        },
      },
      {
        ALT: () => {
          this.OR4([{ ALT: () => this.CONSUME(k.RETAIN) }, { ALT: () => this.CONSUME(k.DISCARD) }]);
          this.OR5([{ ALT: () => this.CONSUME(k.CURRENT) }, { ALT: () => this.CONSUME(k.OLD) }]);
          this.CONSUME1(k.PASSWORD);
        },
      },
    ]);
  });

  private readonly replacedPassword = this.RULE("replacedPassword", () => {
    this.CONSUME(k.REPLACE);
    this.SUBRULE(this.text);
  });

  private readonly plugin = this.RULE("plugin", () => {
    this.SUBRULE(this.identifierOrText);
    this.OPTION(() => {
      this.OR([
        { ALT: () => this.CONSUME(k.USING) },
        { ALT: () => this.CONSUME(k.AS) },
        { ALT: () => this.CONSUME(k.BY) },
      ]);
      this.OR1([
        {
          GATE: () => this.isNext(t.LeftParen, 2),
          ALT: () => {
            this.CONSUME(k.PASSWORD);
            this.CONSUME(t.LeftParen);
            this.SUBRULE(this.text);
            this.CONSUME(t.RightParen);
          },
        },
        { ALT: () => this.SUBRULE1(this.text) },
      ]);
    });
  });

  /** REQUIRE, WITH limits, what becomes of passwords, locks, comments. */
  private readonly accountOptions = this.RULE("accountOptions", () => {
    this.OPTION(() => this.SUBRULE(this.require));
    this.OPTION1(() => this.SUBRULE(this.grantOptions));
    this.MANY(() => this.SUBRULE(this.accountLock));
  });

  /** `REQUIRE SSL`, `REQUIRE SUBJECT 'x' AND ISSUER 'y'` */
  private readonly require = this.RULE("require", () => {
    this.CONSUME(k.REQUIRE);
    this.OR([
      { ALT: () => this.CONSUME(t.group.requireWord) },
      {
        ALT: () =>
          this.AT_LEAST_ONE(() => {
            this.CONSUME(t.group.certificatePart);
            this.SUBRULE(this.text);
            this.OPTION(() => this.CONSUME(k.AND));
          }),
      },
    ]);
  });

  /** `WITH GRANT OPTION MAX_QUERIES_PER_HOUR 5` */
  private readonly grantOptions = this.RULE("grantOptions", () => {
    this.CONSUME(k.WITH);
    this.AT_LEAST_ONE(() =>
      this.OR([
        {
          ALT: () => {
            this.OR1([{ ALT: () => this.CONSUME(k.GRANT) }, { ALT: () => this.CONSUME(k.ADMIN) }]);
            this.CONSUME(k.OPTION);
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.group.resourceLimit);
            this.OPTION(() => this.CONSUME(t.Minus));
            this.SUBRULE(this.number);
          },
        },
      ]),
    );
  });

  /** `ACCOUNT LOCK`, `PASSWORD EXPIRE INTERVAL 30 DAY`, `COMMENT 'x'` */
  private readonly accountLock = this.RULE("accountLock", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(k.ACCOUNT);
          this.OR1([{ ALT: () => this.CONSUME(k.LOCK) }, { ALT: () => this.CONSUME(k.UNLOCK) }]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.PASSWORD);
          this.OR2([
            { ALT: () => this.CONSUME(k.EXPIRE) },
            { ALT: () => this.CONSUME(k.HISTORY) },
            { ALT: () => this.CONSUME(k.REUSE) },
            {
              ALT: () => {
                this.CONSUME(k.REQUIRE);
                this.CONSUME(k.CURRENT);
              },
            },
          ]);
          this.OPTION(() =>
            this.OR3([
              { ALT: () => this.CONSUME(t.group.passwordRule) },
              { ALT: () => this.SUBRULE(this.number) },
              { ALT: () => this.SUBRULE(this.intervalValue) },
            ]),
          );
        },
      },
      {
        ALT: () => {
          this.OR4([{ ALT: () => this.CONSUME(k.COMMENT) }, { ALT: () => this.CONSUME(k.ATTRIBUTE) }]);
          this.SUBRULE(this.text);
        },
      },
      {
        ALT: () => {
          this.OR5([
            { ALT: () => this.CONSUME(k.FAILED_LOGIN_ATTEMPTS) },
            { ALT: () => this.CONSUME(k.PASSWORD_LOCK_TIME) },
          ]);
          this.OR6([{ ALT: () => this.SUBRULE1(this.number) }, { ALT: () => this.CONSUME(k.UNBOUNDED) }]);
        },
      },
    ]);
  });

  /** GRANT (manual: GRANT Statement) */
  readonly grant = this.RULE("grant", (): Grant => {
    const start = this.start();
    this.CONSUME(k.GRANT);
    return this.OR([
      {
        GATE: () => this.isNext(k.PROXY) && this.isNext(k.ON, 2),
        ALT: (): Grant => {
          this.CONSUME(k.PROXY);
          this.CONSUME(k.ON);
          this.SUBRULE(this.accountName);
          this.CONSUME(k.TO);
          const accounts = this.SUBRULE(this.identifiedAccounts);
          this.SUBRULE(this.accountOptions);
          return { kind: "grant", on: undefined, accounts, ...this.range(start) };
        },
      },
      {
        ALT: (): Grant => {
          this.SUBRULE(this.privileges);
          const on = this.OPTION(() => this.SUBRULE(this.grantLevel));
          this.CONSUME1(k.TO);
          const accounts = this.SUBRULE1(this.grantees);
          this.SUBRULE1(this.accountOptions);
          this.OPTION1(() => {
            this.CONSUME(k.AS);
            this.SUBRULE1(this.accountName);
            this.OPTION2(() => {
              this.CONSUME(k.WITH);
              this.CONSUME(k.ROLE);
              this.SUBRULE(this.roles);
            });
          });
          return { kind: "grant", on, accounts, ...this.range(start) };
        },
      },
    ]);
  });

  private readonly grantees = this.RULE("grantees", (): AccountName[] => {
    const start = this.start();
    return this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          GATE: () => this.isWord("PUBLIC"),
          ALT: (): AccountName[] => {
            this.CONSUME(t.PlainIdentifier);
            return [{ kind: "public", user: "", host: undefined, ...this.range(start) }];
          },
        },
        { ALT: () => this.SUBRULE(this.identifiedAccounts) },
      ],
    });
  });

  /** REVOKE (manual: REVOKE Statement) */
  readonly revoke = this.RULE("revoke", (): Grant => {
    const start = this.start();
    this.CONSUME(k.REVOKE);
    this.OPTION(() => this.SUBRULE(this.ifExists));
    this.OPTION1({
      GATE: () => this.isNext(k.OPTION, 2) && this.isNext(k.FOR, 3),
      DEF: () => {
        this.CONSUME(k.ADMIN);
        this.CONSUME(k.OPTION);
        this.CONSUME(k.FOR);
      },
    });
    let on: QualifiedName | undefined;
    this.OR([
      {
        GATE: () => this.isNext(k.PROXY) && this.isNext(k.ON, 2),
        ALT: () => {
          this.CONSUME(k.PROXY);
          this.CONSUME(k.ON);
          this.SUBRULE(this.accountName);
        },
      },
      {
        ALT: () => {
          this.SUBRULE(this.privileges);
          on = this.OPTION2(() => this.SUBRULE(this.grantLevel));
        },
      },
    ]);
    this.CONSUME(k.FROM);
    const accounts = this.SUBRULE(this.grantees);
    this.MANY(() => {
      this.CONSUME(k.IGNORE);
      this.CONSUME(k.UNKNOWN);
      this.CONSUME(k.USER);
    });
    return { kind: "revoke", on, accounts, ...this.range(start) };
  });

  /** Privileges with their columns, or roles. A privilege may be several words: `CREATE TEMPORARY TABLES`. */
  private readonly privileges = this.RULE("privileges", () => {
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () =>
        this.OR({
          IGNORE_AMBIGUITIES: true,
          DEF: [
            {
              GATE: () => !this.isNext(t.AtName, 2),
              ALT: () => {
                this.AT_LEAST_ONE(() => this.CONSUME(t.group.privilegeWord));
                this.OPTION(() => this.SUBRULE(this.nameList));
              },
            },
            { ALT: () => this.SUBRULE(this.accountName) },
          ],
        }),
    });
  });

  /** `ON *.*`, `ON db.*`, `ON PROCEDURE p` */
  private readonly grantLevel = this.RULE("grantLevel", (): QualifiedName | undefined => {
    this.CONSUME(k.ON);
    this.OPTION({
      GATE: () => this.isAny(t.Identifier, 2) || this.isNext(k.BODY, 2),
      DEF: () => {
        this.CONSUME(t.group.grantObject);
        this.OPTION1({ GATE: () => this.isAny(t.Identifier, 2), DEF: () => this.CONSUME(k.BODY) });
      },
    });
    return this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Asterisk);
          this.OPTION2(() => {
            this.CONSUME(t.Dot);
            this.CONSUME1(t.Asterisk);
          });
          return undefined;
        },
      },
      { ALT: () => this.SUBRULE(this.targetName) },
    ]);
  });

  /** RENAME USER */
  protected readonly renameUsers = this.RULE("renameUsers", (): RenameUser => {
    const start = this.start();
    const accounts: AccountName[] = [];
    this.CONSUME(k.RENAME);
    this.CONSUME(k.USER);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        accounts.push(this.SUBRULE(this.accountName));
        this.CONSUME(k.TO);
        accounts.push(this.SUBRULE1(this.accountName));
      },
    });
    return { kind: "rename_user", accounts, ...this.range(start) };
  });
}
