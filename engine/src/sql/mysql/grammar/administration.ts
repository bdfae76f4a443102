/** What is done to tables as files and to the server (manual: Database Administration, Replication Statements). */
import * as t from "../lexer/tokens.ts";
import type { Expression } from "../tree/expressions.ts";
import type { QualifiedName } from "../tree/node.ts";
import type { Administration, Diagnostics, Maintenance } from "../tree/utility.ts";
import { AccountsGrammar } from "./accounts.ts";
import { textOf, wordOf } from "./base.ts";

const { k } = t;

export abstract class AdministrationGrammar extends AccountsGrammar {
  /** ANALYZE, CHECK, CHECKSUM, OPTIMIZE and REPAIR of tables and views */
  protected readonly maintenance = this.RULE("maintenance", (): Maintenance => {
    const start = this.start();
    const verb = wordOf(this.CONSUME(t.group.maintenanceVerb)) as Maintenance["operation"];
    this.OPTION(() => this.CONSUME(t.group.binlogOption));
    this.OR([
      { ALT: () => this.CONSUME(k.TABLE) },
      { ALT: () => this.CONSUME(k.TABLES) },
      { ALT: () => this.CONSUME(k.VIEW) },
    ]);
    const tables = this.SUBRULE(this.objectNames);
    this.MANY(() => this.SUBRULE(this.maintenanceOption));
    return { kind: "maintenance", operation: verb, tables, ...this.range(start) };
  });

  private readonly maintenanceOption = this.RULE("maintenanceOption", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.group.checkOption) },
      {
        ALT: () => {
          this.CONSUME(k.FOR);
          this.CONSUME(k.UPGRADE);
        },
      },
      {
        // `PERSISTENT FOR COLUMNS (a) INDEXES (b)`, `PERSISTENT FOR ALL`
        ALT: () => {
          this.CONSUME(k.PERSISTENT);
          this.CONSUME1(k.FOR);
          this.OR1([
            { ALT: () => this.CONSUME(k.ALL) },
            {
              ALT: () => {
                this.CONSUME(k.COLUMNS);
                this.SUBRULE(this.persistentNames);
                this.CONSUME(t.group.indexesWord);
                this.SUBRULE1(this.persistentNames);
              },
            },
          ]);
        },
      },
      {
        // `UPDATE HISTOGRAM ON a, b WITH 10 BUCKETS`
        ALT: () => {
          this.OR2([{ ALT: () => this.CONSUME(k.UPDATE) }, { ALT: () => this.CONSUME(k.DROP) }]);
          this.CONSUME(k.HISTOGRAM);
          this.CONSUME(k.ON);
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.identifier) });
          this.OPTION(() => {
            this.CONSUME(k.WITH);
            this.SUBRULE(this.number);
            this.CONSUME(k.BUCKETS);
          });
        },
      },
    ]);
  });

  private readonly persistentNames = this.RULE("persistentNames", () => {
    this.OR([
      { ALT: () => this.CONSUME(k.ALL) },
      {
        ALT: () => {
          this.CONSUME(t.LeftParen);
          this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.identifierOrPrimary) });
          this.CONSUME(t.RightParen);
        },
      },
    ]);
  });

  /** `CACHE INDEX t INDEX (i) IN c`, `LOAD INDEX INTO CACHE t IGNORE LEAVES` */
  protected readonly keyCache = this.RULE("keyCache", (): Maintenance => {
    const start = this.start();
    const tables: QualifiedName[] = [];
    const operation = this.OR([
      { ALT: () => this.CONSUME(k.CACHE) && ("cache_index" as const) },
      { ALT: () => this.CONSUME(k.LOAD) && ("load_index" as const) },
    ]);
    this.CONSUME(k.INDEX);
    this.OPTION(() => {
      this.CONSUME(k.INTO);
      this.CONSUME1(k.CACHE);
    });
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        tables.push(this.SUBRULE(this.objectName));
        this.OPTION1(() => {
          this.CONSUME(k.PARTITION);
          this.CONSUME(t.LeftParen);
          this.SUBRULE(this.partitionNames);
          this.CONSUME(t.RightParen);
        });
        this.OPTION2(() => {
          this.CONSUME(t.group.keyOrIndex);
          this.SUBRULE(this.persistentNames);
        });
        this.OPTION3(() => {
          this.CONSUME(k.IGNORE);
          this.CONSUME(k.LEAVES);
        });
      },
    });
    this.OPTION4(() => {
      this.CONSUME(k.IN);
      this.SUBRULE(this.nameOrDefault);
    });
    return { kind: "maintenance", operation, tables, ...this.range(start) };
  });

  /** FLUSH and RESET: of tables, logs, caches. */
  protected readonly flush = this.RULE("flush", (): Administration => {
    const start = this.start();
    const tables: QualifiedName[] = [];
    const isCache = this.isNext(k.QUERY, 2) && this.isNext(k.CACHE, 3) && !this.isNext(t.Comma, 4);
    const verb = wordOf(this.OR([{ ALT: () => this.CONSUME(k.FLUSH) }, { ALT: () => this.CONSUME(k.RESET) }]));
    this.OPTION(() => this.CONSUME(t.group.binlogOption));
    this.OR1({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          ALT: () => {
            this.OR2([{ ALT: () => this.CONSUME(k.TABLE) }, { ALT: () => this.CONSUME(k.TABLES) }]);
            this.OPTION1({
              GATE: () => !this.isNext(k.WITH) && !this.isNext(k.FOR),
              DEF: () => {
                const names = this.SUBRULE(this.objectNames);
                this.append(tables, names);
              },
            });
            this.OPTION2(() => this.SUBRULE(this.flushLock));
          },
        },
        { ALT: () => this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.flushOption) }) },
      ],
    });
    // What RESET does to the query cache, FLUSH TABLES does too; other things it forgets for good.
    return this.administered(isCache ? "flush" : verb, start, tables);
  });

  private readonly flushLock = this.RULE("flushLock", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(k.WITH);
          this.CONSUME(k.READ);
          this.CONSUME(k.LOCK);
          this.OPTION(() => {
            this.CONSUME(k.AND);
            this.CONSUME(k.DISABLE);
            this.CONSUME(k.CHECKPOINT);
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.FOR);
          this.CONSUME(k.EXPORT);
        },
      },
    ]);
  });

  /** A word or several: STATUS, QUERY CACHE, BINARY LOGS, SLAVE ALL, RELAY LOGS FOR CHANNEL 'x'. */
  private readonly flushOption = this.RULE("flushOption", () => {
    this.AT_LEAST_ONE(() => this.CONSUME(t.group.flushWord));
    this.OPTION(() => this.SUBRULE(this.text));
    this.OPTION1(() => this.CONSUME(t.group.flushTail));
    this.OPTION2(() => {
      this.CONSUME(k.FOR);
      this.CONSUME(k.CHANNEL);
      this.SUBRULE1(this.text);
    });
    this.OPTION3(() => {
      this.CONSUME(k.TO);
      this.SUBRULE(this.number);
    });
    this.OPTION4(() => {
      this.CONSUME(k.DELETE_DOMAIN_ID);
      this.CONSUME(t.Equal);
      this.SUBRULE(this.argumentList);
    });
  });

  /** `KILL HARD QUERY ID 5`, `KILL USER u` */
  protected readonly kill = this.RULE("kill", (): Administration => {
    const start = this.start();
    this.CONSUME(k.KILL);
    this.MANY(() => this.CONSUME(t.group.killWord));
    const expressions: Expression[] = [];
    this.OR([
      {
        ALT: () => {
          this.CONSUME(k.USER);
          this.SUBRULE(this.accountName);
        },
      },
      {
        GATE: () => !this.isNext(k.USER),
        ALT: () => expressions.push(this.SUBRULE(this.expression)),
      },
    ]);
    return this.administered("kill", start, [], expressions);
  });

  /** `PURGE BINARY LOGS TO 'x'`, `PURGE BINARY LOGS BEFORE now()` */
  protected readonly purge = this.RULE("purge", (): Administration => {
    const start = this.start();
    const expressions: Expression[] = [];
    this.CONSUME(k.PURGE);
    this.OR([{ ALT: () => this.CONSUME(k.BINARY) }, { ALT: () => this.CONSUME(k.MASTER) }]);
    this.CONSUME(k.LOGS);
    this.OR1([
      {
        ALT: () => {
          this.CONSUME(k.TO);
          this.SUBRULE(this.text);
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.BEFORE);
          expressions.push(this.SUBRULE(this.expression));
        },
      },
    ]);
    return this.administered("purge", start, [], expressions);
  });

  /** START, STOP of replication, CHANGE MASTER TO, CHANGE REPLICATION SOURCE TO */
  protected readonly replication = this.RULE("replication", (): Administration => {
    const start = this.start();
    const verb = this.OR([
      { ALT: () => this.CONSUME(k.START) },
      { ALT: () => this.CONSUME(k.STOP) },
      { ALT: () => this.CONSUME(k.CHANGE) },
    ]);
    this.AT_LEAST_ONE(() => this.CONSUME(t.group.replicationWord));
    this.OPTION(() => this.SUBRULE(this.text));
    this.OPTION1(() => this.OR1([{ ALT: () => this.CONSUME(k.TO) }, { ALT: () => this.CONSUME(k.UNTIL) }]));
    this.MANY_SEP({
      SEP: t.Comma,
      DEF: () => {
        this.SUBRULE(this.replicationSetting);
        this.OPTION3(() => {
          this.CONSUME1(k.UNTIL);
          this.SUBRULE1(this.replicationSetting);
        });
      },
    });
    this.OPTION2(() => {
      this.CONSUME(k.FOR);
      this.CONSUME(k.CHANNEL);
      this.SUBRULE1(this.text);
    });
    return this.administered(`${wordOf(verb)} replication`, start);
  });

  /** `MASTER_HOST = 'x'`, `SQL_THREAD`, `IGNORE_SERVER_IDS = (1, 2)` */
  private readonly replicationSetting = this.RULE("replicationSetting", () => {
    this.OR([{ ALT: () => this.CONSUME(t.Identifier) }, { ALT: () => this.CONSUME(t.group.reservedSetting) }]);
    this.OPTION(() => {
      this.CONSUME(t.Equal);
      this.OR1([
        {
          ALT: () => {
            this.CONSUME(t.LeftParen);
            this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.number) });
            this.CONSUME(t.RightParen);
          },
        },
        { ALT: () => this.SUBRULE(this.literal) },
        { ALT: () => this.CONSUME1(t.Identifier) },
      ]);
    });
  });

  /** INSTALL and UNINSTALL of plugins and components */
  protected readonly plugins = this.RULE("plugins", (): Administration => {
    const start = this.start();
    const verb = this.OR([{ ALT: () => this.CONSUME(k.INSTALL) }, { ALT: () => this.CONSUME(k.UNINSTALL) }]);
    this.OR1([
      { ALT: () => this.CONSUME(k.PLUGIN) },
      { ALT: () => this.CONSUME(k.SONAME) },
      { ALT: () => this.CONSUME(k.COMPONENT) },
    ]);
    this.OPTION(() => this.SUBRULE(this.ifExistsOrNot));
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.identifierOrText) });
    this.OPTION1(() => {
      this.CONSUME1(k.SONAME);
      this.SUBRULE(this.text);
    });
    return this.administered(wordOf(verb), start);
  });

  /** SHUTDOWN, RESTART, HELP, BINLOG, BACKUP */
  protected readonly server = this.RULE("server", (): Administration => {
    const start = this.start();
    const tables: QualifiedName[] = [];
    const operation = this.OR([
      {
        ALT: () => {
          const word = this.OR1([{ ALT: () => this.CONSUME(k.SHUTDOWN) }, { ALT: () => this.CONSUME(k.RESTART) }]);
          this.OPTION(() => {
            this.CONSUME(k.WAIT);
            this.CONSUME(k.FOR);
            this.CONSUME(k.ALL);
            this.OR2([{ ALT: () => this.CONSUME(k.SLAVES) }, { ALT: () => this.CONSUME(k.REPLICAS) }]);
          });
          return wordOf(word);
        },
      },
      { ALT: () => this.CONSUME(k.HELP) && this.SUBRULE(this.identifierOrText) && "help" },
      {
        ALT: () => {
          this.CONSUME(k.BINLOG);
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.stringLiteralOrParameter) });
          return "binlog";
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.BACKUP);
          this.CONSUME(t.group.backupWord);
          this.OPTION1(() => tables.push(this.SUBRULE(this.objectName)));
          return "backup";
        },
      },
    ]);
    return this.administered(operation, start, tables);
  });

  private administered(
    operation: string,
    start: number,
    tables: readonly QualifiedName[] = [],
    expressions: readonly Expression[] = [],
  ): Administration {
    return { kind: "administration", operation, tables, expressions, ...this.range(start) };
  }

  /** SIGNAL, RESIGNAL (manual: Condition Handling) */
  readonly signal = this.RULE("signal", (): Diagnostics => {
    const start = this.start();
    const expressions: Expression[] = [];
    const operation = this.OR([
      { ALT: () => this.CONSUME(k.SIGNAL) && ("signal" as const) },
      { ALT: () => this.CONSUME(k.RESIGNAL) && ("resignal" as const) },
    ]);
    this.OPTION(() =>
      this.OR1([{ ALT: () => this.SUBRULE(this.sqlstate) }, { ALT: () => this.SUBRULE(this.identifier) }]),
    );
    this.OPTION1(() => {
      this.CONSUME(k.SET);
      this.AT_LEAST_ONE_SEP({
        SEP: t.Comma,
        DEF: () => {
          this.SUBRULE1(this.identifier);
          this.CONSUME(t.Equal);
          expressions.push(this.SUBRULE(this.expression));
        },
      });
    });
    return { kind: "diagnostics", operation, expressions, items: [], ...this.range(start) };
  });

  readonly sqlstate = this.RULE("sqlstate", () => {
    this.CONSUME(k.SQLSTATE);
    this.OPTION(() => this.CONSUME(k.VALUE));
    this.SUBRULE(this.text);
  });

  /** GET DIAGNOSTICS */
  readonly getDiagnostics = this.RULE("getDiagnostics", (): Diagnostics => {
    const start = this.start();
    const expressions: Expression[] = [];
    const items: string[] = [];
    this.CONSUME(k.GET);
    this.OPTION(() => this.OR([{ ALT: () => this.CONSUME(k.CURRENT) }, { ALT: () => this.CONSUME(k.STACKED) }]));
    this.CONSUME(k.DIAGNOSTICS);
    this.OPTION1(() => {
      this.CONSUME(k.CONDITION);
      expressions.push(this.SUBRULE(this.operand));
    });
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        this.OR1([{ ALT: () => this.SUBRULE(this.userVariable) }, { ALT: () => this.SUBRULE(this.identifier) }]);
        this.CONSUME(t.Equal);
        items.push(textOf(this.SUBRULE1(this.identifier)).toLowerCase());
      },
    });
    return { kind: "diagnostics", operation: "get", expressions, items, ...this.range(start) };
  });
}
