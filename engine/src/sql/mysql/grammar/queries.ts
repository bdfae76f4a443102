/** Queries: SELECT, set operations, VALUES, TABLE, WITH (manual: SELECT Statement, WITH, Set Operations). */
import * as t from "../lexer/tokens.ts";
import type { Expression } from "../tree/expressions.ts";
import type { Name } from "../tree/node.ts";
import type {
  IntoClause,
  QueryBody,
  QueryExpression,
  Select,
  SelectItem,
  SetOperation,
  TableReference,
  WindowSpecification,
  WithClause,
  WithElement,
} from "../tree/queries.ts";
import { type Rule, wordOf } from "./base.ts";
import { selectItem } from "./precedence.ts";
import { QueryTailsGrammar } from "./query-tails.ts";

const { k } = t;

const ungrouped: Pick<Select, "groupBy" | "hasTotals"> = { groupBy: [], hasTotals: false };

export abstract class QueriesGrammar extends QueryTailsGrammar {
  protected abstract readonly fromClause: Rule<TableReference[]>;

  /** `query_expression` */
  readonly queryExpression = this.RULE(
    "queryExpression",
    (): QueryExpression =>
      this.nested(() => {
        const start = this.start();
        const withClause = this.OPTION(() => this.SUBRULE(this.withClause));
        const body = this.SUBRULE(this.queryBody);
        const tail = this.SUBRULE(this.queryTail);
        return { kind: "query", with: withClause, body, ...tail, ...this.range(start) };
      }),
  );

  /** A query whose first one, in brackets, has been read. */
  protected readonly continuedQuery = this.RULE("continuedQuery", (first: QueryBody): QueryExpression => {
    const body = this.SUBRULE(this.setOperations, { ARGS: [first] });
    const tail = this.SUBRULE(this.queryTail);
    return { kind: "query", with: undefined, body, ...tail, ...this.rangeFrom(first) };
  });

  /** `query_expression_body` */
  readonly queryBody = this.RULE("queryBody", (): QueryBody => {
    const first = this.SUBRULE(this.queryPrimary);
    return this.SUBRULE(this.setOperations, { ARGS: [first] });
  });

  /** UNION and EXCEPT from left to right; INTERSECT binds more strongly. */
  private readonly setOperations = this.RULE("setOperations", (first: QueryBody): QueryBody => {
    let left: QueryBody = this.SUBRULE(this.intersections, { ARGS: [first] });
    let operators = 0;
    this.MANY(() => {
      this.checkChain(++operators);
      const operator = this.OR([
        { ALT: () => this.CONSUME(k.UNION) && ("union" as const) },
        { ALT: () => this.CONSUME(k.EXCEPT) && ("except" as const) },
      ]);
      const isAll = this.SUBRULE(this.setQuantifier);
      const next = this.SUBRULE(this.queryPrimary);
      left = this.setOperation(operator, isAll, left, this.SUBRULE1(this.intersections, { ARGS: [next] }));
    });
    return left;
  });

  private readonly intersections = this.RULE("intersections", (first: QueryBody): QueryBody => {
    let left: QueryBody = first;
    let operators = 0;
    this.MANY(() => {
      this.checkChain(++operators);
      this.CONSUME(k.INTERSECT);
      const isAll = this.SUBRULE(this.setQuantifier);
      left = this.setOperation("intersect", isAll, left, this.SUBRULE(this.queryPrimary));
    });
    return left;
  });

  private setOperation(
    operator: SetOperation["operator"],
    isAll: boolean,
    left: QueryBody,
    right: QueryBody,
  ): SetOperation {
    if (!this.RECORDING_PHASE) {
      if (left.kind === "select" && left.into !== undefined) this.refuseInto(left.into);
      if (right.kind === "select" && right.into !== undefined && right.from.length > 0) this.refuseInto(right.into);
    }
    return { kind: "set_operation", operator, isAll, left, right, ...this.rangeFrom(left) };
  }

  private refuseInto(into: IntoClause): void {
    this.refuse("INTO stands behind the last query of a set operation", into.start);
  }

  private readonly setQuantifier = this.RULE("setQuantifier", (): boolean => {
    const word = this.OPTION(() =>
      this.OR([{ ALT: () => this.CONSUME(k.ALL) }, { ALT: () => this.CONSUME(k.DISTINCT) }]),
    );
    return word?.tokenType === k.ALL;
  });

  /** `query_primary` */
  private readonly queryPrimary = this.RULE(
    "queryPrimary",
    (): QueryBody =>
      this.OR([
        { ALT: () => this.SUBRULE(this.select) },
        { ALT: () => this.SUBRULE(this.subquery) },
        {
          ALT: (): QueryBody => {
            const start = this.start();
            const rows: Expression[][] = [];
            this.CONSUME(k.VALUES);
            this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => rows.push(this.SUBRULE(this.valuesRow)) });
            return { kind: "values", rows, ...this.range(start) };
          },
        },
        {
          ALT: (): QueryBody => {
            const start = this.start();
            this.CONSUME(k.TABLE);
            const name = this.SUBRULE(this.objectName);
            const table = {
              kind: "table",
              name,
              alias: undefined,
              partitions: [],
              systemTime: undefined,
              indexHints: [],
              start: name.start,
              end: name.end,
            } as const;
            return { kind: "table_query", table, ...this.range(start) };
          },
        },
      ]),
  );

  /** MariaDB writes `(1, 2)`, MySQL `ROW(1, 2)`. */
  private readonly valuesRow = this.RULE("valuesRow", (): Expression[] => {
    this.OPTION(() => this.CONSUME(k.ROW));
    return this.SUBRULE(this.valueList);
  });

  /** `(1, DEFAULT, 3)`, perhaps empty: a row to be stored. */
  readonly valueList = this.RULE("valueList", (): Expression[] => {
    const values: Expression[] = [];
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => values.push(this.SUBRULE(this.valueOrDefault)) });
    this.CONSUME(t.RightParen);
    return values;
  });

  /** `expr_or_ignore_or_default` */
  readonly valueOrDefault = this.RULE("valueOrDefault", (): Expression => {
    const start = this.start();
    return this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          GATE: () => !this.isNext(t.LeftParen, 2),
          ALT: (): Expression => {
            this.OR1([{ ALT: () => this.CONSUME(k.DEFAULT) }, { ALT: () => this.CONSUME(k.IGNORE) }]);
            return { kind: "default", column: undefined, ...this.range(start) };
          },
        },
        { ALT: () => this.SUBRULE(this.expression) },
      ],
    });
  });

  /** `query_specification` */
  private readonly select = this.RULE("select", (): Select => {
    const start = this.start();
    const options: string[] = [];
    const items: SelectItem[] = [];
    this.CONSUME(k.SELECT);
    this.MANY(() => {
      const option = wordOf(this.CONSUME(t.group.selectOption));
      options.push(option === "distinctrow" ? "distinct" : option);
    });
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.selectItem)) });
    const into: IntoClause | undefined = this.OPTION(() => this.SUBRULE(this.intoClause));
    const from = this.OPTION1(() => this.SUBRULE(this.fromClause)) ?? [];
    const where = this.OPTION2(() => this.SUBRULE(this.whereClause));
    const { groupBy, hasTotals } = this.OPTION3(() => this.SUBRULE(this.groupByClause)) ?? ungrouped;
    const having = this.OPTION4(() => {
      this.CONSUME(k.HAVING);
      return this.SUBRULE(this.expression);
    });
    const windows = this.OPTION5(() => this.SUBRULE(this.windowClause)) ?? [];
    return {
      kind: "select",
      options,
      items,
      into,
      from,
      where,
      groupBy,
      hasTotals,
      having,
      windows,
      ...this.range(start),
    };
  });

  /** `select_item`; an alias may be a string. */
  readonly selectItem = this.RULE("selectItem", (): SelectItem => {
    const start = this.start();
    const expression = this.SUBRULE(this.expression, { ARGS: [selectItem] });
    const alias = this.OPTION({
      GATE: () => expression.kind !== "star",
      DEF: () => this.SUBRULE(this.selectAlias),
    });
    return { expression, alias, ...this.range(start) };
  });

  readonly selectItems = this.RULE("selectItems", (): SelectItem[] => {
    const items: SelectItem[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.selectItem)) });
    return items;
  });

  private readonly groupByClause = this.RULE("groupByClause", (): Pick<Select, "groupBy" | "hasTotals"> => {
    this.CONSUME(k.GROUP);
    this.CONSUME(k.BY);
    const groupBy = this.SUBRULE(this.orderItems);
    const totals = this.OPTION({
      GATE: () => this.isNext(k.ROLLUP, 2) || this.isNext(k.CUBE, 2),
      DEF: () => {
        this.CONSUME(k.WITH);
        return this.OR([{ ALT: () => this.CONSUME(k.ROLLUP) }, { ALT: () => this.CONSUME(k.CUBE) }]);
      },
    });
    return { groupBy, hasTotals: totals !== undefined };
  });

  /** `WINDOW w AS (…)` */
  private readonly windowClause = this.RULE("windowClause", (): { name: Name; window: WindowSpecification }[] => {
    const windows: { name: Name; window: WindowSpecification }[] = [];
    this.CONSUME(k.WINDOW);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const name = this.SUBRULE(this.identifier);
        this.CONSUME(k.AS);
        windows.push({ name, window: this.SUBRULE(this.windowSpecification) });
      },
    });
    return windows;
  });

  /** WITH (manual: Common Table Expressions) */
  readonly withClause = this.RULE("withClause", (): WithClause => {
    const start = this.start();
    const elements: WithElement[] = [];
    this.CONSUME(k.WITH);
    const isRecursive = this.OPTION(() => this.CONSUME(k.RECURSIVE)) !== undefined;
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => elements.push(this.SUBRULE(this.withElement)) });
    return { isRecursive, elements, ...this.range(start) };
  });

  private readonly withElement = this.RULE("withElement", (): WithElement => {
    const start = this.start();
    const name = this.SUBRULE(this.identifier);
    const columns = this.OPTION(() => this.SUBRULE(this.nameList)) ?? [];
    this.CONSUME(k.AS);
    const query = this.SUBRULE(this.subquery);
    const cycle: Name[] = [];
    this.OPTION1(() => {
      this.CONSUME(k.CYCLE);
      this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => cycle.push(this.SUBRULE1(this.identifier)) });
      this.CONSUME(k.RESTRICT);
    });
    return { name, columns, query, cycle, ...this.range(start) };
  });
}
