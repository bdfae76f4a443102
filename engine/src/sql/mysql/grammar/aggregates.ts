/** Aggregates and window functions (manual: Aggregate Functions, Window Functions). */
import * as t from "../lexer/tokens.ts";
import type { Aggregate, Expression } from "../tree/expressions.ts";
import type { Name } from "../tree/node.ts";
import type { OrderItem, WindowSpecification } from "../tree/queries.ts";
import { type Rule, wordOf } from "./base.ts";
import { OperandsGrammar } from "./operands.ts";

const { k } = t;

export abstract class AggregatesGrammar extends OperandsGrammar {
  protected abstract readonly orderByClause: Rule<OrderItem[]>;
  protected abstract readonly windowSpecification: Rule<WindowSpecification>;
  /** `cast_type`: the type as written. */
  protected abstract readonly castType: Rule<string>;

  /** FROM and IGNORE mostly mean something else behind a function. */
  protected isOver(): boolean {
    if (this.isNext(k.OVER)) return true;
    if (this.isNext(k.FROM)) return this.isNext(k.FIRST, 2) && this.hasOver(3);
    return this.hasOver(1);
  }

  protected hasOver(from: number): boolean {
    const afterNulls = this.isNext(k.NULLS, from + 1) ? from + 2 : from;
    return this.isNext(k.OVER, afterNulls);
  }

  /** `OVER w`, `OVER (…)`, with what may stand before it. */
  protected readonly overClause = this.RULE("overClause", (): WindowSpecification | Name => {
    this.OPTION(() => {
      this.CONSUME(k.FROM);
      this.CONSUME(k.FIRST);
    });
    this.OPTION1(() => {
      this.OR([{ ALT: () => this.CONSUME(k.RESPECT) }, { ALT: () => this.CONSUME(k.IGNORE) }]);
      this.CONSUME(k.NULLS);
    });
    this.CONSUME(k.OVER);
    return this.OR1([
      { ALT: () => this.SUBRULE(this.windowSpecification) },
      { ALT: () => this.SUBRULE(this.identifier) },
    ]);
  });

  /** `sum_expr`: aggregates, which take DISTINCT and OVER. */
  protected readonly aggregate = this.RULE("aggregate", (): Expression => {
    const start = this.start();
    const call = this.OR([
      { ALT: () => this.SUBRULE(this.plainAggregate) },
      { ALT: () => this.SUBRULE(this.groupConcat) },
      { ALT: () => this.SUBRULE(this.percentile) },
    ]);
    const window = this.OPTION({ GATE: () => this.isOver(), DEF: () => this.SUBRULE(this.overClause) });
    return window === undefined ? call : { kind: "window_call", call, window, ...this.range(start) };
  });

  protected readonly plainAggregate = this.RULE("plainAggregate", (): Aggregate => {
    const start = this.start();
    const name = wordOf(this.CONSUME(t.group.aggregate));
    this.CONSUME(t.LeftParen);
    const isDistinct = this.SUBRULE(this.distinctOrAll);
    const list = this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { GATE: () => !isDistinct, ALT: () => [this.SUBRULE(this.star)] },
        { ALT: () => this.SUBRULE(this.expressions) },
      ],
    });
    this.CONSUME(t.RightParen);
    return { kind: "aggregate", name, isDistinct, arguments: list, orderBy: [], limit: [], ...this.range(start) };
  });

  protected readonly distinctOrAll = this.RULE("distinctOrAll", (): boolean => {
    const word = this.OPTION(() =>
      this.OR([{ ALT: () => this.CONSUME(k.DISTINCT) }, { ALT: () => this.CONSUME(k.ALL) }]),
    );
    return word?.tokenType === k.DISTINCT;
  });

  /** GROUP_CONCAT and MariaDB's JSON_ARRAYAGG: an order, a separator, a limit. */
  protected readonly groupConcat = this.RULE("groupConcat", (): Aggregate => {
    const start = this.start();
    const name = wordOf(this.CONSUME(t.group.orderedAggregate));
    this.CONSUME(t.LeftParen);
    const isDistinct = this.SUBRULE(this.distinctOrAll);
    const list = this.SUBRULE(this.expressions);
    const orderBy = this.OPTION(() => this.SUBRULE(this.orderByClause)) ?? [];
    this.OPTION1(() => {
      this.CONSUME(k.SEPARATOR);
      this.SUBRULE(this.stringLiteralOrParameter);
    });
    const limit = this.OPTION2(() => {
      this.CONSUME(k.LIMIT);
      const first = this.SUBRULE(this.expression);
      const second = this.OPTION3(() => {
        this.OR([{ ALT: () => this.CONSUME(t.Comma) }, { ALT: () => this.CONSUME(k.OFFSET) }]);
        return this.SUBRULE1(this.expression);
      });
      return second === undefined ? [first] : [first, second];
    });
    this.CONSUME(t.RightParen);
    return { kind: "aggregate", name, isDistinct, arguments: list, orderBy, limit: limit ?? [], ...this.range(start) };
  });

  readonly stringLiteralOrParameter = this.RULE(
    "stringLiteralOrParameter",
    (): Expression =>
      this.OR([
        { ALT: () => this.SUBRULE(this.literal) },
        { ALT: () => this.SUBRULE(this.parameter) },
        { ALT: () => this.SUBRULE(this.userVariable) },
      ]),
  );

  /** `PERCENTILE_CONT(x) WITHIN GROUP (ORDER BY y)`. */
  protected readonly percentile = this.RULE("percentile", (): Aggregate => {
    const start = this.start();
    const name = wordOf(this.CONSUME(t.group.percentile));
    const list = this.SUBRULE(this.argumentList);
    this.CONSUME(k.WITHIN);
    this.CONSUME(k.GROUP);
    this.CONSUME(t.LeftParen);
    const orderBy = this.SUBRULE(this.orderByClause);
    this.CONSUME(t.RightParen);
    return { kind: "aggregate", name, isDistinct: false, arguments: list, orderBy, limit: [], ...this.range(start) };
  });

  /** AVG may be a name, so it takes spaces before its bracket. */
  protected readonly averageCall = this.RULE("averageCall", (): Expression => {
    const start = this.start();
    const name = wordOf(this.CONSUME(k.AVG));
    this.CONSUME(t.LeftParen);
    const isDistinct = this.SUBRULE(this.distinctOrAll);
    const argument = this.SUBRULE(this.expression);
    this.CONSUME(t.RightParen);
    const call: Aggregate = {
      kind: "aggregate",
      name,
      isDistinct,
      arguments: [argument],
      orderBy: [],
      limit: [],
      ...this.range(start),
    };
    const window = this.OPTION({ GATE: () => this.isOver(), DEF: () => this.SUBRULE(this.overClause) });
    return window === undefined ? call : { kind: "window_call", call, window, ...this.range(start) };
  });
}
