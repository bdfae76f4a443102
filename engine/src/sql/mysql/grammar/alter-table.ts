/** ALTER TABLE (manual: ALTER TABLE Statement). */
import * as t from "../lexer/tokens.ts";
import type { AlterAction, AlterTable, TableElement } from "../tree/ddl.ts";
import type { Expression } from "../tree/expressions.ts";
import { AlterPartitionsGrammar } from "./alter-partitions.ts";
import { level } from "./precedence.ts";

const { k } = t;

type Parts = Omit<AlterAction, "start" | "end">;

export abstract class AlterTableGrammar extends AlterPartitionsGrammar {
  readonly alterTable = this.RULE("alterTable", (start: number): AlterTable => {
    const actions: AlterAction[] = [];
    this.OPTION(() => this.CONSUME(k.ONLINE));
    this.OPTION1(() => this.CONSUME(k.IGNORE));
    this.CONSUME(k.TABLE);
    this.OPTION2(() => this.SUBRULE(this.ifExists));
    const table = this.SUBRULE(this.objectName);
    this.OPTION3(() => this.SUBRULE(this.waiting));
    this.MANY(() => {
      actions.push(this.SUBRULE(this.alterAction));
      this.OPTION4(() => this.CONSUME(t.Comma));
    });
    return { kind: "alter_table", table, actions, ...this.range(start) };
  });

  private readonly alterAction = this.RULE("alterAction", (): AlterAction => {
    const start = this.start();
    const parts = this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { GATE: () => this.isPartitionAction(), ALT: () => this.SUBRULE(this.partitionAction) },
        { ALT: () => this.SUBRULE(this.addAction) },
        { ALT: () => this.SUBRULE(this.changeAction) },
        { ALT: () => this.SUBRULE(this.dropAction) },
        { ALT: () => this.SUBRULE(this.alterColumn) },
        { ALT: () => this.SUBRULE(this.renameAction) },
        { GATE: () => !this.isOption(), ALT: () => this.SUBRULE(this.wholeTableAction) },
        {
          ALT: () => {
            const tables = this.SUBRULE(this.tableOption);
            return { ...option, tables };
          },
        },
      ],
    });
    return { ...parts, ...this.range(start) };
  });

  /** An option of the table begins with a word that does something to the whole table as well. */
  private isOption(): boolean {
    if (this.isNext(k.WITH)) return this.isNext(k.VERSIONING, 3);
    return this.isNext(t.Equal, 2) && !this.isNext(k.LOCK) && !this.isNext(k.ALGORITHM);
  }

  /** `ADD [COLUMN] (…)`, `ADD KEY …`, ADD SYSTEM VERSIONING, ADD PERIOD */
  private readonly addAction = this.RULE("addAction", (): Parts => {
    this.CONSUME(k.ADD);
    const elements: TableElement[] = [];
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          GATE: () => this.isNext(k.VERSIONING, 2),
          ALT: () => {
            this.CONSUME(k.SYSTEM);
            this.CONSUME(k.VERSIONING);
          },
        },
        {
          ALT: () => {
            this.OPTION(() => this.CONSUME(k.COLUMN));
            this.OPTION1(() => this.SUBRULE(this.ifNotExists));
            this.OR1({
              IGNORE_AMBIGUITIES: true,
              DEF: [
                {
                  ALT: () => {
                    const list = this.SUBRULE(this.tableElements);
                    this.append(elements, list);
                  },
                },
                { ALT: () => elements.push(this.SUBRULE(this.tableElement)) },
              ],
            });
            this.OPTION2(() => this.SUBRULE(this.columnPlace));
          },
        },
      ],
    });
    return { kind: "add", elements, expressions: [], tables: [] };
  });

  private readonly columnPlace = this.RULE("columnPlace", () => {
    this.OR([
      { ALT: () => this.CONSUME(k.FIRST) },
      {
        ALT: () => {
          this.CONSUME(k.AFTER);
          this.SUBRULE(this.identifier);
        },
      },
    ]);
  });

  /** `CHANGE old new type`, `MODIFY column type` */
  private readonly changeAction = this.RULE("changeAction", (): Parts => {
    const kind = this.OR([
      { ALT: () => this.CONSUME(k.CHANGE) && ("change" as const) },
      { ALT: () => this.CONSUME(k.MODIFY) && ("modify" as const) },
    ]);
    this.OPTION(() => this.CONSUME(k.COLUMN));
    this.OPTION1(() => this.SUBRULE(this.ifExists));
    this.OPTION2({ GATE: () => kind === "change", DEF: () => this.SUBRULE(this.identifier) });
    const column = this.SUBRULE(this.columnDefinition);
    this.OPTION3(() => this.SUBRULE(this.columnPlace));
    return { kind, elements: [column], expressions: [], tables: [] };
  });

  private readonly dropAction = this.RULE("dropAction", (): Parts => {
    this.CONSUME(k.DROP);
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          ALT: () => {
            this.CONSUME(k.PRIMARY);
            this.CONSUME(k.KEY);
          },
        },
        {
          ALT: () => {
            this.OR1([
              { ALT: () => this.CONSUME(t.group.keyOrIndex) },
              {
                ALT: () => {
                  this.CONSUME(k.FOREIGN);
                  this.CONSUME1(k.KEY);
                },
              },
              { ALT: () => this.CONSUME(k.CONSTRAINT) },
              { ALT: () => this.CONSUME(k.CHECK) },
            ]);
            this.OPTION(() => this.SUBRULE(this.ifExists));
            this.SUBRULE(this.identifierOrPrimary);
          },
        },
        {
          GATE: () => this.isNext(k.VERSIONING, 2),
          ALT: () => {
            this.CONSUME(k.SYSTEM);
            this.CONSUME(k.VERSIONING);
          },
        },
        {
          GATE: () => this.isNext(k.FOR, 2) || this.isNext(k.IF, 2),
          ALT: () => {
            this.CONSUME(k.PERIOD);
            this.OPTION4(() => this.SUBRULE2(this.ifExists));
            this.CONSUME(k.FOR);
            this.SUBRULE1(this.identifier);
          },
        },
        {
          ALT: () => {
            this.OPTION1(() => this.CONSUME(k.COLUMN));
            this.OPTION2(() => this.SUBRULE1(this.ifExists));
            this.SUBRULE2(this.identifier);
            this.OPTION3(() =>
              this.OR2([{ ALT: () => this.CONSUME(k.RESTRICT) }, { ALT: () => this.CONSUME(k.CASCADE) }]),
            );
          },
        },
      ],
    });
    return { kind: "drop", elements: [], expressions: [], tables: [] };
  });

  readonly identifierOrPrimary = this.RULE("identifierOrPrimary", () => {
    this.OR([{ ALT: () => this.CONSUME(t.Identifier) }, { ALT: () => this.CONSUME(k.PRIMARY) }]);
  });

  /** `ALTER COLUMN c SET DEFAULT x`, `ALTER INDEX i IGNORED`, `ALTER CHECK c NOT ENFORCED` */
  private readonly alterColumn = this.RULE("alterColumn", (): Parts => {
    const expressions: Expression[] = [];
    this.CONSUME(k.ALTER);
    this.OR([
      {
        ALT: () => {
          this.OPTION(() => this.CONSUME(k.COLUMN));
          this.OPTION1(() => this.SUBRULE(this.ifExists));
          this.SUBRULE(this.identifier);
          this.OR1([
            {
              ALT: () => {
                this.CONSUME(k.SET);
                this.OR2([
                  {
                    ALT: () => {
                      this.CONSUME(k.DEFAULT);
                      expressions.push(this.SUBRULE(this.expression, { ARGS: [level.collate + 1] }));
                    },
                  },
                  { ALT: () => this.CONSUME(k.VISIBLE) },
                  { ALT: () => this.CONSUME(k.INVISIBLE) },
                ]);
              },
            },
            {
              ALT: () => {
                this.CONSUME(k.DROP);
                this.CONSUME1(k.DEFAULT);
              },
            },
          ]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.group.keyOrIndex);
          this.OPTION2(() => this.SUBRULE1(this.ifExists));
          this.SUBRULE1(this.identifier);
          this.OPTION3(() => this.CONSUME(k.NOT));
          this.CONSUME(t.group.indexFlag);
        },
      },
      {
        ALT: () => {
          this.OR3([{ ALT: () => this.CONSUME(k.CONSTRAINT) }, { ALT: () => this.CONSUME(k.CHECK) }]);
          this.SUBRULE2(this.identifier);
          this.SUBRULE(this.enforcement);
        },
      },
    ]);
    return { kind: "alter", elements: [], expressions, tables: [] };
  });

  /** `RENAME TO t`, `RENAME COLUMN a TO b`, `RENAME INDEX a TO b` */
  private readonly renameAction = this.RULE("renameAction", (): Parts => {
    this.CONSUME(k.RENAME);
    return this.OR([
      {
        ALT: (): Parts => {
          this.OR1([{ ALT: () => this.CONSUME(k.COLUMN) }, { ALT: () => this.CONSUME(t.group.keyOrIndex) }]);
          this.OPTION(() => this.SUBRULE(this.ifExists));
          this.SUBRULE(this.identifier);
          this.CONSUME(k.TO);
          this.SUBRULE1(this.identifier);
          return { kind: "rename", elements: [], expressions: [], tables: [] };
        },
      },
      {
        ALT: (): Parts => {
          this.OPTION1(() =>
            this.OR2([
              { ALT: () => this.CONSUME1(k.TO) },
              { ALT: () => this.CONSUME(k.AS) },
              { ALT: () => this.CONSUME(t.Equal) },
            ]),
          );
          const tables = [this.SUBRULE(this.objectName)];
          return { kind: "rename_table", elements: [], expressions: [], tables };
        },
      },
    ]);
  });

  /** What is done to the table as a whole: how it is changed, its order, its keys and tablespace. */
  private readonly wholeTableAction = this.RULE("wholeTableAction", (): Parts => {
    const expressions: Expression[] = [];
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { ALT: () => this.CONSUME(k.FORCE) },
        { ALT: () => this.SUBRULE(this.alterMethod) },
        {
          ALT: () => {
            this.OR1([{ ALT: () => this.CONSUME(k.DISABLE) }, { ALT: () => this.CONSUME(k.ENABLE) }]);
            this.CONSUME(k.KEYS);
          },
        },
        {
          ALT: () => {
            this.OR2([{ ALT: () => this.CONSUME(k.DISCARD) }, { ALT: () => this.CONSUME(k.IMPORT) }]);
            this.CONSUME(k.TABLESPACE);
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.CONVERT);
            this.CONSUME(k.TO);
            this.SUBRULE(this.characterSetWords);
            this.SUBRULE(this.characterSetName);
            this.OPTION(() => {
              this.CONSUME(k.COLLATE);
              this.SUBRULE1(this.characterSetName);
            });
          },
        },
        {
          ALT: () => {
            const items = this.SUBRULE(this.orderByClause);
            for (const item of this.RECORDING_PHASE ? [] : items) expressions.push(item.expression);
          },
        },
        {
          GATE: () => this.isNext(k.VALIDATION, 2),
          ALT: () => {
            this.OR3([{ ALT: () => this.CONSUME(k.WITH) }, { ALT: () => this.CONSUME(k.WITHOUT) }]);
            this.CONSUME(k.VALIDATION);
          },
        },
      ],
    });
    return { ...option, expressions };
  });

  /** `ALGORITHM = INPLACE`, `LOCK = NONE` */
  readonly alterMethod = this.RULE("alterMethod", () => {
    this.OR([{ ALT: () => this.CONSUME(k.ALGORITHM) }, { ALT: () => this.CONSUME(k.LOCK) }]);
    this.OPTION(() => this.CONSUME(t.Equal));
    this.SUBRULE(this.nameOrDefault);
  });
}

const option: Parts = { kind: "option", elements: [], expressions: [], tables: [] };
