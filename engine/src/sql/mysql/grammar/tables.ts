/** FROM: tables, joins, derived tables (manual: JOIN Clause, Derived Tables). */
import * as t from "../lexer/tokens.ts";
import type { Expression } from "../tree/expressions.ts";
import type { Name, Node } from "../tree/node.ts";
import type { DerivedTable, Join, QueryExpression, TableName, TableReference } from "../tree/queries.ts";
import { JsonTableGrammar } from "./json-table.ts";

const { k } = t;

export abstract class TablesGrammar extends JsonTableGrammar {
  readonly fromClause = this.RULE("fromClause", (): TableReference[] => {
    this.CONSUME(k.FROM);
    return this.OR([{ ALT: () => this.CONSUME(k.DUAL) && [] }, { ALT: () => this.SUBRULE(this.tableReferences) }]);
  });

  /** `table_references`: the comma binds less strongly than JOIN. */
  readonly tableReferences = this.RULE("tableReferences", (): TableReference[] => {
    const tables: TableReference[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => tables.push(this.SUBRULE(this.tableReference)) });
    const isAlone = tables.length === 1 && (this.isNext(t.RightParen) || this.isAny(t.group.queryContinuation));
    if (!isAlone) for (const table of tables) this.checkNamed(table);
    return tables;
  });

  readonly tableReference = this.RULE(
    "tableReference",
    (): TableReference =>
      this.nested(() => {
        const first = this.SUBRULE(this.tableFactor);
        return this.SUBRULE(this.joins, { ARGS: [first] });
      }),
  );

  /**
   * `a JOIN b ON x JOIN c ON y` goes from left to right. Where no condition follows a join's right side but another join does,
   * `a JOIN b JOIN c ON x ON y`, that join is the right side.
   */
  private readonly joins = this.RULE(
    "joins",
    (first: TableReference): TableReference =>
      this.nested(() => {
        let left: TableReference = first;
        let operators = 0;
        this.MANY(() => {
          this.checkChain(++operators);
          const type = this.SUBRULE(this.joinType);
          let right: TableReference = this.SUBRULE(this.tableFactor);
          const mayNest = !this.RECORDING_PHASE && !type.startsWith("natural") && type !== "straight";
          this.OPTION({
            GATE: () => mayNest && this.isAny(t.group.joinStart),
            DEF: () => {
              right = this.SUBRULE(this.joins, { ARGS: [right] });
            },
          });
          const condition = this.OPTION1({
            GATE: () => !type.startsWith("natural"),
            DEF: () => this.SUBRULE(this.joinCondition),
          });
          if (condition === undefined && (type === "left" || type === "right")) {
            this.refuse("an outer join needs ON or USING", this.start());
          }
          this.checkNamed(left);
          this.checkNamed(right);
          left = this.join(type, left, right, condition);
        });
        return left;
      }),
  );

  private join(
    type: Join["type"],
    left: TableReference,
    right: TableReference,
    condition: Condition | undefined,
  ): Join {
    return {
      kind: "join",
      type,
      left,
      right,
      on: condition?.on,
      using: condition?.using ?? [],
      ...this.rangeFrom(left),
    };
  }

  /** A derived table needs a name, unless it is a bracket inside of one that has it. */
  private checkNamed(table: TableReference): void {
    if (isBareQuery(table)) this.refuse("a derived table needs a name", table.end);
  }

  private readonly joinType = this.RULE("joinType", (): Join["type"] =>
    this.OR([
      {
        ALT: () => {
          const word = this.OPTION(() =>
            this.OR1([{ ALT: () => this.CONSUME(k.INNER) }, { ALT: () => this.CONSUME(k.CROSS) }]),
          );
          this.CONSUME(k.JOIN);
          return word?.tokenType === k.CROSS ? ("cross" as const) : ("inner" as const);
        },
      },
      { ALT: () => this.CONSUME(k.STRAIGHT_JOIN) && ("straight" as const) },
      {
        ALT: () => {
          const side = this.SUBRULE(this.outerSide);
          this.CONSUME1(k.JOIN);
          return side;
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.NATURAL);
          const side = this.OPTION1(() =>
            this.OR2([
              { ALT: () => this.CONSUME1(k.INNER) && undefined },
              { ALT: () => this.SUBRULE1(this.outerSide) },
            ]),
          );
          this.OR3([
            { ALT: () => this.CONSUME2(k.JOIN) },
            { GATE: () => side === undefined, ALT: () => this.CONSUME1(k.STRAIGHT_JOIN) },
          ]);
          return side === undefined ? ("natural" as const) : (`natural ${side}` as const);
        },
      },
    ]),
  );

  private readonly outerSide = this.RULE("outerSide", (): "left" | "right" => {
    const side = this.OR([
      { ALT: () => this.CONSUME(k.LEFT) && ("left" as const) },
      { ALT: () => this.CONSUME(k.RIGHT) && ("right" as const) },
    ]);
    this.OPTION(() => this.CONSUME(k.OUTER));
    return side;
  });

  private readonly joinCondition = this.RULE(
    "joinCondition",
    (): Condition =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(k.ON);
            return { on: this.SUBRULE(this.expression), using: [] };
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.USING);
            return { on: undefined, using: this.SUBRULE(this.nameList) };
          },
        },
      ]),
  );

  private readonly tableFactor = this.RULE(
    "tableFactor",
    (): TableReference =>
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          { GATE: () => this.isNext(t.LeftParen, 2), ALT: () => this.SUBRULE(this.jsonTable) },
          { GATE: () => this.isNext(t.LeftParen, 2), ALT: () => this.SUBRULE(this.lateral) },
          { ALT: () => this.SUBRULE(this.tableName) },
          { ALT: () => this.SUBRULE(this.bracketedTable) },
          { ALT: () => this.SUBRULE(this.odbcJoin) },
        ],
      }),
  );

  /** A table by name, with partitions, a time of a versioned one, alias and index hints. */
  readonly tableName = this.RULE("tableName", (): TableName => {
    const start = this.start();
    const name = this.SUBRULE(this.objectName);
    const partitions = this.OPTION(() => {
      this.CONSUME(k.PARTITION);
      return this.SUBRULE(this.nameList);
    });
    const systemTime = this.OPTION1({
      GATE: () => this.isNext(k.SYSTEM_TIME, 2),
      DEF: () => this.SUBRULE(this.systemTime),
    });
    const alias = this.OPTION2(() => this.SUBRULE(this.alias));
    const indexHints: Node[] = [];
    this.MANY(() => indexHints.push(this.SUBRULE(this.indexHint)));
    return { kind: "table", name, alias, partitions: partitions ?? [], systemTime, indexHints, ...this.range(start) };
  });

  /** FOR SYSTEM_TIME (MariaDB: System-Versioned Tables) */
  private readonly systemTime = this.RULE("systemTime", (): Expression[] => {
    this.CONSUME(k.FOR);
    this.CONSUME(k.SYSTEM_TIME);
    return this.OR([
      { ALT: () => this.CONSUME(k.ALL) && [] },
      {
        ALT: () => {
          this.CONSUME(k.AS);
          this.CONSUME(k.OF);
          return [this.SUBRULE(this.historyPoint)];
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.BETWEEN);
          const from = this.SUBRULE1(this.historyPoint);
          this.CONSUME(k.AND);
          return [from, this.SUBRULE2(this.historyPoint)];
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.FROM);
          const from = this.SUBRULE3(this.historyPoint);
          this.CONSUME(k.TO);
          return [from, this.SUBRULE4(this.historyPoint)];
        },
      },
    ]);
  });

  /** `history_point`: a `bit_expr`, so that AND ends it. */
  private readonly historyPoint = this.RULE("historyPoint", (): Expression => {
    this.OPTION({
      GATE: () => !this.isNext(t.StringLiteral, 2) && !this.isNext(t.LeftParen, 2),
      DEF: () => this.CONSUME(t.group.historyUnit),
    });
    return this.SUBRULE(this.expression, { ARGS: [historyLevel] });
  });

  /** USE, FORCE and IGNORE INDEX (manual: Index Hints) */
  private readonly indexHint = this.RULE("indexHint", (): Node => {
    const start = this.start();
    this.OR([
      { ALT: () => this.CONSUME(k.USE) },
      { ALT: () => this.CONSUME(k.FORCE) },
      { ALT: () => this.CONSUME(k.IGNORE) },
    ]);
    this.OR1([{ ALT: () => this.CONSUME(k.INDEX) }, { ALT: () => this.CONSUME(k.KEY) }]);
    this.OPTION(() => {
      this.CONSUME(k.FOR);
      this.OR2([
        { ALT: () => this.CONSUME(k.JOIN) },
        {
          ALT: () => {
            this.CONSUME(k.ORDER);
            this.CONSUME(k.BY);
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.GROUP);
            this.CONSUME1(k.BY);
          },
        },
      ]);
    });
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({
      SEP: t.Comma,
      DEF: () => this.OR3([{ ALT: () => this.CONSUME(t.Identifier) }, { ALT: () => this.CONSUME(k.PRIMARY) }]),
    });
    this.CONSUME(t.RightParen);
    return this.range(start);
  });

  /**
   * A bracket in FROM: a derived table, or tables. `((SELECT 1) UNION (SELECT 2)) AS d` and `((SELECT 1) AS a JOIN b)` begin alike:
   * see `listOrSubquery`.
   */
  private readonly bracketedTable = this.RULE("bracketedTable", (): TableReference => {
    const start = this.start();
    this.CONSUME(t.LeftParen);
    const content = this.OR([
      { GATE: () => this.isQuery(), ALT: (): Content => this.bracketed(() => this.SUBRULE(this.queryExpression)) },
      {
        ALT: (): Content => {
          const tables = this.SUBRULE(this.tableReferences);
          const first = tables[0];
          if (tables.length === 1 && isBareQuery(first) && this.isAny(t.group.queryContinuation)) {
            return this.bracketed(() => this.SUBRULE(this.continuedQuery, { ARGS: [first.query] }));
          }
          return tables;
        },
      },
    ]);
    this.CONSUME(t.RightParen);
    const isSecondBracket = "length" in content && content.length === 1 && isBareQuery(content[0]);
    const query = "length" in content ? (isSecondBracket ? (content[0] as DerivedTable).query : undefined) : content;
    const names = this.OPTION({ GATE: () => query !== undefined, DEF: () => this.SUBRULE(this.derivedNames) });
    if (query === undefined) return { kind: "table_list", tables: content as TableReference[], ...this.range(start) };
    return this.derived(query, false, names, start);
  });

  private readonly derivedNames = this.RULE("derivedNames", (): DerivedNames => {
    this.OPTION(() => this.SUBRULE(this.systemTime));
    const alias = this.SUBRULE(this.alias);
    const columns = this.OPTION1(() => this.SUBRULE(this.nameList));
    return { alias, columns: columns ?? [] };
  });

  private readonly lateral = this.RULE("lateral", (): DerivedTable => {
    const start = this.start();
    this.CONSUME(k.LATERAL);
    const query = this.SUBRULE(this.subquery);
    const names = this.OPTION(() => this.SUBRULE(this.derivedNames));
    return this.derived(query, true, names, start);
  });

  private derived(
    query: QueryExpression,
    isLateral: boolean,
    names: DerivedNames | undefined,
    start: number,
  ): DerivedTable {
    return {
      kind: "derived",
      query,
      isLateral,
      alias: names?.alias,
      columns: names?.columns ?? [],
      ...this.range(start),
    };
  }

  /** `{ OJ a LEFT JOIN b ON … }` */
  private readonly odbcJoin = this.RULE("odbcJoin", (): TableReference => {
    const start = this.start();
    this.CONSUME(t.LeftBrace);
    this.SUBRULE(this.identifier);
    const table = this.SUBRULE(this.tableReference);
    this.CONSUME(t.RightBrace);
    return { kind: "table_list", tables: [table], ...this.range(start) };
  });
}

type Content = QueryExpression | TableReference[];

interface Condition {
  readonly on: Expression | undefined;
  readonly using: readonly Name[];
}

interface DerivedNames {
  readonly alias: Name;
  readonly columns: readonly Name[];
}

function isBareQuery(table: TableReference | undefined): table is DerivedTable {
  return table?.kind === "derived" && table.alias === undefined;
}

/** Above comparisons and BETWEEN. */
const historyLevel = 80;
