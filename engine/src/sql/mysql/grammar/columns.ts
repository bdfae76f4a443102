/** Columns of tables (manual: CREATE TABLE Statement). */
import * as t from "../lexer/tokens.ts";
import type { ColumnDefinition, TableElement } from "../tree/ddl.ts";
import type { Expression } from "../tree/expressions.ts";
import type { QualifiedName } from "../tree/node.ts";
import { KeysGrammar } from "./keys.ts";
import { level } from "./precedence.ts";

const { k } = t;

/** What a column's attributes tell, gathered while they are read. */
interface ColumnParts {
  expressions: Expression[];
  isGenerated: boolean;
  references: QualifiedName | undefined;
}

export abstract class ColumnsGrammar extends KeysGrammar {
  /** A column, or a key or constraint. */
  readonly tableElement = this.RULE(
    "tableElement",
    (): TableElement =>
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          { GATE: () => this.isNext(k.FOR, 2) || this.isNext(k.IF, 2), ALT: () => this.SUBRULE(this.period) },
          { ALT: () => this.SUBRULE(this.columnDefinition) },
          { ALT: () => this.SUBRULE(this.keyDefinition) },
        ],
      }),
  );

  /** `(element, …)` */
  readonly tableElements = this.RULE("tableElements", (): TableElement[] => {
    const elements: TableElement[] = [];
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => elements.push(this.SUBRULE(this.tableElement)) });
    this.CONSUME(t.RightParen);
    return elements;
  });

  /** `column_def`; in CREATE TABLE … SELECT the type may be missing. */
  readonly columnDefinition = this.RULE("columnDefinition", (): ColumnDefinition => {
    const start = this.start();
    const name = this.SUBRULE(this.columnName);
    const type = this.SUBRULE(this.dataType);
    const parts: ColumnParts = { expressions: [], isGenerated: false, references: undefined };
    this.MANY({
      // A name that is no attribute's belongs to ALTER TABLE: FIRST, AFTER, the next action.
      GATE: () => !this.isAny(t.Identifier) || this.isAny(t.group.columnWord) || this.isNext(t.Equal, 2),
      DEF: () => this.SUBRULE(this.columnAttribute, { ARGS: [parts] }),
    });
    return { kind: "column_definition", name, type, ...parts, ...this.range(start) };
  });

  private readonly columnAttribute = this.RULE("columnAttribute", (parts: ColumnParts) => {
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { ALT: () => this.SUBRULE(this.defaultAttribute, { ARGS: [parts] }) },
        { ALT: () => this.SUBRULE(this.generatedAttribute, { ARGS: [parts] }) },
        {
          ALT: () => {
            this.OPTION(() => this.SUBRULE(this.constraintName));
            this.OR1([
              {
                ALT: () => {
                  const expression = this.SUBRULE(this.check);
                  parts?.expressions.push(expression);
                },
              },
              {
                ALT: () => {
                  const references = this.SUBRULE(this.references);
                  if (parts !== undefined) parts.references = references;
                },
              },
            ]);
          },
        },
        { ALT: () => this.SUBRULE(this.columnFlag) },
      ],
    });
  });

  private readonly columnFlag = this.RULE("columnFlag", () => {
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          ALT: () => {
            this.OPTION(() => this.CONSUME(k.NOT));
            this.OR1([{ ALT: () => this.CONSUME(k.NULL) }, { ALT: () => this.CONSUME(k.SECONDARY) }]);
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.UNIQUE);
            this.OPTION1(() => this.CONSUME(k.KEY));
          },
        },
        {
          ALT: () => {
            this.OPTION2(() => this.CONSUME(k.PRIMARY));
            this.CONSUME1(k.KEY);
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.COMMENT);
            this.SUBRULE(this.text);
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.COLLATE);
            this.SUBRULE(this.characterSetName);
          },
        },
        {
          ALT: () => {
            this.OR2([{ ALT: () => this.CONSUME(k.WITH) }, { ALT: () => this.CONSUME(k.WITHOUT) }]);
            this.CONSUME(k.SYSTEM);
            this.CONSUME(k.VERSIONING);
          },
        },
        { ALT: () => this.SUBRULE(this.characterSetAttribute) },
        { GATE: () => !this.isNext(t.Equal, 2) || this.isNext(k.COMPRESSED), ALT: () => this.SUBRULE(this.columnWord) },
        {
          ALT: () => {
            this.OR3([{ ALT: () => this.CONSUME(k.STORAGE) }, { ALT: () => this.CONSUME(k.COLUMN_FORMAT) }]);
            this.SUBRULE(this.nameOrDefault);
          },
        },
        {
          ALT: () => {
            this.OR4([{ ALT: () => this.CONSUME(k.SRID) }, { ALT: () => this.CONSUME(k.REF_SYSTEM_ID) }]);
            this.OPTION3(() => this.CONSUME(t.Equal));
            this.SUBRULE(this.number);
          },
        },
        // What engines add, `name = value`.
        { ALT: () => this.SUBRULE(this.engineAttribute) },
      ],
    });
  });

  private readonly columnWord = this.RULE("columnWord", () => {
    this.CONSUME(t.group.columnFlag);
    this.OPTION(() => {
      this.CONSUME(t.Equal);
      this.SUBRULE(this.identifier);
    });
  });

  private readonly characterSetAttribute = this.RULE("characterSetAttribute", () => {
    this.SUBRULE(this.characterSetWords);
    this.SUBRULE(this.characterSetName);
  });

  readonly nameOrDefault = this.RULE("nameOrDefault", () => {
    this.OR([{ ALT: () => this.CONSUME(t.Identifier) }, { ALT: () => this.CONSUME(k.DEFAULT) }]);
  });

  /** `DEFAULT x`, `ON UPDATE now()`: an operator needs brackets around it. */
  private readonly defaultAttribute = this.RULE("defaultAttribute", (parts: ColumnParts) => {
    this.OR([
      { ALT: () => this.CONSUME(k.DEFAULT) },
      {
        ALT: () => {
          this.CONSUME(k.ON);
          this.CONSUME(k.UPDATE);
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.SERIAL);
          this.CONSUME1(k.DEFAULT);
        },
      },
    ]);
    const value = this.SUBRULE(this.expression, { ARGS: [level.collate + 1] });
    parts?.expressions.push(value);
  });

  /** `GENERATED ALWAYS AS (expr) STORED`, `GENERATED ALWAYS AS ROW START` */
  private readonly generatedAttribute = this.RULE("generatedAttribute", (parts: ColumnParts) => {
    this.OPTION(() => {
      this.CONSUME(k.GENERATED);
      this.CONSUME(k.ALWAYS);
    });
    this.CONSUME(k.AS);
    this.OR([
      {
        ALT: () => {
          this.CONSUME(k.ROW);
          this.OR1([{ ALT: () => this.CONSUME(k.START) }, { ALT: () => this.CONSUME(k.END) }]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.LeftParen);
          const expression = this.SUBRULE(this.expression);
          this.CONSUME(t.RightParen);
          if (parts !== undefined) {
            parts.expressions.push(expression);
            parts.isGenerated = true;
          }
        },
      },
    ]);
    this.OPTION1(() => this.CONSUME(t.group.generatedStorage));
  });
}
