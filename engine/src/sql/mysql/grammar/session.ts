/** SET, prepared statements, USE, LOCK TABLES (manual: SET Syntax, Prepared Statements). */
import { EOF as endOfText } from "chevrotain";
import * as t from "../lexer/tokens.ts";
import type { Expression, SystemVariable } from "../tree/expressions.ts";
import type { AccountName } from "../tree/node.ts";
import type { TableName } from "../tree/queries.ts";
import type { Statement } from "../tree/statements.ts";
import type {
  Deallocate,
  Execute,
  LockTables,
  Prepare,
  SetItem,
  SetStatement,
  UnlockTables,
  Use,
} from "../tree/utility.ts";
import { type Rule, wordOf, textOf } from "./base.ts";
import { TransactionsGrammar } from "./transactions.ts";

const { k } = t;

export abstract class SessionGrammar extends TransactionsGrammar {
  protected abstract readonly simpleStatement: Rule<Statement>;

  readonly set = this.RULE("set", (): SetStatement => {
    const start = this.start();
    const items: SetItem[] = [];
    this.CONSUME(k.SET);
    let statement: Statement | undefined;
    this.OPTION({
      GATE: () => !this.isNext(t.Equal, 2) && !this.isNext(t.Assign, 2),
      DEF: () => this.CONSUME(k.STATEMENT),
    });
    const isForStatement = this.isLast(k.STATEMENT);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.setItem)) });
    this.OPTION1({
      GATE: () => isForStatement,
      DEF: () => {
        this.CONSUME(k.FOR);
        statement = this.SUBRULE(this.simpleStatement);
      },
    });
    return { kind: "set", items, statement, ...this.range(start) };
  });

  private isLast(type: (typeof k)[keyof typeof k]): boolean {
    return this.LA(0).tokenTypeIdx === type.tokenTypeIdx;
  }

  private readonly setItem = this.RULE("setItem", (): SetItem => {
    const isPlain = () => this.isNext(t.Equal, 2) || this.isNext(t.Assign, 2);
    return this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { GATE: () => !isPlain(), ALT: () => this.SUBRULE(this.setNames) },
        // No variable is called so: `PASSWORD = 'x'` is the session's own account.
        { ALT: () => this.SUBRULE(this.setPassword) },
        { GATE: () => !isPlain(), ALT: () => this.SUBRULE(this.setRole) },
        { GATE: () => this.isTransaction(), ALT: () => this.SUBRULE(this.setTransaction) },
        { ALT: () => this.SUBRULE(this.setUserVariable) },
        { ALT: () => this.SUBRULE(this.setVariable) },
      ],
    });
  });

  private readonly setUserVariable = this.RULE("setUserVariable", (): SetItem => {
    const variable = this.SUBRULE(this.userVariable);
    this.SUBRULE(this.equals);
    const value = this.SUBRULE(this.expression);
    return { kind: "user_variable", variable, value, ...this.rangeFrom(variable) };
  });

  private readonly equals = this.RULE("equals", () => {
    this.OR([{ ALT: () => this.CONSUME(t.Equal) }, { ALT: () => this.CONSUME(t.Assign) }]);
  });

  /** `x = 1`, `GLOBAL x = 1`, `@@session.x = DEFAULT`, `NEW.column = 1` in triggers. */
  private readonly setVariable = this.RULE("setVariable", (): SetItem => {
    const start = this.start();
    const variable = this.OR([
      { ALT: () => this.SUBRULE(this.systemVariable) },
      { ALT: () => this.SUBRULE(this.scopedVariable) },
    ]);
    this.SUBRULE(this.equals);
    const value = this.SUBRULE(this.setValue);
    return { kind: "system_variable", variable, value, ...this.range(start) };
  });

  private readonly scopedVariable = this.RULE("scopedVariable", (): SystemVariable => {
    const start = this.start();
    const scope = this.OPTION({
      GATE: () => this.isAny(t.Identifier, 2),
      DEF: () => wordOf(this.CONSUME(t.group.variableScope)),
    });
    const names = [textOf(this.SUBRULE(this.identifier))];
    this.MANY(() => {
      this.CONSUME(t.Dot);
      names.push(textOf(this.SUBRULE1(this.identifier)));
    });
    return { kind: "system_variable", scope, name: names.join(".").toLowerCase(), ...this.range(start) };
  });

  /** `set_expr_or_default`: words that are reserved elsewhere are values here. */
  private readonly setValue = this.RULE("setValue", (): Expression | undefined =>
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          GATE: () => !this.isNext(t.LeftParen, 2),
          ALT: () => this.CONSUME(k.DEFAULT) && undefined,
        },
        {
          GATE: () => !this.isNext(t.LeftParen, 2),
          ALT: (): Expression => {
            const name = this.name(this.CONSUME(t.group.settingWord));
            return { kind: "column", parts: [name], start: name.start, end: name.end };
          },
        },
        { ALT: () => this.SUBRULE(this.expression) },
      ],
    }),
  );

  /** `NAMES utf8mb4 COLLATE x`, `CHARACTER SET x` */
  private readonly setNames = this.RULE("setNames", (): SetItem => {
    const start = this.start();
    const kind = this.OR([
      { ALT: () => this.CONSUME(k.NAMES) && ("names" as const) },
      {
        ALT: () => {
          this.SUBRULE(this.characterSetWords);
          return "character_set" as const;
        },
      },
    ]);
    const isDefault = this.isNext(k.DEFAULT);
    const name = this.SUBRULE(this.characterSetName);
    this.OPTION(() => {
      this.CONSUME(k.COLLATE);
      this.SUBRULE1(this.characterSetName);
    });
    return { kind, characterSet: isDefault ? undefined : name, ...this.range(start) };
  });

  /** `PASSWORD [FOR account] = 'x'`, `= PASSWORD('x')` */
  private readonly setPassword = this.RULE("setPassword", (): SetItem => {
    const start = this.start();
    this.CONSUME(k.PASSWORD);
    const account = this.OPTION(() => {
      this.CONSUME(k.FOR);
      return this.SUBRULE(this.accountName);
    });
    this.OR([
      {
        ALT: () => {
          this.SUBRULE(this.equals);
          this.SUBRULE(this.expression);
          this.OPTION1(() => {
            this.CONSUME(k.REPLACE);
            this.SUBRULE(this.text);
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.TO);
          this.CONSUME(k.RANDOM);
        },
      },
    ]);
    return { kind: "password", account, ...this.range(start) };
  });

  /** `ROLE r`, `DEFAULT ROLE r FOR account` (MariaDB), `DEFAULT ROLE r TO account` (MySQL), RESOURCE GROUP */
  private readonly setRole = this.RULE("setRole", (): SetItem => {
    const start = this.start();
    return this.OR([
      {
        ALT: (): SetItem => {
          this.CONSUME(k.ROLE);
          return { kind: "role", roles: this.SUBRULE(this.roles), ...this.range(start) };
        },
      },
      {
        ALT: (): SetItem => {
          this.CONSUME(k.DEFAULT);
          this.CONSUME1(k.ROLE);
          const roles = this.SUBRULE1(this.roles);
          const accounts = this.OPTION(() => {
            this.OR1([{ ALT: () => this.CONSUME(k.FOR) }, { ALT: () => this.CONSUME(k.TO) }]);
            return this.SUBRULE(this.accountNames);
          });
          return { kind: "default_role", roles, accounts: accounts ?? [], ...this.range(start) };
        },
      },
      {
        ALT: (): SetItem => {
          this.CONSUME(k.RESOURCE);
          this.CONSUME(k.GROUP);
          this.SUBRULE(this.identifier);
          return { kind: "resource_group", ...this.range(start) };
        },
      },
    ]);
  });

  /** Roles, NONE, DEFAULT, `ALL EXCEPT r`. */
  readonly roles = this.RULE("roles", (): AccountName[] => {
    const start = this.start();
    const word = (kind: "default" | "all"): AccountName => ({ kind, user: "", host: undefined, ...this.range(start) });
    return this.OR([
      { ALT: () => this.SUBRULE(this.accountNames) },
      { ALT: () => this.CONSUME(k.DEFAULT) && [word("default")] },
      {
        ALT: () => {
          this.CONSUME(k.ALL);
          this.OPTION(() => {
            this.CONSUME(k.EXCEPT);
            this.SUBRULE1(this.accountNames);
          });
          return [word("all")];
        },
      },
    ]);
  });

  private isTransaction(): boolean {
    const ahead = this.isAny(t.group.variableScope) ? 2 : 1;
    return this.isNext(k.TRANSACTION, ahead) && !this.isNext(t.Equal, ahead + 1) && !this.isNext(t.Assign, ahead + 1);
  }

  /** `SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY` */
  private readonly setTransaction = this.RULE("setTransaction", (): SetItem => {
    const start = this.start();
    const scope = this.OPTION(() => wordOf(this.CONSUME(t.group.variableScope)));
    this.CONSUME(k.TRANSACTION);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.transactionCharacteristic) });
    return { kind: "transaction", scope, ...this.range(start) };
  });

  readonly prepare = this.RULE("prepare", (): Prepare => {
    const start = this.start();
    this.CONSUME(k.PREPARE);
    const name = this.SUBRULE(this.identifier);
    this.CONSUME(k.FROM);
    const source = this.SUBRULE(this.expression);
    return { kind: "prepare", name, source, ...this.range(start) };
  });

  /** `EXECUTE s USING @a`, `EXECUTE IMMEDIATE 'text' USING 1` */
  readonly execute = this.RULE("execute", (): Execute => {
    const start = this.start();
    this.CONSUME(k.EXECUTE);
    let name: Execute["name"];
    let source: Expression | undefined;
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          GATE: () => !this.isNext(endOfText, 2) && !this.isNext(t.Semicolon, 2) && !this.isNext(k.USING, 2),
          ALT: () => {
            this.CONSUME(k.IMMEDIATE);
            source = this.SUBRULE(this.expression);
          },
        },
        {
          ALT: () => {
            name = this.SUBRULE(this.identifier);
          },
        },
      ],
    });
    const using: Expression[] = [];
    this.OPTION(() => {
      this.CONSUME(k.USING);
      this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => using.push(this.SUBRULE(this.valueOrDefault)) });
    });
    return { kind: "execute", name, source, using, ...this.range(start) };
  });

  readonly deallocate = this.RULE("deallocate", (): Deallocate => {
    const start = this.start();
    this.CONSUME(k.DEALLOCATE);
    this.CONSUME(k.PREPARE);
    const name = this.SUBRULE(this.identifier);
    return { kind: "deallocate", name, ...this.range(start) };
  });

  readonly use = this.RULE("use", (): Use => {
    const start = this.start();
    this.CONSUME(k.USE);
    const database = this.SUBRULE(this.identifier);
    return { kind: "use", database, ...this.range(start) };
  });

  /** LOCK TABLES (manual: LOCK TABLES and UNLOCK TABLES) */
  protected readonly lockTables = this.RULE("lockTables", (): LockTables => {
    const start = this.start();
    const tables: { table: TableName; isWrite: boolean }[] = [];
    this.CONSUME(k.LOCK);
    this.OR([{ ALT: () => this.CONSUME(k.TABLE) }, { ALT: () => this.CONSUME(k.TABLES) }]);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const table = this.SUBRULE(this.tableName);
        const isWrite = this.OR1([
          {
            ALT: () => {
              this.CONSUME(k.READ);
              this.OPTION(() => this.CONSUME(k.LOCAL));
              return false;
            },
          },
          {
            ALT: () => {
              this.OPTION1(() =>
                this.OR2([{ ALT: () => this.CONSUME(k.LOW_PRIORITY) }, { ALT: () => this.CONSUME(k.CONCURRENT) }]),
              );
              this.CONSUME(k.WRITE);
              this.OPTION2(() => this.CONSUME1(k.CONCURRENT));
              return true;
            },
          },
        ]);
        tables.push({ table, isWrite });
      },
    });
    this.OPTION3(() => this.SUBRULE(this.waiting));
    return { kind: "lock_tables", tables, ...this.range(start) };
  });

  protected readonly unlockTables = this.RULE("unlockTables", (): UnlockTables => {
    const start = this.start();
    this.CONSUME(k.UNLOCK);
    this.OR([{ ALT: () => this.CONSUME(k.TABLE) }, { ALT: () => this.CONSUME(k.TABLES) }]);
    return { kind: "unlock_tables", ...this.range(start) };
  });
}
