/** Clauses that stand behind queries and other statements: WHERE, ORDER BY, LIMIT, INTO, locking. */
import * as t from "../lexer/tokens.ts";
import type { Expression, UserVariable } from "../tree/expressions.ts";
import type { Name, QualifiedName } from "../tree/node.ts";
import type { IntoClause, LimitClause, LockingClause, OrderItem, QueryExpression } from "../tree/queries.ts";
import { textOf } from "./base.ts";
import { WindowsGrammar } from "./windows.ts";

const { k } = t;

interface Fetch {
  readonly count: Expression | undefined;
  readonly withTies: boolean;
}

type QueryTail = Pick<QueryExpression, "orderBy" | "limit" | "into" | "locking" | "procedure">;

export abstract class QueryTailsGrammar extends WindowsGrammar {
  /** ORDER BY, LIMIT, then PROCEDURE, INTO and locking, in any order. */
  protected readonly queryTail = this.RULE("queryTail", (): QueryTail => {
    const orderBy = this.OPTION(() => this.SUBRULE(this.orderByClause)) ?? [];
    const limit = this.OPTION1(() => this.SUBRULE(this.limitClause));
    const locking: LockingClause[] = [];
    let into: IntoClause | undefined;
    let procedure: QualifiedName | undefined;
    this.MANY(() =>
      this.OR([
        {
          ALT: () => {
            into = this.SUBRULE(this.intoClause);
          },
        },
        { ALT: () => locking.push(this.SUBRULE(this.lockingClause)) },
        {
          ALT: () => {
            this.refuseInBrackets("PROCEDURE");
            this.CONSUME(k.PROCEDURE);
            procedure = this.SUBRULE(this.objectName);
            this.SUBRULE(this.argumentList);
          },
        },
      ]),
    );
    return { orderBy, limit, into, locking, procedure };
  });

  readonly whereClause = this.RULE("whereClause", (): Expression => {
    this.CONSUME(k.WHERE);
    return this.SUBRULE(this.expression);
  });

  readonly orderByClause = this.RULE("orderByClause", (): OrderItem[] => {
    this.CONSUME(k.ORDER);
    this.CONSUME(k.BY);
    return this.SUBRULE(this.orderItems);
  });

  /** `order_list`, `group_list` */
  readonly orderItems = this.RULE("orderItems", (): OrderItem[] => {
    const items: OrderItem[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const start = this.start();
        const expression = this.SUBRULE(this.expression);
        const direction = this.OPTION(() =>
          this.OR([{ ALT: () => this.CONSUME(k.ASC) }, { ALT: () => this.CONSUME(k.DESC) }]),
        );
        items.push({ expression, isDescending: direction?.tokenType === k.DESC, ...this.range(start) });
      },
    });
    return items;
  });

  /** `LIMIT n`, `LIMIT o, n`, `LIMIT n OFFSET o`, ROWS EXAMINED, and the standard's OFFSET and FETCH. */
  readonly limitClause = this.RULE("limitClause", (): LimitClause => {
    const start = this.start();
    const limit = this.OR([{ ALT: () => this.SUBRULE(this.limit) }, { ALT: () => this.SUBRULE(this.offsetFetch) }]);
    return { ...limit, ...this.range(start) };
  });

  private readonly limit = this.RULE("limit", (): Omit<LimitClause, "start" | "end"> => {
    this.CONSUME(k.LIMIT);
    let count: Expression | undefined;
    let offset: Expression | undefined;
    this.OPTION({
      // ROWS EXAMINED alone.
      GATE: () => !this.isNext(k.ROWS),
      DEF: () => {
        count = this.SUBRULE(this.limitOption);
        this.OPTION1(() =>
          this.OR([
            {
              ALT: () => {
                this.CONSUME(t.Comma);
                offset = count;
                count = this.SUBRULE1(this.limitOption);
              },
            },
            {
              ALT: () => {
                this.CONSUME(k.OFFSET);
                offset = this.SUBRULE2(this.limitOption);
              },
            },
          ]),
        );
      },
    });
    const examined = this.OPTION2(() => {
      this.CONSUME(k.ROWS);
      this.CONSUME(k.EXAMINED);
      return this.SUBRULE3(this.limitOption);
    });
    return { count, offset, examined, withTies: false };
  });

  /** `limit_option`: a number, a parameter, or a variable of a stored program. */
  private readonly limitOption = this.RULE("limitOption", (): Expression => {
    const start = this.start();
    return this.OR([
      {
        ALT: (): Expression => {
          const text = textOf(this.CONSUME(t.IntegerLiteral));
          return { kind: "literal", type: "integer", text, introducer: undefined, ...this.range(start) };
        },
      },
      { ALT: () => this.SUBRULE(this.parameter) },
      { ALT: () => this.SUBRULE(this.columnName) },
    ]);
  });

  /** `OFFSET 5 ROWS FETCH FIRST 10 ROWS WITH TIES`; MariaDB takes either part alone. */
  private readonly offsetFetch = this.RULE("offsetFetch", (): Omit<LimitClause, "start" | "end"> => {
    let offset: Expression | undefined;
    let fetch: Fetch | undefined;
    this.OR([
      {
        ALT: () => {
          this.CONSUME(k.OFFSET);
          offset = this.SUBRULE(this.limitOption);
          this.OPTION(() => this.CONSUME(t.group.rowWord));
          fetch = this.OPTION1(() => this.SUBRULE(this.fetch));
        },
      },
      {
        ALT: () => {
          fetch = this.SUBRULE1(this.fetch);
        },
      },
    ]);
    return { count: fetch?.count, offset, examined: undefined, withTies: fetch?.withTies ?? false };
  });

  private readonly fetch = this.RULE("fetch", (): Fetch => {
    this.CONSUME(k.FETCH);
    this.OR([{ ALT: () => this.CONSUME(k.FIRST) }, { ALT: () => this.CONSUME(k.NEXT) }]);
    const count = this.OPTION({
      GATE: () => !this.isAny(t.group.rowWord),
      DEF: () => this.SUBRULE(this.limitOption),
    });
    this.CONSUME(t.group.rowWord);
    const withTies = this.OR1([
      { ALT: () => this.CONSUME(k.ONLY) && false },
      {
        ALT: () => {
          this.CONSUME(k.WITH);
          this.CONSUME(k.TIES);
          return true;
        },
      },
    ]);
    return { count, withTies };
  });

  /** INTO (manual: SELECT … INTO) */
  readonly intoClause = this.RULE("intoClause", (): IntoClause => {
    const start = this.start();
    this.refuseInBrackets("INTO");
    this.CONSUME(k.INTO);
    return this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          ALT: (): IntoClause => {
            this.CONSUME(k.OUTFILE);
            const file = this.SUBRULE(this.text);
            this.OPTION(() => {
              this.SUBRULE(this.characterSetWords);
              this.SUBRULE(this.characterSetName);
            });
            this.SUBRULE(this.fileFormat);
            return { kind: "outfile", variables: [], file, ...this.range(start) };
          },
        },
        {
          ALT: (): IntoClause => {
            this.CONSUME(k.DUMPFILE);
            return { kind: "dumpfile", variables: [], file: this.SUBRULE1(this.text), ...this.range(start) };
          },
        },
        {
          ALT: (): IntoClause => {
            const variables: (UserVariable | Name)[] = [];
            this.AT_LEAST_ONE_SEP({
              SEP: t.Comma,
              DEF: () =>
                variables.push(
                  this.OR1([
                    { ALT: (): UserVariable => this.SUBRULE(this.userVariable) },
                    { ALT: (): Name => this.SUBRULE(this.identifier) },
                  ]),
                ),
            });
            return { kind: "variables", variables, file: undefined, ...this.range(start) };
          },
        },
      ],
    });
  });

  /** `opt_field_term opt_line_term` */
  readonly fileFormat = this.RULE("fileFormat", () => {
    this.OPTION(() => {
      this.CONSUME(k.COLUMNS);
      this.AT_LEAST_ONE(() => {
        this.OR([
          { ALT: () => this.CONSUME(k.TERMINATED) },
          {
            ALT: () => {
              this.OPTION1(() => this.CONSUME(k.OPTIONALLY));
              this.CONSUME(k.ENCLOSED);
            },
          },
          { ALT: () => this.CONSUME(k.ESCAPED) },
        ]);
        this.CONSUME(k.BY);
        this.SUBRULE(this.literal);
      });
    });
    this.OPTION2(() => {
      this.CONSUME(k.LINES);
      this.AT_LEAST_ONE1(() => {
        this.OR1([{ ALT: () => this.CONSUME1(k.TERMINATED) }, { ALT: () => this.CONSUME(k.STARTING) }]);
        this.CONSUME1(k.BY);
        this.SUBRULE1(this.literal);
      });
    });
  });

  /** FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE (manual: Locking Reads) */
  private readonly lockingClause = this.RULE("lockingClause", (): LockingClause => {
    const start = this.start();
    const mode = this.OR([
      {
        ALT: () => {
          this.CONSUME(k.FOR);
          return this.OR1([
            { ALT: () => this.CONSUME(k.UPDATE) && ("update" as const) },
            { ALT: () => this.CONSUME(k.SHARE) && ("share" as const) },
          ]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.LOCK);
          this.CONSUME(k.IN);
          this.CONSUME1(k.SHARE);
          this.CONSUME(k.MODE);
          return "share" as const;
        },
      },
    ]);
    const tables = this.OPTION(() => {
      this.CONSUME(k.OF);
      return this.SUBRULE(this.objectNames);
    });
    this.OPTION1(() => this.SUBRULE(this.waiting));
    return { mode, tables: tables ?? [], ...this.range(start) };
  });

  /** NOWAIT, WAIT n, SKIP LOCKED */
  readonly waiting = this.RULE("waiting", () => {
    this.OR([
      { ALT: () => this.CONSUME(k.NOWAIT) },
      {
        ALT: () => {
          this.CONSUME(k.WAIT);
          this.SUBRULE(this.number);
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.SKIP);
          this.CONSUME(k.LOCKED);
        },
      },
    ]);
  });
}
