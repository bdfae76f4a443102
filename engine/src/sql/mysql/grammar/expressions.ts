/**
 * Expressions: `expr`, `boolean_test`, `predicate`, `bit_expr` and `simple_expr` of the server's grammar are one rule here, which takes
 * operators as long as they bind strongly enough (precedence climbing), so that modes need a table and no grammar of their own.
 */
import { EOF as endOfText } from "chevrotain";
import * as t from "../lexer/tokens.ts";
import type { Assignment, Expression, IntervalValue, Like, Logical, UserVariable } from "../tree/expressions.ts";
import type { Node } from "../tree/node.ts";
import type { QueryExpression } from "../tree/queries.ts";
import { textOf, type Rule, wordOf } from "./base.ts";
import { NamesGrammar } from "./names.ts";
import { level, lowest, operatorName, precedences, selectItem } from "./precedence.ts";

const { k } = t;

export abstract class ExpressionsGrammar extends NamesGrammar {
  /** What operators stand between: defined with literals and calls. */
  protected abstract readonly operand: Rule<Expression>;
  protected abstract readonly subquery: Rule<QueryExpression>;
  /** `(1, 2)` or `(SELECT …)`. */
  protected abstract readonly listOrSubquery: Rule<readonly Expression[] | QueryExpression>;

  /** @param minimum operators that bind less strongly end it */
  readonly expression = this.RULE(
    "expression",
    (minimum: number = lowest): Expression =>
      this.nested(() => {
        const start = this.start();
        let left: Expression = this.OR([
          { ALT: () => this.SUBRULE(this.negation, { ARGS: [minimum] }) },
          { ALT: () => this.SUBRULE(this.signed) },
          { ALT: () => this.SUBRULE(this.interval, { ARGS: [minimum] }) },
          { ALT: () => this.SUBRULE(this.operand) },
        ]);
        if (left.kind === "star") {
          if (minimum !== selectItem) this.refuse("`*` may stand in a select list and in COUNT(*) only", start);
          return left;
        }
        const binds = precedences(this.dialect.mode);
        let operators = 0;
        // What an operator made cannot be the operand of one that binds more strongly: `a IN (1) + 2` is an error.
        let maximum: number = this.strongest(left);
        const next = () => binds[this.LA(1).tokenTypeIdx] ?? -1;
        this.MANY({
          GATE: () => next() >= minimum && next() <= maximum && this.isInfix(),
          DEF: () => {
            maximum = next() === level.like ? level.negated : next();
            if (left.kind !== "logical") this.checkChain(++operators);
            left = this.OR1([
              { ALT: () => this.SUBRULE(this.binary, { ARGS: [left, start] }) },
              { ALT: () => this.SUBRULE(this.comparison, { ARGS: [left, start] }) },
              { ALT: () => this.SUBRULE(this.test, { ARGS: [left, start] }) },
              { ALT: () => this.SUBRULE(this.predicate, { ARGS: [left, start] }) },
              { ALT: () => this.SUBRULE(this.collate, { ARGS: [left, start] }) },
            ]);
            // After an interval's unit no operand can grow, so that stronger operators take the sum.
            if (left.kind === "interval_arithmetic") maximum = level.bitXor;
          },
        });
        return left;
      }),
  );

  readonly expressions = this.RULE("expressions", (): Expression[] => {
    const list: Expression[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => list.push(this.SUBRULE(this.expression)) });
    return list;
  });

  /** NOT stands before a predicate's own word; SOUNDS and MEMBER are names elsewhere. */
  private isInfix(): boolean {
    if (this.isNext(k.NOT)) return this.isAny(t.group.predicateWord, 2);
    if (this.isNext(k.SOUNDS)) return this.isNext(k.LIKE, 2);
    if (this.isNext(k.MEMBER)) return this.isNext(k.OF, 2) || this.isNext(t.LeftParen, 2);
    return true;
  }

  /** What may take an operand that no infix operator has made. */
  private strongest(operand: Expression): number {
    if (operand.kind === "unary" && operand.operator === "not") return this.negationLevel();
    return operand.kind === "interval_arithmetic" && !operand.isCall ? level.bitXor : level.collate;
  }

  private negationLevel(): number {
    return this.dialect.mode.highNotPrecedence ? level.unary : level.not;
  }

  private readonly negation = this.RULE("negation", (minimum: number): Expression => {
    const start = this.start();
    this.CONSUME(k.NOT);
    const binds = this.negationLevel();
    if (minimum > binds) this.refuse("NOT needs brackets around it here", start);
    const operand = this.SUBRULE(this.expression, { ARGS: [binds] });
    return { kind: "unary", operator: "not", operand, ...this.range(start) };
  });

  private readonly signed = this.RULE("signed", (): Expression => {
    const start = this.start();
    const token = this.OR([
      { ALT: () => this.CONSUME(t.Minus) },
      { ALT: () => this.CONSUME(t.Plus) },
      { ALT: () => this.CONSUME(t.Tilde) },
      { ALT: () => this.CONSUME(t.Exclamation) },
      { ALT: () => this.CONSUME(k.BINARY) },
    ]);
    const operand = this.SUBRULE(this.expression, { ARGS: [level.unary] });
    const operator = wordOf(token) as "-" | "+" | "~" | "!" | "binary";
    return { kind: "unary", operator, operand, ...this.range(start) };
  });

  private readonly binary = this.RULE("binary", (left: Expression, start: number): Expression => {
    const token = this.OR([
      { ALT: () => this.CONSUME(t.SymbolOperator) },
      { ALT: () => this.CONSUME(t.group.wordOperator) },
    ]);
    const mode = this.dialect.mode;
    const binds = (precedences(mode)[token.tokenTypeIdx] ?? lowest) + 1;
    return this.OR1([
      {
        GATE: () => binds === level.additive + 1 && this.isInterval(),
        ALT: (): Expression => {
          const interval = this.SUBRULE(this.intervalValue);
          const operator = token.image as "+" | "-";
          return {
            kind: "interval_arithmetic",
            operator,
            operand: left,
            interval,
            isCall: false,
            ...this.range(start),
          };
        },
      },
      {
        ALT: (): Expression => {
          const right = this.SUBRULE(this.expression, { ARGS: [binds] });
          const operator = operatorName(wordOf(token), mode);
          return isLogical(operator)
            ? logical(operator, left, right, this.range(start))
            : { kind: "binary", operator, left, right, ...this.range(start) };
        },
      },
    ]);
  });

  private readonly comparison = this.RULE("comparison", (left: Expression, start: number): Expression => {
    const operator = this.CONSUME(t.Comparison).image;
    return this.OR([
      {
        GATE: () => this.isNext(t.LeftParen, 2),
        ALT: (): Expression => {
          const quantifier = wordOf(this.CONSUME(t.group.quantifier)) === "all" ? "all" : "any";
          const query = this.SUBRULE(this.subquery);
          return { kind: "quantified", operator, quantifier, operand: left, query, ...this.range(start) };
        },
      },
      {
        ALT: (): Expression => {
          const right = this.SUBRULE(this.expression, { ARGS: [level.comparison + 1] });
          return { kind: "binary", operator, left, right, ...this.range(start) };
        },
      },
    ]);
  });

  /** `IS NOT NULL` */
  private readonly test = this.RULE("test", (operand: Expression, start: number): Expression => {
    this.CONSUME(k.IS);
    const isNegated = this.OPTION(() => this.CONSUME(k.NOT)) !== undefined;
    const what = wordOf(this.CONSUME(t.group.testWord));
    return { kind: "is", operand, isNegated, what, ...this.range(start) };
  });

  /** `predicate`: BETWEEN, IN, LIKE, REGEXP, SOUNDS LIKE, MEMBER OF. */
  private readonly predicate = this.RULE("predicate", (operand: Expression, start: number): Expression => {
    const isNegated = this.OPTION(() => this.CONSUME(k.NOT)) !== undefined;
    return this.OR([
      {
        ALT: (): Expression => {
          this.CONSUME(k.BETWEEN);
          const low = this.SUBRULE(this.expression, { ARGS: [level.between] });
          this.CONSUME(k.AND);
          const high = this.SUBRULE1(this.expression, { ARGS: [level.between] });
          return { kind: "between", operand, isNegated, low, high, ...this.range(start) };
        },
      },
      {
        ALT: (): Expression => {
          this.CONSUME(k.IN);
          const list = this.SUBRULE(this.listOrSubquery);
          return "kind" in list
            ? { kind: "in_subquery", operand, isNegated, query: list, ...this.range(start) }
            : { kind: "in_list", operand, isNegated, values: list, ...this.range(start) };
        },
      },
      { ALT: (): Expression => ({ ...this.SUBRULE(this.like), operand, isNegated, ...this.range(start) }) },
      {
        ALT: (): Expression => {
          this.CONSUME(k.MEMBER);
          this.OPTION1(() => this.CONSUME(k.OF));
          this.CONSUME(t.LeftParen);
          const array = this.SUBRULE2(this.expression);
          this.CONSUME(t.RightParen);
          return { kind: "member_of", operand, array, ...this.range(start) };
        },
      },
    ]);
  });

  private readonly like = this.RULE("like", (): Omit<Like, "operand" | "isNegated"> => {
    const start = this.start();
    const operator = this.OR([
      { ALT: () => this.CONSUME(k.LIKE) && ("like" as const) },
      { ALT: () => this.CONSUME(k.REGEXP) && ("regexp" as const) },
      {
        ALT: () => {
          this.CONSUME(k.SOUNDS);
          this.CONSUME1(k.LIKE);
          return "sounds like" as const;
        },
      },
    ]);
    const pattern = this.SUBRULE(this.expression, { ARGS: [level.like + 1] });
    const escape = this.OPTION({
      GATE: () => operator === "like",
      DEF: () => {
        this.CONSUME(k.ESCAPE);
        return this.SUBRULE1(this.expression, { ARGS: [level.like + 1] });
      },
    });
    return { kind: "like", operator, pattern, escape, ...this.range(start) };
  });

  private readonly collate = this.RULE("collate", (operand: Expression, start: number): Expression => {
    this.CONSUME(k.COLLATE);
    const collation = this.SUBRULE(this.characterSetName);
    return { kind: "collate", operand, collation, ...this.range(start) };
  });

  /** `@name`, and `@name := value`, which takes everything to its right. */
  readonly userVariable = this.RULE("userVariable", (): UserVariable => {
    const start = this.start();
    const name = textOf(this.CONSUME(t.AtName));
    return { kind: "user_variable", name, ...this.range(start) };
  });

  readonly variableOrAssignment = this.RULE("variableOrAssignment", (): UserVariable | Assignment => {
    const variable = this.SUBRULE(this.userVariable);
    const value = this.OPTION(() => {
      this.CONSUME(t.Assign);
      return this.SUBRULE(this.expression);
    });
    return value === undefined ? variable : { kind: "assignment", variable, value, ...this.rangeFrom(variable) };
  });

  /** `INTERVAL n DAY` before `+`, or the function INTERVAL(n, n1, n2). */
  private readonly interval = this.RULE("interval", (minimum: number): Expression => {
    const start = this.start();
    return this.OR([
      {
        GATE: () => this.isInterval(),
        ALT: (): Expression => {
          if (minimum >= level.concatenation) this.refuse("INTERVAL needs brackets around it here", start);
          const interval = this.SUBRULE(this.intervalValue);
          this.CONSUME(t.Plus);
          // The server takes a whole `expr` here, up to AND: `INTERVAL 1 DAY + d IS NULL` adds to what IS says.
          const operand = this.SUBRULE(this.expression, { ARGS: [level.not] });
          return { kind: "interval_arithmetic", operator: "+", operand, interval, isCall: false, ...this.range(start) };
        },
      },
      {
        ALT: (): Expression => {
          const name = this.name(this.CONSUME(k.INTERVAL));
          this.CONSUME(t.LeftParen);
          const list = this.SUBRULE(this.expressions);
          this.CONSUME(t.RightParen);
          return {
            kind: "call",
            name: { parts: [name], start: name.start, end: name.end },
            arguments: list,
            ...this.range(start),
          };
        },
      },
    ]);
  });

  readonly intervalValue = this.RULE("intervalValue", (): IntervalValue => {
    const start = this.start();
    this.CONSUME(k.INTERVAL);
    const value = this.SUBRULE(this.expression);
    const unit = this.SUBRULE(this.unit);
    return { kind: "interval", value, unit, ...this.range(start) };
  });

  /** `interval`: DAY, DAY_HOUR and so on, in lower case. */
  readonly unit = this.RULE("unit", (): string => wordOf(this.CONSUME(t.group.unit)));

  /** After INTERVAL a bracket with a comma in it holds the arguments of the function of that name. */
  protected isInterval(): boolean {
    if (!this.isNext(k.INTERVAL)) return false;
    if (!this.isNext(t.LeftParen, 2)) return true;
    for (let ahead = 3, depth = 1; depth > 0; ahead++) {
      const type = this.LA(ahead).tokenType;
      if (type === t.LeftParen) depth++;
      else if (type === t.RightParen) depth--;
      else if (type === t.Comma && depth === 1) return false;
      else if (type === endOfText) return false;
    }
    return true;
  }
}

function isLogical(operator: string): operator is Logical["operator"] {
  return operator === "AND" || operator === "OR" || operator === "XOR";
}

/**
 * `a AND b AND c` is one node, so that thousands of terms lie side by side. One in brackets is a row, and stays as it is. The list of the
 * shorter chain grows into that of the longer one: nothing else has it, and copying it would cost the square of its length.
 */
function logical(operator: Logical["operator"], left: Expression, right: Expression, range: Node): Logical {
  if (left.kind !== "logical" || left.operator !== operator) {
    return { kind: "logical", operator, operands: [left, right], ...range };
  }
  const operands = left.operands as Expression[];
  operands.push(right);
  return { kind: "logical", operator, operands, ...range };
}
