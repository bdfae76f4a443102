/** Transactions and savepoints, XA (manual: Transactional and Locking Statements). */
import * as t from "../lexer/tokens.ts";
import type { Transaction, Xa } from "../tree/utility.ts";
import { wordOf, textOf } from "./base.ts";
import { ObjectsGrammar } from "./objects.ts";

const { k } = t;

export abstract class TransactionsGrammar extends ObjectsGrammar {
  protected readonly transactionCharacteristic = this.RULE("transactionCharacteristic", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(k.ISOLATION);
          this.CONSUME(k.LEVEL);
          this.OR1([
            {
              ALT: () => {
                this.CONSUME(k.READ);
                this.OR2([{ ALT: () => this.CONSUME(k.COMMITTED) }, { ALT: () => this.CONSUME(k.UNCOMMITTED) }]);
              },
            },
            {
              ALT: () => {
                this.CONSUME(k.REPEATABLE);
                this.CONSUME1(k.READ);
              },
            },
            { ALT: () => this.CONSUME(k.SERIALIZABLE) },
          ]);
        },
      },
      {
        ALT: () => {
          this.CONSUME2(k.READ);
          this.OR3([{ ALT: () => this.CONSUME(k.ONLY) }, { ALT: () => this.CONSUME(k.WRITE) }]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.WITH);
          this.CONSUME(k.CONSISTENT);
          this.CONSUME(k.SNAPSHOT);
        },
      },
    ]);
  });

  /** BEGIN, START TRANSACTION */
  readonly beginTransaction = this.RULE("beginTransaction", (): Transaction => {
    const start = this.start();
    this.OR([
      {
        ALT: () => {
          this.CONSUME(k.BEGIN);
          this.OPTION(() => this.CONSUME(k.WORK));
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.START);
          this.CONSUME(k.TRANSACTION);
          this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.transactionCharacteristic) });
        },
      },
    ]);
    return { kind: "begin", name: undefined, chain: false, ...this.range(start) };
  });

  /** COMMIT, ROLLBACK, ROLLBACK TO SAVEPOINT */
  readonly endTransaction = this.RULE("endTransaction", (): Transaction => {
    const start = this.start();
    const kind = this.OR([
      { ALT: () => this.CONSUME(k.COMMIT) && ("commit" as const) },
      { ALT: () => this.CONSUME(k.ROLLBACK) && ("rollback" as const) },
    ]);
    this.OPTION(() => this.CONSUME(k.WORK));
    return this.OR1([
      {
        GATE: () => kind === "rollback",
        ALT: (): Transaction => {
          this.CONSUME(k.TO);
          this.OPTION1({ GATE: () => this.isAny(t.Identifier, 2), DEF: () => this.CONSUME(k.SAVEPOINT) });
          const name = textOf(this.SUBRULE(this.identifier));
          return { kind: "rollback_to", name, chain: false, ...this.range(start) };
        },
      },
      {
        ALT: (): Transaction => {
          let chain = false;
          this.OPTION2(() => {
            this.CONSUME(k.AND);
            chain = this.OPTION3(() => this.CONSUME(k.NO)) === undefined;
            this.CONSUME(k.CHAIN);
          });
          this.OPTION4(() => {
            this.OPTION5(() => this.CONSUME1(k.NO));
            this.CONSUME(k.RELEASE);
          });
          return { kind, name: undefined, chain, ...this.range(start) };
        },
      },
    ]);
  });

  readonly savepoint = this.RULE("savepoint", (): Transaction => {
    const start = this.start();
    const kind = this.OR([
      { ALT: () => this.CONSUME(k.SAVEPOINT) && ("savepoint" as const) },
      {
        ALT: () => {
          this.CONSUME(k.RELEASE);
          this.CONSUME1(k.SAVEPOINT);
          return "release" as const;
        },
      },
    ]);
    const name = textOf(this.SUBRULE(this.identifier));
    return { kind, name, chain: false, ...this.range(start) };
  });

  /** XA (manual: XA Transactions) */
  readonly xa = this.RULE("xa", (): Xa => {
    const start = this.start();
    this.CONSUME(k.XA);
    const operation = wordOf(this.CONSUME(t.group.xaVerb));
    this.OPTION(() => {
      this.AT_LEAST_ONE_SEP({
        SEP: t.Comma,
        DEF: () =>
          this.OR([
            { ALT: () => this.SUBRULE(this.stringLiteral) },
            { ALT: () => this.CONSUME(t.Number) },
            { ALT: () => this.CONSUME(t.BinaryLiteral) },
          ]),
      });
    });
    this.MANY(() => this.CONSUME(t.group.xaOption));
    this.OPTION1(() => {
      this.CONSUME(t.Equal);
      this.SUBRULE(this.text);
    });
    return { kind: "xa", operation, ...this.range(start) };
  });
}
