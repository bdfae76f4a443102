/** Windows (manual: Window Function Concepts and Syntax). */
import * as t from "../lexer/tokens.ts";
import type { Expression } from "../tree/expressions.ts";
import type { OrderItem, WindowSpecification } from "../tree/queries.ts";
import type { Rule } from "./base.ts";
import { level } from "./precedence.ts";
import { TypesGrammar } from "./types.ts";

const { k } = t;

export abstract class WindowsGrammar extends TypesGrammar {
  protected abstract readonly orderItems: Rule<OrderItem[]>;

  /** `window_spec` (manual: Window Function Concepts and Syntax) */
  readonly windowSpecification = this.RULE("windowSpecification", (): WindowSpecification => {
    const start = this.start();
    const bounds: Expression[] = [];
    this.CONSUME(t.LeftParen);
    const base = this.OPTION(() => this.SUBRULE(this.identifier));
    const partitionBy = this.OPTION1(() => {
      this.CONSUME(k.PARTITION);
      this.CONSUME(k.BY);
      return this.SUBRULE(this.orderItems);
    });
    const orderBy = this.OPTION2(() => this.SUBRULE(this.orderByClause));
    this.OPTION3(() => {
      this.CONSUME(t.group.frameUnit);
      this.OR([
        { ALT: () => this.SUBRULE(this.frameBound, { ARGS: [bounds] }) },
        {
          ALT: () => {
            this.CONSUME(k.BETWEEN);
            this.SUBRULE1(this.frameBound, { ARGS: [bounds] });
            this.CONSUME(k.AND);
            this.SUBRULE2(this.frameBound, { ARGS: [bounds] });
          },
        },
      ]);
      this.OPTION4(() => this.SUBRULE(this.frameExclusion));
    });
    this.CONSUME(t.RightParen);
    return {
      kind: "window",
      base,
      partitionBy: partitionBy ?? [],
      orderBy: orderBy ?? [],
      bounds,
      ...this.range(start),
    };
  });

  /** `window_frame_bound` */
  protected readonly frameBound = this.RULE("frameBound", (bounds: Expression[]) => {
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          ALT: () => {
            this.CONSUME(k.UNBOUNDED);
            this.CONSUME(t.group.frameDirection);
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.CURRENT);
            this.CONSUME(k.ROW);
          },
        },
        {
          GATE: () => this.isInterval(),
          ALT: () => {
            const bound = this.SUBRULE(this.intervalValue);
            bounds?.push(bound);
            this.CONSUME1(t.group.frameDirection);
          },
        },
        {
          ALT: () => {
            const bound = this.SUBRULE(this.expression, { ARGS: [level.bitOr] });
            bounds?.push(bound);
            this.CONSUME2(t.group.frameDirection);
          },
        },
      ],
    });
  });

  protected readonly frameExclusion = this.RULE("frameExclusion", () => {
    this.CONSUME(k.EXCLUDE);
    this.OR([
      {
        ALT: () => {
          this.CONSUME(k.CURRENT);
          this.CONSUME(k.ROW);
        },
      },
      { ALT: () => this.CONSUME(k.GROUP) },
      { ALT: () => this.CONSUME(k.TIES) },
      {
        ALT: () => {
          this.CONSUME(k.NO);
          this.CONSUME(k.OTHERS);
        },
      },
    ]);
  });
}
