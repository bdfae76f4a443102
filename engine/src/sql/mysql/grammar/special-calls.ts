/** Functions whose name is reserved or that take words between their arguments: CAST, EXTRACT, TRIM, SUBSTRING, DATE_ADD and so on. */
import * as t from "../lexer/tokens.ts";
import type { Expression, IntervalArithmetic, Trim } from "../tree/expressions.ts";
import { CallsGrammar } from "./calls.ts";
import { level } from "./precedence.ts";
import { wordOf } from "./base.ts";

const { k } = t;

export abstract class SpecialCallsGrammar extends CallsGrammar {
  protected readonly specialCall = this.RULE(
    "specialCall",
    (): Expression =>
      this.OR([
        { ALT: () => this.SUBRULE(this.castCall) },
        { ALT: () => this.SUBRULE(this.convertCall) },
        { ALT: () => this.SUBRULE(this.charCall) },
        { ALT: () => this.SUBRULE(this.extractCall) },
        { ALT: () => this.SUBRULE(this.trimCall) },
        { ALT: () => this.SUBRULE(this.substringCall) },
        { ALT: () => this.SUBRULE(this.positionCall) },
        { ALT: () => this.SUBRULE(this.dateArithmetic) },
        { ALT: () => this.SUBRULE(this.currentTime) },
        { ALT: () => this.SUBRULE(this.currentAccount) },
        { ALT: () => this.SUBRULE(this.defaultValue) },
        { ALT: () => this.SUBRULE(this.insertedValue) },
        { ALT: () => this.SUBRULE(this.dynamicColumns) },
        { ALT: () => this.SUBRULE(this.match) },
        { ALT: () => this.SUBRULE(this.reservedCall) },
      ]),
  );

  /** IF, LEFT, RIGHT, REPLACE and others: reserved words that are called as any function is. */
  private readonly reservedCall = this.RULE("reservedCall", (): Expression => {
    const start = this.start();
    const name = this.name(this.CONSUME(t.group.reservedFunction));
    const list = this.SUBRULE(this.argumentList);
    return this.call(name, list, start);
  });

  /** `CAST(x AS type)`; MySQL has `x AT TIME ZONE '…'` inside. */
  private readonly castCall = this.RULE("castCall", (): Expression => {
    const start = this.start();
    this.CONSUME(k.CAST);
    this.CONSUME(t.LeftParen);
    const operand = this.SUBRULE(this.expression);
    this.OPTION(() => {
      this.CONSUME(k.AT);
      this.CONSUME(k.TIME);
      this.CONSUME(k.ZONE);
      this.OPTION1(() => this.CONSUME(k.INTERVAL));
      this.SUBRULE(this.text);
    });
    this.CONSUME(k.AS);
    const type = this.SUBRULE(this.castType);
    this.OPTION2(() => this.CONSUME(k.ARRAY));
    this.CONSUME(t.RightParen);
    return this.cast(operand, type, this.range(start));
  });

  private readonly convertCall = this.RULE("convertCall", (): Expression => {
    const start = this.start();
    this.CONSUME(k.CONVERT);
    this.CONSUME(t.LeftParen);
    const operand = this.SUBRULE(this.expression);
    const type = this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Comma);
          return this.SUBRULE(this.castType);
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.USING);
          this.SUBRULE(this.characterSetName);
          return "charset";
        },
      },
    ]);
    this.CONSUME(t.RightParen);
    return this.cast(operand, type, this.range(start));
  });

  private readonly charCall = this.RULE("charCall", (): Expression => {
    const start = this.start();
    const name = this.name(this.CONSUME(k.CHAR));
    this.CONSUME(t.LeftParen);
    const list = this.SUBRULE(this.expressions);
    this.OPTION(() => {
      this.CONSUME(k.USING);
      this.SUBRULE(this.characterSetName);
    });
    this.CONSUME(t.RightParen);
    return this.call(name, list, start);
  });

  private readonly extractCall = this.RULE("extractCall", (): Expression => {
    const start = this.start();
    this.CONSUME(k.EXTRACT);
    this.CONSUME(t.LeftParen);
    const unit = this.SUBRULE(this.unit);
    this.CONSUME(k.FROM);
    const operand = this.SUBRULE(this.expression);
    this.CONSUME(t.RightParen);
    return { kind: "extract", unit, operand, ...this.range(start) };
  });

  /** `TRIM(x)`, `TRIM(LEADING FROM x)`, `TRIM(BOTH 'a' FROM x)`, `TRIM('a' FROM x)`. */
  private readonly trimCall = this.RULE("trimCall", (): Trim => {
    const start = this.start();
    this.OR([{ ALT: () => this.CONSUME(k.TRIM) }, { ALT: () => this.CONSUME(k.TRIM_ORACLE) }]);
    this.CONSUME(t.LeftParen);
    const side = this.OPTION(() => this.CONSUME(t.group.trimSide));
    const first = this.OPTION1(() => this.SUBRULE(this.expression));
    const operand = this.OPTION2(() => {
      this.CONSUME(k.FROM);
      return this.SUBRULE1(this.expression);
    });
    if (operand === undefined && (side !== undefined || first === undefined)) {
      this.refuse("TRIM needs a string, after FROM where it says which side", start);
    }
    this.CONSUME(t.RightParen);
    const range = this.range(start);
    if (operand !== undefined) return { kind: "trim", remove: first, operand, ...range };
    return { kind: "trim", remove: undefined, operand: first as Expression, ...range };
  });

  /** `SUBSTRING(x, 1, 2)`, `SUBSTRING(x FROM 1 FOR 2)` */
  private readonly substringCall = this.RULE("substringCall", (): Expression => {
    const start = this.start();
    const name = this.name(this.CONSUME(k.SUBSTRING));
    this.CONSUME(t.LeftParen);
    const list = [this.SUBRULE(this.expression)];
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Comma);
          this.append(list, this.SUBRULE(this.expressions));
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.FROM);
          list.push(this.SUBRULE1(this.expression));
          this.OPTION(() => {
            this.CONSUME(k.FOR);
            list.push(this.SUBRULE2(this.expression));
          });
        },
      },
    ]);
    this.CONSUME(t.RightParen);
    return this.call(name, list, start);
  });

  /** `POSITION(a IN b)`: the first is a `bit_expr`, so that IN is no operator. */
  private readonly positionCall = this.RULE("positionCall", (): Expression => {
    const start = this.start();
    const name = this.name(this.CONSUME(k.POSITION));
    this.CONSUME(t.LeftParen);
    const part = this.SUBRULE(this.expression, { ARGS: [level.bitOr] });
    this.CONSUME(k.IN);
    const whole = this.SUBRULE1(this.expression);
    this.CONSUME(t.RightParen);
    return this.call(name, [part, whole], start);
  });

  /** `DATE_ADD(d, INTERVAL n DAY)`, `ADDDATE(d, n)` and their opposites. */
  private readonly dateArithmetic = this.RULE("dateArithmetic", (): Expression => {
    const start = this.start();
    const token = this.CONSUME(t.group.dateFunction);
    this.CONSUME(t.LeftParen);
    const operand = this.SUBRULE(this.expression);
    this.CONSUME(t.Comma);
    const isDays = token.tokenType === k.ADDDATE || token.tokenType === k.SUBDATE;
    const operator = token.tokenType === k.DATE_ADD || token.tokenType === k.ADDDATE ? "+" : "-";
    const argument = this.OR([
      { GATE: () => !isDays || this.isInterval(), ALT: () => this.SUBRULE(this.intervalValue) },
      { GATE: () => isDays, ALT: () => this.SUBRULE1(this.expression) },
    ]);
    this.CONSUME(t.RightParen);
    const range = this.range(start);
    if (argument.kind !== "interval") return this.call(this.name(token), [operand, argument], start);
    return {
      kind: "interval_arithmetic",
      operator,
      operand,
      interval: argument,
      isCall: true,
      ...range,
    } satisfies IntervalArithmetic;
  });

  /** CURRENT_TIMESTAMP, UTC_DATE and others, for which brackets are optional. */
  private readonly currentTime = this.RULE("currentTime", (): Expression => {
    const start = this.start();
    const name = this.name(this.CONSUME(t.group.currentTime));
    const list = this.OPTION(() => this.SUBRULE(this.argumentList)) ?? [];
    return this.call(name, list, start);
  });

  private readonly currentAccount = this.RULE("currentAccount", (): Expression => {
    const start = this.start();
    const name = this.name(
      this.OR([{ ALT: () => this.CONSUME(k.CURRENT_USER) }, { ALT: () => this.CONSUME(k.CURRENT_ROLE) }]),
    );
    this.OPTION(() => {
      this.CONSUME(t.LeftParen);
      this.CONSUME(t.RightParen);
    });
    return this.call(name, [], start);
  });

  /** DEFAULT(column); alone it is a value of INSERT and UPDATE, which the server tells apart by what it is for. */
  private readonly defaultValue = this.RULE("defaultValue", (): Expression => {
    const start = this.start();
    this.CONSUME(k.DEFAULT);
    const column = this.OPTION(() => {
      this.CONSUME(t.LeftParen);
      const name = this.SUBRULE(this.columnName);
      this.CONSUME(t.RightParen);
      return name;
    });
    return { kind: "default", column, ...this.range(start) };
  });

  /** VALUES(column) */
  private readonly insertedValue = this.RULE("insertedValue", (): Expression => {
    const start = this.start();
    this.CONSUME(k.VALUES);
    this.CONSUME(t.LeftParen);
    const column = this.SUBRULE(this.columnName);
    this.CONSUME(t.RightParen);
    return { kind: "inserted_value", column, ...this.range(start) };
  });

  /** `COLUMN_CREATE('a', 1 AS INT, …)`, `COLUMN_GET(x, 'a' AS CHAR)` (MariaDB: Dynamic Columns). */
  private readonly dynamicColumns = this.RULE("dynamicColumns", (): Expression => {
    const start = this.start();
    const name = wordOf(this.CONSUME(t.group.dynamicColumnFunction));
    const list: Expression[] = [];
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        list.push(this.SUBRULE(this.expression));
        this.OPTION(() => {
          this.CONSUME(k.AS);
          this.SUBRULE(this.castType);
        });
      },
    });
    this.CONSUME(t.RightParen);
    return { kind: "dynamic_columns", name, arguments: list, ...this.range(start) };
  });
}
