/** SHOW, DESCRIBE, EXPLAIN (manual: SHOW Statements, EXPLAIN Statement). */
import * as t from "../lexer/tokens.ts";
import type { Expression } from "../tree/expressions.ts";
import type { AccountName, Name, QualifiedName } from "../tree/node.ts";
import type { Describe, Explain, Show } from "../tree/utility.ts";
import { SessionGrammar } from "./session.ts";
import { wordOf } from "./base.ts";

const { k } = t;

interface Shown {
  readonly what: string;
  readonly name?: QualifiedName | undefined;
  readonly database?: Name | undefined;
  readonly account?: AccountName | undefined;
}

export abstract class ShowGrammar extends SessionGrammar {
  readonly show = this.RULE("show", (): Show => {
    const start = this.start();
    this.CONSUME(k.SHOW);
    const shown = this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { ALT: () => this.SUBRULE(this.showCreate) },
        { ALT: () => this.SUBRULE(this.showOfTable) },
        { GATE: () => this.isShowOfDatabase(), ALT: () => this.SUBRULE(this.showOfDatabase) },
        { ALT: () => this.SUBRULE(this.showGrants) },
        { ALT: () => this.SUBRULE(this.showLog) },
        { ALT: () => this.SUBRULE(this.showEngine) },
        { ALT: () => this.SUBRULE(this.showProfile) },
        { ALT: () => this.SUBRULE(this.showCode) },
        { ALT: () => this.SUBRULE(this.showCount) },
        { ALT: () => this.SUBRULE(this.showServer) },
      ],
    });
    const filter = this.OPTION(() => this.SUBRULE(this.showFilter));
    const { what, name, database, account } = shown;
    const { where, like } = filter ?? {};
    return { kind: "show", what, name, database, account, where, like, ...this.range(start) };
  });

  /** `LIKE 'x'`, WHERE, LIMIT: WHERE looks at columns of the result. */
  private readonly showFilter = this.RULE("showFilter", (): { where?: Expression; like?: string } =>
    this.OR([
      {
        ALT: () => {
          this.CONSUME(k.LIKE);
          return { like: this.SUBRULE(this.literal)?.text ?? "" };
        },
      },
      { ALT: () => ({ where: this.SUBRULE(this.whereClause) }) },
      { ALT: () => this.SUBRULE(this.limitClause) && {} },
    ]),
  );

  /** FROM or IN before a name. */
  private readonly from = this.RULE("from", () => {
    this.OR([{ ALT: () => this.CONSUME(k.FROM) }, { ALT: () => this.CONSUME(k.IN) }]);
  });

  /** SHOW CREATE TABLE and so on */
  private readonly showCreate = this.RULE("showCreate", (): Shown => {
    this.CONSUME(k.CREATE);
    return this.OR([
      {
        ALT: (): Shown => {
          this.CONSUME(t.group.databaseWord);
          this.OPTION(() => this.SUBRULE(this.ifNotExists));
          return { what: "create database", database: this.SUBRULE(this.identifier) };
        },
      },
      {
        ALT: (): Shown => {
          this.CONSUME(k.USER);
          const account = this.OPTION1(() => this.SUBRULE(this.accountName));
          return { what: "create user", account };
        },
      },
      {
        ALT: (): Shown => {
          const word = wordOf(this.CONSUME(t.group.showCreateObject));
          const isBody =
            this.OPTION2({ GATE: () => word === "package", DEF: () => this.CONSUME(k.BODY) }) !== undefined;
          return { what: `create ${word}${isBody ? " body" : ""}`, name: this.SUBRULE(this.objectName) };
        },
      },
    ]);
  });

  /** SHOW COLUMNS, SHOW INDEX */
  private readonly showOfTable = this.RULE("showOfTable", (): Shown => {
    this.MANY(() => this.CONSUME(t.group.showExtent));
    const what = this.OR([
      { ALT: () => this.CONSUME(k.COLUMNS) && "columns" },
      { ALT: () => this.CONSUME(t.group.indexesWord) && "index" },
      { ALT: () => this.CONSUME(k.TABLES) && "tables" },
      { ALT: () => this.CONSUME(k.TRIGGERS) && "triggers" },
      { ALT: () => this.CONSUME(k.PROCESSLIST) && "processlist" },
    ]);
    const isOfTable = what === "columns" || what === "index";
    let name: QualifiedName | undefined;
    let database: Name | undefined;
    this.OPTION({
      GATE: () => isOfTable,
      DEF: () => {
        this.SUBRULE(this.from);
        name = this.SUBRULE(this.objectName);
      },
    });
    if (isOfTable && name === undefined) this.refuse("SHOW needs FROM and a table here", this.start());
    this.OPTION1({
      GATE: () => what !== "processlist",
      DEF: () => {
        this.SUBRULE1(this.from);
        database = this.SUBRULE(this.identifier);
      },
    });
    return { what, name, database };
  });

  private isShowOfDatabase(): boolean {
    return this.isNext(k.EVENTS) || this.isAny(t.group.tableOrOpen);
  }

  /** SHOW EVENTS, SHOW TABLE STATUS, SHOW OPEN TABLES */
  private readonly showOfDatabase = this.RULE("showOfDatabase", (): Shown => {
    const what = this.OR([
      { ALT: () => this.CONSUME(k.EVENTS) && "events" },
      {
        ALT: () => {
          this.CONSUME(k.TABLE);
          this.CONSUME(k.STATUS);
          return "table status";
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.OPEN);
          this.CONSUME(k.TABLES);
          return "open tables";
        },
      },
    ]);
    const database = this.OPTION(() => {
      this.SUBRULE(this.from);
      return this.SUBRULE(this.identifier);
    });
    return { what, database };
  });

  private readonly showGrants = this.RULE("showGrants", (): Shown => {
    this.CONSUME(k.GRANTS);
    const account = this.OPTION(() => {
      this.CONSUME(k.FOR);
      const name = this.SUBRULE(this.accountName);
      this.OPTION1(() => {
        this.CONSUME(k.USING);
        this.SUBRULE(this.accountNames);
      });
      return name;
    });
    return { what: "grants", account };
  });

  /** SHOW BINLOG EVENTS, SHOW RELAYLOG EVENTS, SHOW SLAVE STATUS and their kin */
  private readonly showLog = this.RULE("showLog", (): Shown => {
    const words: string[] = [];
    this.AT_LEAST_ONE(() => words.push(wordOf(this.CONSUME(t.group.replicationWord))));
    this.OPTION(() => this.SUBRULE(this.text));
    this.OPTION1(() => this.CONSUME(t.group.replicationTail));
    this.OPTION2(() => {
      this.CONSUME(k.IN);
      this.SUBRULE1(this.text);
    });
    this.OPTION3(() => {
      this.CONSUME(k.FROM);
      this.SUBRULE(this.number);
    });
    this.OPTION4(() => {
      this.CONSUME(k.FOR);
      this.CONSUME(k.CHANNEL);
      this.SUBRULE2(this.text);
    });
    return { what: words.join(" ") };
  });

  /** SHOW ENGINE x STATUS, SHOW STORAGE ENGINES */
  private readonly showEngine = this.RULE("showEngine", (): Shown => {
    this.CONSUME(k.ENGINE);
    this.SUBRULE(this.nameOrAll);
    const word = wordOf(this.CONSUME(t.group.engineStatus));
    return { what: `engine ${word}` };
  });

  private readonly nameOrAll = this.RULE("nameOrAll", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Identifier) },
      { ALT: () => this.CONSUME(t.StringLiteral) },
      { ALT: () => this.CONSUME(k.ALL) },
    ]);
  });

  private readonly showProfile = this.RULE("showProfile", (): Shown => {
    this.CONSUME(k.PROFILE);
    this.MANY_SEP({
      SEP: t.Comma,
      DEF: () => this.AT_LEAST_ONE(() => this.CONSUME(t.group.profileType)),
    });
    this.OPTION(() => {
      this.CONSUME(k.FOR);
      this.CONSUME(k.QUERY);
      this.SUBRULE(this.number);
    });
    return { what: "profile" };
  });

  /** SHOW PROCEDURE STATUS, SHOW FUNCTION CODE f */
  private readonly showCode = this.RULE("showCode", (): Shown => {
    const word = this.OR([
      { ALT: () => this.CONSUME(k.PROCEDURE) && "procedure" },
      { ALT: () => this.CONSUME(k.FUNCTION) && "function" },
      {
        ALT: () => {
          this.CONSUME(k.PACKAGE);
          this.OPTION(() => this.CONSUME(k.BODY));
          return "package";
        },
      },
    ]);
    return this.OR1([
      { ALT: (): Shown => this.CONSUME(k.STATUS) && { what: `${word} status` } },
      { ALT: (): Shown => this.CONSUME(k.CODE) && { what: `${word} code`, name: this.SUBRULE(this.objectName) } },
    ]);
  });

  /** `SHOW COUNT(*) WARNINGS` */
  private readonly showCount = this.RULE("showCount", (): Shown => {
    this.CONSUME(k.COUNT);
    this.CONSUME(t.LeftParen);
    this.CONSUME(t.Asterisk);
    this.CONSUME(t.RightParen);
    const word = this.OR([{ ALT: () => this.CONSUME(k.WARNINGS) }, { ALT: () => this.CONSUME(k.ERRORS) }]);
    return { what: `count ${wordOf(word)}` };
  });

  /** Everything that is a word or two: SHOW DATABASES, SHOW GLOBAL STATUS, SHOW CHARACTER SET. */
  private readonly showServer = this.RULE(
    "showServer",
    (): Shown =>
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          {
            GATE: () => this.isNext(k.STATUS, 2) || this.isNext(k.VARIABLES, 2),
            ALT: (): Shown => {
              const scope = wordOf(this.CONSUME(t.group.variableScope));
              const what = this.OR1([{ ALT: () => this.CONSUME(k.STATUS) }, { ALT: () => this.CONSUME(k.VARIABLES) }]);
              return { what: `${scope} ${wordOf(what)}` };
            },
          },
          {
            ALT: (): Shown => {
              this.SUBRULE(this.characterSetWords);
              return { what: "character set" };
            },
          },
          {
            ALT: (): Shown => {
              this.OR2([{ ALT: () => this.CONSUME(k.EXPLAIN) }, { ALT: () => this.CONSUME(k.ANALYZE) }]);
              this.OPTION(() => this.SUBRULE(this.format));
              this.CONSUME(k.FOR);
              this.SUBRULE(this.expression);
              return { what: "explain" };
            },
          },
          {
            ALT: (): Shown => {
              this.CONSUME(k.STORAGE);
              this.CONSUME(k.ENGINES);
              return { what: "engines" };
            },
          },
          {
            ALT: (): Shown => {
              this.CONSUME(k.PLUGINS);
              this.OPTION1(() => {
                this.CONSUME(k.SONAME);
                // LIKE stands behind, as elsewhere.
                this.OPTION5({ GATE: () => !this.isNext(k.LIKE), DEF: () => this.SUBRULE(this.literal) });
              });
              return { what: "plugins" };
            },
          },
          { ALT: (): Shown => ({ what: wordOf(this.CONSUME(t.group.showWord)) }) },
          // Of plugins that show a table of theirs: SHOW LOCALES, SHOW QUERY_RESPONSE_TIME.
          {
            ALT: (): Shown => ({
              what: this.SUBRULE(this.objectName)
                .parts?.map(({ text }) => text.toLowerCase())
                .join("."),
            }),
          },
        ],
      }),
  );

  readonly format = this.RULE("format", () => {
    this.CONSUME(k.FORMAT);
    this.CONSUME(t.Equal);
    this.OR([{ ALT: () => this.CONSUME(t.Identifier) }, { ALT: () => this.CONSUME(t.StringLiteral) }]);
  });

  /** `DESCRIBE t c`, `EXPLAIN EXTENDED SELECT …`, `ANALYZE FORMAT=JSON SELECT …` */
  protected readonly explain = this.RULE("explain", (): Explain | Describe => {
    const start = this.start();
    const verb = this.OR([
      { ALT: () => this.CONSUME(k.EXPLAIN) },
      { ALT: () => this.CONSUME(k.DESCRIBE) },
      { ALT: () => this.CONSUME(k.DESC) },
      { ALT: () => this.CONSUME(k.ANALYZE) },
    ]);
    let isAnalyze = verb.tokenType === k.ANALYZE;
    this.OPTION(() => {
      this.CONSUME1(k.ANALYZE);
      isAnalyze = true;
    });
    this.OPTION1({ GATE: () => !this.isTableEnd(2), DEF: () => this.CONSUME(t.group.explainOption) });
    this.OPTION2({ GATE: () => this.isNext(t.Equal, 2), DEF: () => this.SUBRULE(this.format) });
    return this.OR1({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          ALT: (): Explain => {
            this.CONSUME(k.FOR);
            this.CONSUME(k.CONNECTION);
            this.SUBRULE(this.expression);
            return { kind: "explain", isAnalyze, statement: undefined, ...this.range(start) };
          },
        },
        {
          GATE: () => this.isAny(t.group.explainable) || this.isNext(t.LeftParen),
          ALT: (): Explain => {
            const statement = this.SUBRULE(this.simpleStatement);
            return { kind: "explain", isAnalyze, statement, ...this.range(start) };
          },
        },
        {
          ALT: (): Describe => {
            const table = this.SUBRULE(this.objectName);
            this.OPTION3(() => this.SUBRULE(this.identifierOrText));
            return { kind: "describe", table, ...this.range(start) };
          },
        },
      ],
    });
  });

  /** A table may be named as an option is: `DESCRIBE extended`. */
  private isTableEnd(ahead: number): boolean {
    return !this.isAny(t.group.explainable, ahead) && !this.isNext(t.LeftParen, ahead) && !this.isNext(k.FORMAT, ahead);
  }
}
