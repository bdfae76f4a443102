/** DELETE, whose three forms begin alike, and what reads or writes a table past SELECT: LOAD DATA, HANDLER. */
import * as t from "../lexer/tokens.ts";
import type { Delete, Handler, LoadData } from "../tree/dml.ts";
import type { ColumnName, Expression, UserVariable } from "../tree/expressions.ts";
import type { Name, QualifiedName } from "../tree/node.ts";
import type { TableName, TableReference, WithClause } from "../tree/queries.ts";
import { DmlGrammar } from "./dml.ts";
import { wordOf } from "./base.ts";

const { k } = t;

export abstract class DeleteGrammar extends DmlGrammar {
  /** `DELETE FROM t`, `DELETE a, b FROM …`, `DELETE FROM a, b USING …` (manual: DELETE Statement) */
  readonly delete = this.RULE("delete", (withClause: WithClause | undefined): Delete => {
    const start = withClause?.start ?? this.start();
    this.CONSUME(k.DELETE);
    const words: string[] = [];
    this.MANY(() => words.push(wordOf(this.CONSUME(t.group.deleteOption))));
    const target = this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { GATE: () => this.isNext(k.FROM) || this.isNext(k.FROM, 2), ALT: () => this.SUBRULE(this.deleteFrom) },
        { ALT: () => this.SUBRULE(this.deleteTargets) },
      ],
    });
    const where = this.OPTION(() => this.SUBRULE(this.whereClause));
    const orderBy = this.OPTION1(() => this.SUBRULE(this.orderByClause)) ?? [];
    const limit = this.OPTION2(() => this.SUBRULE(this.limitClause));
    const returning = this.OPTION3(() => this.SUBRULE(this.returning)) ?? [];
    return {
      kind: "delete",
      with: withClause,
      isIgnore: words.includes("ignore"),
      ...target,
      where,
      orderBy,
      limit,
      returning,
      ...this.range(start),
    };
  });

  /** `a, b.* FROM tables` */
  private readonly deleteTargets = this.RULE("deleteTargets", (): DeleteTarget => {
    const targets = this.SUBRULE(this.targetNames);
    this.CONSUME(k.FROM);
    const tables = this.SUBRULE(this.tableReferences);
    return { targets, tables, isHistory: false, portion: [] };
  });

  private readonly targetNames = this.RULE("targetNames", (): QualifiedName[] => {
    const targets: QualifiedName[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => targets.push(this.SUBRULE(this.targetName)) });
    return targets;
  });

  /** `FROM t …`, `FROM a, b USING tables`, `HISTORY FROM t BEFORE SYSTEM_TIME x` */
  private readonly deleteFrom = this.RULE("deleteFrom", (): DeleteTarget => {
    const isHistory =
      this.OPTION({ GATE: () => this.isNext(k.FROM, 2), DEF: () => this.CONSUME(k.HISTORY) }) !== undefined;
    this.CONSUME(k.FROM);
    return this.OR([
      {
        GATE: () => this.hasUsing(),
        ALT: (): DeleteTarget => {
          const targets = this.SUBRULE(this.targetNames);
          this.CONSUME(k.USING);
          const tables: TableReference[] = this.SUBRULE(this.tableReferences);
          return { targets, tables, isHistory, portion: [] };
        },
      },
      {
        ALT: (): DeleteTarget => {
          const table = this.SUBRULE(this.tableName);
          const portion: Expression[] = [];
          this.OPTION1(() => this.append(portion, this.SUBRULE(this.portion)));
          this.OPTION2(() => {
            this.CONSUME(k.BEFORE);
            this.CONSUME(k.SYSTEM_TIME);
            portion.push(this.SUBRULE(this.expression));
          });
          return { targets: [], tables: [table], isHistory, portion };
        },
      },
    ]);
  });

  /** Names, perhaps with `.*`, then USING. */
  private hasUsing(): boolean {
    let ahead = 1;
    while (
      this.isAny(t.Identifier, ahead) ||
      this.isNext(t.Dot, ahead) ||
      this.isNext(t.Comma, ahead) ||
      this.isNext(t.Asterisk, ahead)
    ) {
      ahead++;
    }
    return this.isNext(k.USING, ahead);
  }

  /** LOAD DATA and LOAD XML (manual: LOAD DATA Statement) */
  readonly loadData = this.RULE("loadData", (): LoadData => {
    const start = this.start();
    this.CONSUME(k.LOAD);
    this.OR([{ ALT: () => this.CONSUME(k.DATA) }, { ALT: () => this.CONSUME(k.XML) }]);
    this.OPTION(() =>
      this.OR1([{ ALT: () => this.CONSUME(k.LOW_PRIORITY) }, { ALT: () => this.CONSUME(k.CONCURRENT) }]),
    );
    const isLocal = this.OPTION1(() => this.CONSUME(k.LOCAL)) !== undefined;
    this.CONSUME(k.INFILE);
    const file = this.SUBRULE(this.text);
    this.OPTION2(() => this.OR2([{ ALT: () => this.CONSUME(k.REPLACE) }, { ALT: () => this.CONSUME(k.IGNORE) }]));
    this.CONSUME(k.INTO);
    this.CONSUME(k.TABLE);
    const table: TableName = this.SUBRULE(this.insertTarget);
    this.OPTION3(() => {
      this.SUBRULE(this.characterSetWords);
      this.SUBRULE(this.characterSetName);
    });
    this.OPTION4(() => {
      this.CONSUME(k.ROWS);
      this.CONSUME(k.IDENTIFIED);
      this.CONSUME(k.BY);
      this.SUBRULE1(this.text);
    });
    this.SUBRULE(this.fileFormat);
    this.OPTION5(() => {
      this.CONSUME1(k.IGNORE);
      this.SUBRULE(this.number);
      this.OR3([{ ALT: () => this.CONSUME(k.LINES) }, { ALT: () => this.CONSUME1(k.ROWS) }]);
    });
    const columns = this.OPTION6(() => this.SUBRULE(this.loadColumns)) ?? [];
    const assignments = this.OPTION7(() => {
      this.CONSUME(k.SET);
      return this.SUBRULE(this.assignments);
    });
    return { kind: "load_data", isLocal, file, table, columns, assignments: assignments ?? [], ...this.range(start) };
  });

  private readonly loadColumns = this.RULE("loadColumns", (): (ColumnName | UserVariable)[] => {
    const columns: (ColumnName | UserVariable)[] = [];
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({
      SEP: t.Comma,
      DEF: () =>
        columns.push(
          this.OR([
            { ALT: (): ColumnName | UserVariable => this.SUBRULE(this.columnName) },
            { ALT: (): ColumnName | UserVariable => this.SUBRULE(this.userVariable) },
          ]),
        ),
    });
    this.CONSUME(t.RightParen);
    return columns;
  });

  /** HANDLER (manual: HANDLER Statement) */
  readonly handler = this.RULE("handler", (): Handler => {
    const start = this.start();
    this.CONSUME(k.HANDLER);
    const table = this.SUBRULE(this.objectName);
    return this.OR([
      {
        ALT: (): Handler => {
          this.CONSUME(k.OPEN);
          const alias: Name | undefined = this.OPTION(() => this.SUBRULE(this.alias));
          return { ...this.handlerOf("open", table), alias, ...this.range(start) };
        },
      },
      {
        ALT: (): Handler => {
          this.CONSUME(k.CLOSE);
          return { ...this.handlerOf("close", table), ...this.range(start) };
        },
      },
      {
        ALT: (): Handler => {
          this.CONSUME(k.READ);
          const values = this.SUBRULE(this.handlerPlace);
          const where = this.OPTION1(() => this.SUBRULE(this.whereClause));
          const limit = this.OPTION2(() => this.SUBRULE(this.limitClause));
          return { ...this.handlerOf("read", table), values, where, limit, ...this.range(start) };
        },
      },
    ]);
  });

  private handlerOf(operation: Handler["operation"], table: QualifiedName): Handler {
    const { start, end } = table;
    return {
      kind: "handler",
      operation,
      table,
      alias: undefined,
      values: [],
      where: undefined,
      limit: undefined,
      start,
      end,
    };
  }

  /** `FIRST`, `index FIRST`, `index = (1, 2)` */
  private readonly handlerPlace = this.RULE("handlerPlace", (): Expression[] => {
    this.OPTION({
      GATE: () => this.isAny(t.group.handlerDirection, 2) || this.isAny(t.Comparison, 2),
      DEF: () => this.OR([{ ALT: () => this.CONSUME(t.Identifier) }, { ALT: () => this.CONSUME(k.PRIMARY) }]),
    });
    return this.OR1([
      { ALT: () => this.CONSUME(t.group.handlerDirection) && [] },
      {
        ALT: () => {
          this.CONSUME(t.Comparison);
          return this.SUBRULE(this.valueList);
        },
      },
    ]);
  });
}

type DeleteTarget = Pick<Delete, "targets" | "tables" | "isHistory" | "portion">;
