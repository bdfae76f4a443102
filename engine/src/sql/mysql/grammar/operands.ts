/** What operators stand between: literals, names, variables, brackets, CASE (`simple_expr` of the server's grammar). */
import * as t from "../lexer/tokens.ts";
import type {
  Case,
  ColumnName,
  Exists,
  Expression,
  Literal,
  OdbcEscape,
  Row,
  SystemVariable,
} from "../tree/expressions.ts";
import type { Name } from "../tree/node.ts";
import type { QueryBody, QueryExpression } from "../tree/queries.ts";
import { textOf, type Rule, wordOf } from "./base.ts";
import { ExpressionsGrammar } from "./expressions.ts";

const { k } = t;

export abstract class OperandsGrammar extends ExpressionsGrammar {
  protected abstract readonly aggregate: Rule<Expression>;
  protected abstract readonly specialCall: Rule<Expression>;
  protected abstract readonly wordOrCall: Rule<Expression>;
  protected abstract readonly nameOrCall: Rule<Expression>;
  protected abstract readonly queryExpression: Rule<QueryExpression>;
  protected abstract readonly continuedQuery: Rule<QueryExpression, [first: QueryBody]>;

  protected readonly operand = this.RULE(
    "operand",
    (): Expression =>
      this.OR({
        // Words that may be names come before names: each of these rules looks further.
        IGNORE_AMBIGUITIES: true,
        DEF: [
          { ALT: () => this.SUBRULE(this.wordOrCall) },
          { ALT: () => this.SUBRULE(this.nameOrCall) },
          { ALT: () => this.SUBRULE(this.literal) },
          { ALT: () => this.SUBRULE(this.parameter) },
          { ALT: () => this.SUBRULE(this.variableOrAssignment) },
          { ALT: () => this.SUBRULE(this.systemVariable) },
          { ALT: () => this.SUBRULE(this.bracket) },
          { ALT: () => this.SUBRULE(this.aggregate) },
          { ALT: () => this.SUBRULE(this.specialCall) },
          { ALT: () => this.SUBRULE(this.case) },
          { ALT: () => this.SUBRULE(this.exists) },
          { ALT: () => this.SUBRULE(this.odbcEscape) },
          { ALT: () => this.SUBRULE(this.star) },
        ],
      }),
  );

  /** `literal` (manual: Literal Values). */
  readonly literal = this.RULE("literal", (): Literal => {
    const start = this.start();
    return this.OR([
      { ALT: () => this.SUBRULE(this.stringLiteral) },
      {
        ALT: (): Literal => {
          const token = this.CONSUME(t.Number);
          const type =
            token.tokenType === t.IntegerLiteral ? "integer" : token.tokenType === t.FloatLiteral ? "float" : "decimal";
          return { kind: "literal", type, text: textOf(token), introducer: undefined, ...this.range(start) };
        },
      },
      { ALT: () => this.SUBRULE(this.binaryLiteral) },
      {
        ALT: (): Literal => {
          const type = wordOf(this.CONSUME(t.group.constantWord));
          const isNull = type !== "true" && type !== "false";
          return {
            kind: "literal",
            type: isNull ? "null" : type,
            text: "",
            introducer: undefined,
            ...this.range(start),
          };
        },
      },
    ]);
  });

  private readonly binaryLiteral = this.RULE("binaryLiteral", (): Literal => {
    const start = this.start();
    const token = this.CONSUME(t.BinaryLiteral);
    const type = token.tokenType === t.HexLiteral ? "hex" : "bit";
    return { kind: "literal", type, text: textOf(token), introducer: undefined, ...this.range(start) };
  });

  /** `text_literal`: with an introducer or N, and all parts of one that is written in several. */
  readonly stringLiteral = this.RULE("stringLiteral", (): Literal => {
    const start = this.start();
    return this.OR([
      {
        ALT: (): Literal => {
          const introducer = textOf(this.CONSUME(t.Introducer));
          return this.OR1([
            { ALT: (): Literal => ({ ...this.SUBRULE(this.plainString), introducer, start }) },
            { ALT: (): Literal => ({ ...this.SUBRULE(this.binaryLiteral), introducer, start }) },
          ]);
        },
      },
      { ALT: (): Literal => this.SUBRULE1(this.plainString) },
    ]);
  });

  private readonly plainString = this.RULE("plainString", (): Literal => {
    const start = this.start();
    const first = this.OR([
      { ALT: () => this.CONSUME(t.StringLiteral) },
      { ALT: () => this.CONSUME(t.NationalString) },
    ]);
    let text = textOf(first);
    this.MANY(() => {
      text += textOf(this.CONSUME1(t.StringLiteral));
    });
    const type = first.tokenType === t.NationalString ? "national" : "string";
    return { kind: "literal", type, text, introducer: undefined, ...this.range(start) };
  });

  readonly parameter = this.RULE("parameter", (): Expression => {
    const start = this.start();
    this.CONSUME(t.Parameter);
    return { kind: "parameter", ...this.range(start) };
  });

  /** `@@sort_buffer_size`, `@@global.x`, `@@component.x` (manual: Using System Variables). */
  readonly systemVariable = this.RULE("systemVariable", (): SystemVariable => {
    const start = this.start();
    const names: string[] = [];
    this.CONSUME(t.AtAt);
    names.push(textOf(this.SUBRULE(this.identifier)));
    this.MANY(() => {
      this.CONSUME(t.Dot);
      names.push(textOf(this.SUBRULE(this.identifierOrText)));
    });
    const scope = names.length > 1 && variableScopes.has(names[0]?.toLowerCase() ?? "") ? names.shift() : undefined;
    return {
      kind: "system_variable",
      scope: scope?.toLowerCase(),
      name: names.join(".").toLowerCase(),
      ...this.range(start),
    };
  });

  readonly star = this.RULE("star", (): Expression => {
    const start = this.start();
    this.CONSUME(t.Asterisk);
    return { kind: "star", qualifier: [], ...this.range(start) };
  });

  /** `a`, `t.a`, `s.t.a`. */
  readonly columnName = this.RULE("columnName", (): ColumnName => {
    const start = this.start();
    const parts: Name[] = [];
    this.OPTION(() => this.CONSUME(t.Dot));
    parts.push(this.SUBRULE(this.identifier));
    this.MANY({
      GATE: () => parts.length < 3,
      DEF: () => {
        this.CONSUME1(t.Dot);
        parts.push(this.SUBRULE1(this.identifier));
      },
    });
    return { kind: "column", parts, ...this.range(start) };
  });

  /** A query in brackets, or one or more expressions. */
  private readonly bracket = this.RULE("bracket", (): Expression => {
    const start = this.start();
    const content = this.SUBRULE(this.listOrSubquery);
    return "kind" in content
      ? { kind: "subquery", query: content, ...this.range(start) }
      : { kind: "row", values: content, ...this.range(start) };
  });

  /**
   * `((SELECT 1) UNION (SELECT 2))` and `((SELECT 1) + 1)` begin alike: an inner query in brackets is read as an expression, and where
   * a set operation follows it, as that operation's first query.
   */
  readonly listOrSubquery = this.RULE("listOrSubquery", (): readonly Expression[] | QueryExpression => {
    this.CONSUME(t.LeftParen);
    const content = this.OR([
      { GATE: () => this.isQuery(), ALT: () => this.bracketed(() => this.SUBRULE(this.queryExpression)) },
      {
        ALT: () => {
          const list = this.SUBRULE(this.expressions);
          const first = list[0];
          if (list.length === 1 && first?.kind === "subquery" && this.isAny(t.group.queryContinuation)) {
            return this.bracketed(() => this.SUBRULE(this.continuedQuery, { ARGS: [first.query] }));
          }
          return list;
        },
      },
    ]);
    this.CONSUME(t.RightParen);
    return content;
  });

  /** Whether a query starts here. `VALUES (a)` in ON DUPLICATE KEY UPDATE is a function, elsewhere it begins a list of rows. */
  protected isQuery(): boolean {
    if (!this.isAny(t.group.queryStart)) return false;
    if (!this.isNext(k.VALUES)) return true;
    if (!this.isNext(t.LeftParen, 2)) return this.isNext(k.ROW, 2);
    let ahead = 3;
    while (this.isAny(t.Identifier, ahead) || this.isNext(t.Dot, ahead)) ahead++;
    return ahead === 3 || !this.isNext(t.RightParen, ahead);
  }

  protected readonly subquery = this.RULE("subquery", (): QueryExpression => {
    this.CONSUME(t.LeftParen);
    const query = this.bracketed(() => this.SUBRULE(this.queryExpression));
    this.CONSUME(t.RightParen);
    return query;
  });

  private readonly exists = this.RULE("exists", (): Exists => {
    const start = this.start();
    this.CONSUME(k.EXISTS);
    const query = this.SUBRULE(this.subquery);
    return { kind: "exists", query, ...this.range(start) };
  });

  /** `(1, 2)` of a call, perhaps empty. */
  readonly argumentList = this.RULE("argumentList", (): Expression[] => {
    const list: Expression[] = [];
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => list.push(this.SUBRULE(this.expression)) });
    this.CONSUME(t.RightParen);
    return list;
  });

  readonly rowConstructor = this.RULE("rowConstructor", (): Row => {
    const start = this.start();
    this.CONSUME(k.ROW);
    this.CONSUME(t.LeftParen);
    const values = this.SUBRULE(this.expressions);
    this.CONSUME(t.RightParen);
    return { kind: "row", values, ...this.range(start) };
  });

  /** CASE (manual: Flow Control Functions). */
  private readonly case = this.RULE("case", (): Case => {
    const start = this.start();
    const branches: { when: Expression; result: Expression }[] = [];
    this.CONSUME(k.CASE);
    const operand = this.OPTION(() => this.SUBRULE(this.expression));
    this.AT_LEAST_ONE(() => {
      this.CONSUME(k.WHEN);
      const when = this.SUBRULE1(this.expression);
      this.CONSUME(k.THEN);
      branches.push({ when, result: this.SUBRULE2(this.expression) });
    });
    const otherwise = this.OPTION1(() => {
      this.CONSUME(k.ELSE);
      return this.SUBRULE3(this.expression);
    });
    this.CONSUME(k.END);
    return { kind: "case", operand, branches, otherwise, ...this.range(start) };
  });

  /** `{d '2020-01-01'}`, `{fn now()}`. */
  private readonly odbcEscape = this.RULE("odbcEscape", (): OdbcEscape => {
    const start = this.start();
    this.CONSUME(t.LeftBrace);
    const name = textOf(this.SUBRULE(this.identifier)).toLowerCase();
    const operand = this.SUBRULE(this.expression);
    this.CONSUME(t.RightBrace);
    return { kind: "odbc", name, operand, ...this.range(start) };
  });
}

const variableScopes: ReadonlySet<string> = new Set(["global", "session", "local", "persist", "persist_only"]);
