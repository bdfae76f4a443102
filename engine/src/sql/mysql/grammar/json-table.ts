/** JSON_TABLE (manual: JSON Table Functions). */
import * as t from "../lexer/tokens.ts";
import type { JsonTable, JsonTableColumn } from "../tree/queries.ts";
import { QueriesGrammar } from "./queries.ts";

const { k } = t;

export abstract class JsonTableGrammar extends QueriesGrammar {
  protected readonly jsonTable = this.RULE("jsonTable", (): JsonTable => {
    const start = this.start();
    this.CONSUME(k.JSON_TABLE);
    this.CONSUME(t.LeftParen);
    const document = this.SUBRULE(this.expression);
    this.CONSUME(t.Comma);
    const path = this.SUBRULE1(this.expression);
    const columns = this.SUBRULE(this.jsonTableColumns);
    this.CONSUME(t.RightParen);
    const alias = this.OPTION(() => this.SUBRULE(this.alias));
    return { kind: "json_table", document, path, columns, alias, ...this.range(start) };
  });

  protected readonly jsonTableColumns = this.RULE("jsonTableColumns", (): JsonTableColumn[] => {
    const columns: JsonTableColumn[] = [];
    this.CONSUME(k.COLUMNS);
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => columns.push(this.SUBRULE(this.jsonTableColumn)) });
    this.CONSUME(t.RightParen);
    return columns;
  });

  protected readonly jsonTableColumn = this.RULE(
    "jsonTableColumn",
    (): JsonTableColumn =>
      this.nested(() => {
        const start = this.start();
        return this.OR({
          IGNORE_AMBIGUITIES: true,
          DEF: [
            {
              GATE: () => this.isNext(k.PATH, 2) || this.isNext(t.StringLiteral, 2),
              ALT: (): JsonTableColumn => {
                this.CONSUME(k.NESTED);
                this.OPTION(() => this.CONSUME(k.PATH));
                const path = this.SUBRULE(this.stringLiteral);
                const columns = this.SUBRULE(this.jsonTableColumns);
                return { kind: "nested", path, columns, ...this.range(start) };
              },
            },
            {
              ALT: (): JsonTableColumn => {
                const name = this.SUBRULE(this.identifier);
                return this.OR1([
                  {
                    ALT: (): JsonTableColumn => {
                      this.CONSUME(k.FOR);
                      this.CONSUME(k.ORDINALITY);
                      return { kind: "ordinality", name, ...this.range(start) };
                    },
                  },
                  {
                    ALT: (): JsonTableColumn => {
                      this.SUBRULE(this.dataType);
                      this.OPTION2(() => {
                        this.CONSUME(k.COLLATE);
                        this.SUBRULE(this.characterSetName);
                      });
                      const isExists = this.OPTION1(() => this.CONSUME(k.EXISTS)) !== undefined;
                      this.CONSUME1(k.PATH);
                      const path = this.SUBRULE1(this.stringLiteral);
                      this.MANY(() => this.SUBRULE(this.jsonTableFallback));
                      return { kind: isExists ? "exists" : "path", name, path, ...this.range(start) };
                    },
                  },
                ]);
              },
            },
          ],
        });
      }),
  );

  /** `NULL ON EMPTY`, `DEFAULT '0' ON ERROR` */
  protected readonly jsonTableFallback = this.RULE("jsonTableFallback", () => {
    this.OR([
      { ALT: () => this.CONSUME(k.NULL) },
      { ALT: () => this.CONSUME(k.ERROR) },
      {
        ALT: () => {
          this.CONSUME(k.DEFAULT);
          this.SUBRULE(this.literal);
        },
      },
    ]);
    this.CONSUME(k.ON);
    this.OR1([{ ALT: () => this.CONSUME(k.EMPTY) }, { ALT: () => this.CONSUME1(k.ERROR) }]);
  });
}
