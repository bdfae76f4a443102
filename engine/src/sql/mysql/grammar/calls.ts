/** Functions: by name, and with words between their arguments (manual: Functions and Operators). */
import * as t from "../lexer/tokens.ts";
import type { Call, Cast, ColumnName, Expression, Match, SequenceValue } from "../tree/expressions.ts";
import type { Name, Node, QualifiedName } from "../tree/node.ts";
import { wordOf } from "./base.ts";
import { AggregatesGrammar } from "./aggregates.ts";

const { k } = t;

export abstract class CallsGrammar extends AggregatesGrammar {
  /** A column, a function of any name, `t.*`. */
  protected readonly nameOrCall = this.RULE("nameOrCall", (): Expression => {
    const start = this.start();
    this.OPTION(() => this.CONSUME(t.Dot));
    const mayNameArguments = !this.isAny(t.group.builtinWord);
    const first = this.SUBRULE(this.identifier);
    return this.SUBRULE(this.afterName, { ARGS: [first, start, mayNameArguments] });
  });

  /** What makes a name a qualified one, a call, `t.*`, or a path into a JSON column. */
  private readonly afterName = this.RULE(
    "afterName",
    (first: Name, start: number, mayNameArguments = false): Expression => {
      const parts: Name[] = [first];
      let isStar = false;
      this.MANY({
        GATE: () => parts.length < 3 && !isStar,
        DEF: () => {
          this.CONSUME(t.Dot);
          this.OR([
            { ALT: () => parts.push(this.SUBRULE(this.identifier)) },
            {
              ALT: () => {
                this.CONSUME(t.Asterisk);
                isStar = true;
              },
            },
          ]);
        },
      });
      if (isStar && !this.RECORDING_PHASE) return { kind: "star", qualifier: parts, ...this.range(start) };
      const name: QualifiedName = { parts, ...this.range(start) };
      const call = this.OPTION({
        GATE: () => parts.length < 3,
        DEF: () => this.SUBRULE(this.callOf, { ARGS: [name, mayNameArguments] }),
      });
      const path = this.OPTION1({
        GATE: () => call === undefined,
        DEF: () => {
          const arrow = this.OR1([{ ALT: () => this.CONSUME(t.Arrow) }, { ALT: () => this.CONSUME(t.DoubleArrow) }]);
          return { isUnquoted: arrow.tokenType === t.DoubleArrow, path: this.SUBRULE(this.literal) };
        },
      });
      if (call !== undefined) return call;
      const column: ColumnName = { kind: "column", ...name };
      return path === undefined ? column : { kind: "json_path", column, ...path, ...this.range(start) };
    },
  );

  /** Brackets and OVER after a function's name. */
  private readonly callOf = this.RULE("callOf", (name: QualifiedName, mayNameArguments: boolean): Expression => {
    const list: Expression[] = [];
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({
      SEP: t.Comma,
      DEF: () => {
        list.push(this.SUBRULE(this.expression));
        // `udf_expr`: a loadable function sees the names of its arguments.
        this.OPTION1({ GATE: () => mayNameArguments, DEF: () => this.SUBRULE(this.selectAlias) });
      },
    });
    this.CONSUME(t.RightParen);
    const call: Call = { kind: "call", name, arguments: list, ...this.rangeFrom(name) };
    const window = this.OPTION({ GATE: () => this.isOver(), DEF: () => this.SUBRULE(this.overClause) });
    return window === undefined ? call : { kind: "window_call", call, window, ...this.rangeFrom(name) };
  });

  /** Words that are a name unless more follows: `DATE '2020-01-01'`, `ROW(1, 2)`, `TIMESTAMPADD(DAY, 1, d)`, AVG(x). */
  protected readonly wordOrCall = this.RULE("wordOrCall", (): Expression => {
    const start = this.start();
    return this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          GATE: () => this.isNext(t.StringLiteral, 2),
          ALT: (): Expression => {
            const type = wordOf(this.CONSUME(t.group.temporalWord)) as "date" | "time" | "timestamp";
            const text = this.SUBRULE(this.text);
            return { kind: "literal", type, text, introducer: undefined, ...this.range(start) };
          },
        },
        { GATE: () => this.isNext(t.LeftParen, 2), ALT: () => this.SUBRULE(this.wordCall) },
        { GATE: () => this.isNext(k.VALUE, 2), ALT: () => this.SUBRULE(this.sequenceValue) },
        {
          ALT: () => {
            const first = this.name(this.CONSUME(t.group.callWord));
            return this.SUBRULE(this.afterName, { ARGS: [first, start] });
          },
        },
      ],
    });
  });

  private readonly wordCall = this.RULE("wordCall", (): Expression => {
    const start = this.start();
    return this.OR([
      { ALT: () => this.SUBRULE(this.rowConstructor) },
      { ALT: () => this.SUBRULE(this.averageCall) },
      {
        ALT: (): Expression => {
          const name = this.name(this.CONSUME(t.group.unitFunction));
          this.CONSUME(t.LeftParen);
          this.SUBRULE(this.unitOrType);
          this.CONSUME(t.Comma);
          const list = this.SUBRULE(this.expressions);
          this.CONSUME(t.RightParen);
          return this.call(name, list, start);
        },
      },
      {
        ALT: (): Expression => {
          this.CONSUME(k.VALUE);
          this.CONSUME1(t.LeftParen);
          const column = this.SUBRULE(this.columnName);
          this.CONSUME1(t.RightParen);
          return { kind: "inserted_value", column, ...this.range(start) };
        },
      },
      { ALT: () => this.SUBRULE(this.sequenceCall) },
      { ALT: () => this.SUBRULE(this.weightString) },
      { ALT: () => this.SUBRULE(this.jsonValue) },
    ]);
  });

  /** The first argument of TIMESTAMPADD, TIMESTAMPDIFF and GET_FORMAT. */
  private readonly unitOrType = this.RULE("unitOrType", () => {
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [{ ALT: () => this.CONSUME(t.group.unit) }, { ALT: () => this.CONSUME(t.group.formatType) }],
    });
  });

  /** `NEXT VALUE FOR s` */
  private readonly sequenceValue = this.RULE("sequenceValue", (): SequenceValue => {
    const start = this.start();
    const isNext = this.OR([
      { ALT: () => this.CONSUME(k.NEXT) && true },
      { ALT: () => this.CONSUME(k.PREVIOUS) && false },
    ]);
    this.CONSUME(k.VALUE);
    this.CONSUME(k.FOR);
    const sequence = this.SUBRULE(this.objectName);
    return {
      kind: "sequence_value",
      operation: isNext ? "next" : "last",
      sequence,
      arguments: [],
      ...this.range(start),
    };
  });

  /** NEXTVAL(s), LASTVAL(s), SETVAL(s, 1, …) */
  private readonly sequenceCall = this.RULE("sequenceCall", (): SequenceValue => {
    const start = this.start();
    const word = this.CONSUME(t.group.sequenceFunction).tokenType;
    const list: Expression[] = [];
    this.CONSUME(t.LeftParen);
    const sequence = this.SUBRULE(this.objectName);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      list.push(this.SUBRULE(this.expression));
    });
    this.CONSUME(t.RightParen);
    const operation = word === k.NEXTVAL ? "next" : word === k.LASTVAL ? "last" : "set";
    return { kind: "sequence_value", operation, sequence, arguments: list, ...this.range(start) };
  });

  /** `WEIGHT_STRING(x AS CHAR(3))`; MariaDB has LEVEL besides, and three numbers. */
  private readonly weightString = this.RULE("weightString", (): Call => {
    const start = this.start();
    const name = this.name(this.CONSUME(k.WEIGHT_STRING));
    this.CONSUME(t.LeftParen);
    const list = [this.SUBRULE(this.expression)];
    this.OPTION(() => {
      this.CONSUME(k.AS);
      this.SUBRULE(this.castType);
    });
    this.OPTION1(() => {
      this.CONSUME(k.LEVEL);
      this.SUBRULE(this.number);
      this.MANY(() => {
        this.OR([{ ALT: () => this.CONSUME(t.Comma) }, { ALT: () => this.CONSUME(t.Minus) }]);
        this.SUBRULE1(this.number);
      });
      this.MANY1(() => this.CONSUME(t.group.levelFlag));
    });
    this.MANY2(() => {
      this.CONSUME1(t.Comma);
      list.push(this.SUBRULE1(this.expression));
    });
    this.CONSUME(t.RightParen);
    return this.call(name, list, start);
  });

  /** `JSON_VALUE(document, path RETURNING type DEFAULT x ON EMPTY …)`; the clauses are MySQL's. */
  private readonly jsonValue = this.RULE("jsonValue", (): Call => {
    const start = this.start();
    const name = this.name(this.CONSUME(k.JSON_VALUE));
    this.CONSUME(t.LeftParen);
    const list: Expression[] = [];
    this.append(list, this.SUBRULE(this.expressions));
    this.OPTION(() => {
      this.CONSUME(k.RETURNING);
      this.SUBRULE(this.castType);
    });
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(k.NULL) },
        { ALT: () => this.CONSUME(k.ERROR) },
        {
          ALT: () => {
            this.CONSUME(k.DEFAULT);
            list.push(this.SUBRULE(this.expression));
          },
        },
      ]);
      this.CONSUME(k.ON);
      this.OR1([{ ALT: () => this.CONSUME(k.EMPTY) }, { ALT: () => this.CONSUME1(k.ERROR) }]);
    });
    this.CONSUME(t.RightParen);
    return this.call(name, list, start);
  });

  protected call(name: Name, list: readonly Expression[], start: number): Call {
    const called: QualifiedName = { parts: [name], start: name.start, end: name.end };
    return { kind: "call", name: called, arguments: list, ...this.range(start) };
  }

  protected cast(operand: Expression, type: string, range: Node): Cast {
    return { kind: "cast", operand, type, ...range };
  }

  /** `MATCH (a, b) AGAINST ('x' IN BOOLEAN MODE)` */
  protected readonly match = this.RULE("match", (): Match => {
    const start = this.start();
    const columns: Expression[] = [];
    this.CONSUME(k.MATCH);
    const isBracketed = this.OPTION(() => this.CONSUME(t.LeftParen)) !== undefined;
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => columns.push(this.SUBRULE(this.columnName)) });
    this.OPTION1({ GATE: () => isBracketed, DEF: () => this.CONSUME(t.RightParen) });
    this.CONSUME(k.AGAINST);
    this.CONSUME1(t.LeftParen);
    const against = this.SUBRULE(this.expression, { ARGS: [againstLevel] });
    this.OPTION2(() => {
      this.CONSUME(k.IN);
      this.OR([
        { ALT: () => this.CONSUME(k.BOOLEAN) },
        {
          ALT: () => {
            this.CONSUME(k.NATURAL);
            this.CONSUME(k.LANGUAGE);
          },
        },
      ]);
      this.CONSUME(k.MODE);
    });
    this.OPTION3(() => {
      this.CONSUME(k.WITH);
      this.CONSUME(k.QUERY);
      this.CONSUME(k.EXPANSION);
    });
    this.CONSUME1(t.RightParen);
    return { kind: "match", columns, against, ...this.range(start) };
  });
}

/** `bit_expr`: the IN after it is not an operator. */
const againstLevel = 80;
