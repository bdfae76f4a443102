/** Options and partitions of tables (manual: CREATE TABLE Statement, Partitioning). */
import * as t from "../lexer/tokens.ts";
import type { Expression } from "../tree/expressions.ts";
import type { QualifiedName } from "../tree/node.ts";
import { ColumnsGrammar } from "./columns.ts";

const { k } = t;

export abstract class TableOptionsGrammar extends ColumnsGrammar {
  /** `create_table_option`; returns the tables of UNION. */
  readonly tableOption = this.RULE("tableOption", (): QualifiedName[] =>
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          ALT: () => {
            this.CONSUME(k.UNION);
            this.OPTION(() => this.CONSUME(t.Equal));
            this.CONSUME(t.LeftParen);
            const tables = this.OPTION1(() => this.SUBRULE(this.objectNames));
            this.CONSUME(t.RightParen);
            return tables ?? [];
          },
        },
        { ALT: () => this.SUBRULE(this.characterSetOption) && [] },
        {
          GATE: () => this.isNext(k.DIRECTORY, 2),
          ALT: () => {
            this.OR1([{ ALT: () => this.CONSUME(k.DATA) }, { ALT: () => this.CONSUME(k.INDEX) }]);
            this.CONSUME(k.DIRECTORY);
            this.OPTION2(() => this.CONSUME1(t.Equal));
            this.SUBRULE(this.text);
            return [];
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.WITH);
            this.CONSUME(k.SYSTEM);
            this.CONSUME(k.VERSIONING);
            return [];
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.group.optionName);
            this.OPTION3(() => this.CONSUME2(t.Equal));
            this.SUBRULE(this.optionValue);
            return [];
          },
        },
        {
          GATE: () => this.isNext(t.Equal, 2),
          ALT: () => {
            this.SUBRULE(this.engineAttribute);
            return [];
          },
        },
      ],
    }),
  );

  /** `ENGINE = InnoDB`, `AUTO_INCREMENT = 5`, `ROW_FORMAT = DEFAULT` */
  private readonly optionValue = this.RULE("optionValue", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Identifier) },
      { ALT: () => this.CONSUME(t.StringLiteral) },
      { ALT: () => this.CONSUME(t.Number) },
      { ALT: () => this.CONSUME(t.HexLiteral) },
      { ALT: () => this.CONSUME(k.DEFAULT) },
    ]);
  });

  /** `[DEFAULT] CHARACTER SET = x`, `[DEFAULT] COLLATE = x` */
  readonly characterSetOption = this.RULE("characterSetOption", (): true => {
    this.OPTION(() => this.CONSUME(k.DEFAULT));
    this.OR([{ ALT: () => this.SUBRULE(this.characterSetWords) }, { ALT: () => this.CONSUME(k.COLLATE) }]);
    this.OPTION1(() => this.CONSUME(t.Equal));
    this.SUBRULE(this.characterSetName);
    return true;
  });

  /** PARTITION BY (manual: Partitioning Types); returns the expressions in it. */
  readonly partitionBy = this.RULE("partitionBy", (): Expression[] => {
    const expressions: Expression[] = [];
    this.CONSUME(k.PARTITION);
    this.CONSUME(k.BY);
    this.SUBRULE(this.partitionMethod, { ARGS: [expressions] });
    this.OPTION(() => {
      this.CONSUME(k.PARTITIONS);
      this.SUBRULE(this.number);
    });
    this.OPTION1(() => {
      this.CONSUME(k.SUBPARTITION);
      this.CONSUME1(k.BY);
      this.SUBRULE1(this.partitionMethod, { ARGS: [expressions] });
      this.OPTION2(() => {
        this.CONSUME(k.SUBPARTITIONS);
        this.SUBRULE1(this.number);
      });
    });
    this.OPTION3(() => this.SUBRULE(this.partitionDefinitions, { ARGS: [expressions] }));
    return expressions;
  });

  private readonly partitionMethod = this.RULE("partitionMethod", (expressions: Expression[]) => {
    this.OPTION(() => this.CONSUME(k.LINEAR));
    this.OR([
      {
        ALT: () => {
          this.CONSUME(k.HASH);
          this.SUBRULE(this.partitionExpression, { ARGS: [expressions] });
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.KEY);
          this.OPTION1(() => {
            this.CONSUME(k.ALGORITHM);
            this.CONSUME(t.Equal);
            this.SUBRULE(this.number);
          });
          this.SUBRULE(this.columnNames);
        },
      },
      {
        ALT: () => {
          this.OR1([{ ALT: () => this.CONSUME(k.RANGE) }, { ALT: () => this.CONSUME(k.LIST) }]);
          this.OR2([
            {
              ALT: () => {
                this.CONSUME(k.COLUMNS);
                this.SUBRULE1(this.columnNames);
              },
            },
            { ALT: () => this.SUBRULE1(this.partitionExpression, { ARGS: [expressions] }) },
          ]);
        },
      },
      { ALT: () => this.SUBRULE(this.systemTimePartition, { ARGS: [expressions] }) },
    ]);
  });

  private readonly partitionExpression = this.RULE("partitionExpression", (expressions: Expression[]) => {
    this.CONSUME(t.LeftParen);
    const expression = this.SUBRULE(this.expression);
    expressions?.push(expression);
    this.CONSUME(t.RightParen);
  });

  /** `SYSTEM_TIME INTERVAL 1 WEEK STARTS '…' LIMIT 1000 AUTO` */
  private readonly systemTimePartition = this.RULE("systemTimePartition", (expressions: Expression[]) => {
    this.CONSUME(k.SYSTEM_TIME);
    this.OPTION(() => {
      this.SUBRULE(this.intervalValue);
      this.OPTION1(() => {
        this.CONSUME(k.STARTS);
        const start = this.SUBRULE(this.expression);
        expressions?.push(start);
      });
    });
    this.OPTION2(() => {
      this.CONSUME(k.LIMIT);
      this.SUBRULE(this.number);
    });
    this.OPTION3(() => this.CONSUME(k.AUTO));
  });

  readonly partitionDefinitions = this.RULE("partitionDefinitions", (expressions: Expression[]) => {
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => this.SUBRULE(this.partitionDefinition, { ARGS: [expressions] }),
    });
    this.CONSUME(t.RightParen);
  });

  readonly partitionDefinition = this.RULE("partitionDefinition", (expressions: Expression[]) => {
    this.OPTION2(() => this.CONSUME(k.PARTITION));
    this.SUBRULE(this.identifier);
    this.OPTION(() => this.SUBRULE(this.partitionValues, { ARGS: [expressions] }));
    this.MANY(() => this.SUBRULE(this.partitionOption));
    this.OPTION1(() => {
      this.CONSUME(t.LeftParen);
      this.AT_LEAST_ONE_SEP({
        SEP: t.Comma,
        DEF: () => {
          this.CONSUME(k.SUBPARTITION);
          this.SUBRULE1(this.identifierOrText);
          this.MANY1(() => this.SUBRULE1(this.partitionOption));
        },
      });
      this.CONSUME(t.RightParen);
    });
  });

  /** `VALUES LESS THAN (10)`, `VALUES IN (1, 2)`, and those of versioned tables. */
  private readonly partitionValues = this.RULE("partitionValues", (expressions: Expression[]) => {
    this.OR([
      { ALT: () => this.CONSUME(k.HISTORY) },
      { ALT: () => this.CONSUME(k.CURRENT) },
      { ALT: () => this.CONSUME(k.DEFAULT) },
      {
        ALT: () => {
          this.CONSUME(k.VALUES);
          this.OR1([
            {
              ALT: () => {
                this.CONSUME(k.LESS);
                this.CONSUME(k.THAN);
                this.OR2([
                  { ALT: () => this.CONSUME(k.MAXVALUE) },
                  { ALT: () => this.SUBRULE(this.partitionValueList, { ARGS: [expressions] }) },
                ]);
              },
            },
            {
              ALT: () => {
                this.CONSUME(k.IN);
                this.SUBRULE1(this.partitionValueList, { ARGS: [expressions] });
              },
            },
          ]);
        },
      },
    ]);
  });

  private readonly partitionValueList = this.RULE("partitionValueList", (expressions: Expression[]) => {
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () =>
        this.OR({
          IGNORE_AMBIGUITIES: true,
          DEF: [
            { ALT: () => this.CONSUME(k.MAXVALUE) },
            { ALT: () => this.CONSUME(k.DEFAULT) },
            {
              ALT: () => {
                const value = this.SUBRULE(this.expression);
                expressions?.push(value);
              },
            },
          ],
        }),
    });
    this.CONSUME(t.RightParen);
  });

  private readonly partitionOption = this.RULE("partitionOption", () => {
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          GATE: () => this.isNext(k.DIRECTORY, 2),
          ALT: () => {
            this.OR1([{ ALT: () => this.CONSUME(k.DATA) }, { ALT: () => this.CONSUME(k.INDEX) }]);
            this.CONSUME(k.DIRECTORY);
            this.OPTION(() => this.CONSUME(t.Equal));
            this.SUBRULE(this.text);
          },
        },
        {
          ALT: () => {
            this.OPTION1(() => this.CONSUME(k.STORAGE));
            this.CONSUME(k.ENGINE);
            this.OPTION2(() => this.CONSUME1(t.Equal));
            this.SUBRULE(this.identifierOrText);
          },
        },
        {
          GATE: () => this.isNext(t.Equal, 2) && !this.isAny(t.group.optionName),
          ALT: () => this.SUBRULE(this.engineAttribute),
        },
        {
          ALT: () => {
            this.CONSUME(t.group.optionName);
            this.OPTION3(() => this.CONSUME2(t.Equal));
            this.SUBRULE(this.optionValue);
          },
        },
      ],
    });
  });
}
