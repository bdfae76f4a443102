/** Statements that change rows (manual: Data Manipulation Statements). */
import * as t from "../lexer/tokens.ts";
import type { CallStatement, ColumnAssignment, DoStatement, Insert, Update } from "../tree/dml.ts";
import type { ColumnName, Expression } from "../tree/expressions.ts";
import type { Name } from "../tree/node.ts";
import type { SelectItem, WithClause } from "../tree/queries.ts";
import { TablesGrammar } from "./tables.ts";

const { k } = t;

type InsertSource = Pick<Insert, "columns" | "source" | "rowAlias" | "rowColumns">;

export abstract class DmlGrammar extends TablesGrammar {
  /** INSERT (manual: INSERT Statement) */
  readonly insert = this.RULE("insert", (): Insert => {
    const start = this.start();
    this.CONSUME(k.INSERT);
    this.OPTION(() => this.CONSUME(t.group.priority));
    const isIgnore = this.OPTION1(() => this.CONSUME(k.IGNORE)) !== undefined;
    this.OPTION2(() => this.CONSUME(k.INTO));
    const table = this.SUBRULE(this.insertTarget);
    const source = this.SUBRULE(this.insertSource);
    const onDuplicateKey = this.OPTION3(() => this.SUBRULE(this.onDuplicateKey));
    const returning = this.OPTION4(() => this.SUBRULE(this.returningClause));
    return {
      kind: "insert",
      isIgnore,
      table,
      ...source,
      onDuplicateKey: onDuplicateKey ?? [],
      returning: returning ?? [],
      ...this.range(start),
    };
  });

  /** REPLACE (manual: REPLACE Statement) */
  readonly replace = this.RULE("replace", (): Insert => {
    const start = this.start();
    this.CONSUME(k.REPLACE);
    this.OPTION(() => this.CONSUME(t.group.priority));
    this.OPTION1(() => this.CONSUME(k.INTO));
    const table = this.SUBRULE(this.insertTarget);
    const source = this.SUBRULE(this.insertSource);
    const returning = this.OPTION2(() => this.SUBRULE(this.returningClause)) ?? [];
    return { kind: "replace", isIgnore: false, table, ...source, onDuplicateKey: [], returning, ...this.range(start) };
  });

  /** The table that rows go to: by name only, perhaps with partitions. */
  protected readonly insertTarget = this.RULE("insertTarget", (): Insert["table"] => {
    const start = this.start();
    const name = this.SUBRULE(this.objectName);
    const partitions = this.OPTION(() => {
      this.CONSUME(k.PARTITION);
      return this.SUBRULE(this.nameList);
    });
    return {
      kind: "table",
      name,
      alias: undefined,
      partitions: partitions ?? [],
      systemTime: undefined,
      indexHints: [],
      ...this.range(start),
    };
  });

  private readonly insertSource = this.RULE("insertSource", (): InsertSource => {
    const columns = this.OPTION({
      GATE: () => !this.isAny(t.group.queryStart, 2) && !this.isNext(t.LeftParen, 2),
      DEF: () => this.SUBRULE(this.columnNames),
    });
    const source = this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { ALT: () => this.SUBRULE(this.insertRows) },
        {
          ALT: (): Insert["source"] => {
            this.CONSUME(k.SET);
            return { kind: "set", assignments: this.SUBRULE(this.assignments) };
          },
        },
        { ALT: () => this.SUBRULE(this.queryExpression) },
      ],
    });
    const rowAlias = this.OPTION1(() => {
      this.CONSUME(k.AS);
      return this.SUBRULE(this.identifier);
    });
    const rowColumns = this.OPTION2({ GATE: () => rowAlias !== undefined, DEF: () => this.SUBRULE(this.nameList) });
    return { columns: columns ?? [], source, rowAlias, rowColumns: rowColumns ?? [] };
  });

  private readonly insertRows = this.RULE("insertRows", (): Insert["source"] => {
    const rows: Expression[][] = [];
    const start = this.start();
    this.OR([{ ALT: () => this.CONSUME(k.VALUES) }, { ALT: () => this.CONSUME(k.VALUE) }]);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        this.OPTION(() => this.CONSUME(k.ROW));
        rows.push(this.SUBRULE(this.valueList));
      },
    });
    return { kind: "values", rows, ...this.range(start) };
  });

  /** `(a, t.b)`, perhaps empty. */
  readonly columnNames = this.RULE("columnNames", (): ColumnName[] => {
    const columns: ColumnName[] = [];
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => columns.push(this.SUBRULE(this.columnName)) });
    this.CONSUME(t.RightParen);
    return columns;
  });

  readonly assignments = this.RULE("assignments", (): ColumnAssignment[] => {
    const list: ColumnAssignment[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => list.push(this.SUBRULE(this.assignment)) });
    return list;
  });

  private readonly assignment = this.RULE("assignment", (): ColumnAssignment => {
    const start = this.start();
    const column = this.SUBRULE(this.columnName);
    this.OR([{ ALT: () => this.CONSUME(t.Equal) }, { ALT: () => this.CONSUME(t.Assign) }]);
    const value = this.SUBRULE(this.valueOrDefault);
    return { column, value, ...this.range(start) };
  });

  private readonly onDuplicateKey = this.RULE("onDuplicateKey", (): ColumnAssignment[] => {
    this.CONSUME(k.ON);
    this.CONSUME(k.DUPLICATE);
    this.CONSUME(k.KEY);
    this.CONSUME(k.UPDATE);
    return this.SUBRULE(this.assignments);
  });

  /** MariaDB's RETURNING. */
  private readonly returningClause = this.RULE("returningClause", (): SelectItem[] => {
    this.CONSUME(k.RETURNING);
    return this.SUBRULE(this.selectItems);
  });

  /** UPDATE of one table or several (manual: UPDATE Statement) */
  readonly update = this.RULE("update", (withClause: WithClause | undefined): Update => {
    const start = withClause?.start ?? this.start();
    this.CONSUME(k.UPDATE);
    this.OPTION(() => this.CONSUME(k.LOW_PRIORITY));
    const isIgnore = this.OPTION1(() => this.CONSUME(k.IGNORE)) !== undefined;
    const tables = this.SUBRULE(this.tableReferences);
    const portion = this.OPTION2(() => this.SUBRULE(this.portion)) ?? [];
    this.CONSUME(k.SET);
    const assignments = this.SUBRULE(this.assignments);
    const where = this.OPTION3(() => this.SUBRULE(this.whereClause));
    const orderBy = this.OPTION4(() => this.SUBRULE(this.orderByClause)) ?? [];
    const limit = this.OPTION5(() => this.SUBRULE(this.limitClause));
    const clauses = { portion, assignments, where, orderBy, limit };
    return { kind: "update", with: withClause, isIgnore, tables, ...clauses, ...this.range(start) };
  });

  /** `FOR PORTION OF period FROM a TO b` (MariaDB: Application-Time Periods) */
  protected readonly portion = this.RULE("portion", (): Expression[] => {
    this.CONSUME(k.FOR);
    this.CONSUME(k.PORTION);
    this.CONSUME(k.OF);
    this.SUBRULE(this.identifier);
    this.CONSUME(k.FROM);
    const from = this.SUBRULE(this.expression);
    this.CONSUME(k.TO);
    return [from, this.SUBRULE1(this.expression)];
  });

  protected readonly returning = this.RULE("returning", (): SelectItem[] => this.SUBRULE(this.returningClause));

  /** CALL (manual: CALL Statement) */
  readonly callStatement = this.RULE("callStatement", (): CallStatement => {
    const start = this.start();
    this.CONSUME(k.CALL);
    const procedure = this.SUBRULE(this.objectName);
    const list = this.OPTION(() => this.SUBRULE(this.argumentList)) ?? [];
    return { kind: "call_statement", procedure, arguments: list, ...this.range(start) };
  });

  /** DO (manual: DO Statement) */
  readonly doStatement = this.RULE("doStatement", (): DoStatement => {
    const start = this.start();
    this.CONSUME(k.DO);
    const expressions = this.SUBRULE(this.selectItems);
    return { kind: "do", expressions, ...this.range(start) };
  });

  /** A table's name for DELETE, which may be written `t.*`. */
  protected readonly targetName = this.RULE("targetName", () => {
    const start = this.start();
    const parts: Name[] = [this.SUBRULE(this.identifier)];
    this.MANY(() => {
      this.CONSUME(t.Dot);
      this.OR([{ ALT: () => parts.push(this.SUBRULE1(this.identifier)) }, { ALT: () => this.CONSUME(t.Asterisk) }]);
    });
    return { parts, ...this.range(start) };
  });
}
