/**
 * The grammar, as a Chevrotain parser. A run ends at the first error; mistakes.ts finds the others.
 *
 * Infix expressions are parsed flat (`operand (operator operand)*`); `lower-expressions.ts` applies precedence. Decision words (`allow deny mask …`) are
 * names; `decisionWord` tells by what follows whether a statement begins with one.
 */
import { CstParser, type CstNode, EOF, type ParserMethod } from "chevrotain";
import { syntaxErrors } from "./errors.ts";
import * as t from "./tokens.ts";

/** What an infix expression may contain: `|` ends the head of a comprehension, `in` ends the variables of `some`. */
type ExpressionOptions = [allowBar?: boolean, allowIn?: boolean];

class PolicyParser extends CstParser {
  constructor() {
    super(t.allTokens, {
      maxLookahead: 2,
      nodeLocationTracking: "full",
      errorMessageProvider: syntaxErrors,
    });
    this.performSelfAnalysis();
  }

  /** The decision word at the next token, where the tokens after it cannot continue a rule of that name. */
  private decisionWord(word: string): boolean {
    const first = this.LA(1);
    if (first.tokenType !== t.Identifier || first.image !== word) return false;
    const next = this.LA(2);
    switch (word) {
      case "allow":
        return next.tokenType === t.If;
      case "deny":
        return !ruleContinuations.has(next.tokenType) && next.tokenType !== EOF;
      case "notify":
        return next.tokenType === t.Identifier || next.tokenType === t.StringToken;
      case "approve":
        return next.image === "by";
      default:
        return next.tokenType === t.Identifier;
    }
  }

  /** A brace begins a block of conditions, unless a colon shows it to be an object, whose literal is a condition too. */
  private isBlock(): boolean {
    if (this.LA(1).tokenType !== t.LeftBrace) return false;
    let depth = 0;
    for (let ahead = 1; ; ahead += 1) {
      const { tokenType } = this.LA(ahead);
      if (tokenType === t.LeftBrace || tokenType === t.LeftBracket || tokenType === t.IndexBracket) depth += 1;
      else if (tokenType === t.RightBrace || tokenType === t.RightBracket) depth -= 1;
      else if (tokenType === t.Colon && depth === 1) return false;
      if (depth === 0 || tokenType === EOF) return true;
    }
  }

  private isRule(): boolean {
    return !decisionWords.some((word) => this.decisionWord(word));
  }

  readonly module = this.RULE("module", () => {
    this.OPTION(() => this.SUBRULE(this.packageClause));
    this.MANY(() =>
      this.OR([
        // Statements may be parted by semicolons as well as by lines.
        { ALT: () => this.CONSUME(t.Semicolon) },
        { ALT: () => this.SUBRULE(this.importClause) },
        { GATE: () => this.decisionWord("allow"), ALT: () => this.SUBRULE(this.allow) },
        { GATE: () => this.decisionWord("deny"), ALT: () => this.SUBRULE(this.deny) },
        { GATE: () => this.decisionWord("mask"), ALT: () => this.SUBRULE(this.mask) },
        { GATE: () => this.decisionWord("limit"), ALT: () => this.SUBRULE(this.limit) },
        { GATE: () => this.decisionWord("label"), ALT: () => this.SUBRULE(this.label) },
        { GATE: () => this.decisionWord("approve"), ALT: () => this.SUBRULE(this.approve) },
        { GATE: () => this.decisionWord("filter"), ALT: () => this.SUBRULE(this.filter) },
        { GATE: () => this.decisionWord("notify"), ALT: () => this.SUBRULE(this.notify) },
        { GATE: () => this.isRule(), ALT: () => this.SUBRULE(this.rule) },
      ]),
    );
  });

  private readonly packageClause = this.RULE("packageClause", () => {
    this.CONSUME(t.Package);
    this.SUBRULE(this.path);
  });

  private readonly importClause = this.RULE("importClause", () => {
    this.CONSUME(t.Import);
    this.SUBRULE(this.path);
    this.OPTION(() => {
      this.CONSUME(t.As);
      this.CONSUME(t.Identifier);
    });
  });

  /** `a.b["c"].d`: constant parts only. */
  private readonly path = this.RULE("path", () => {
    this.CONSUME(t.Identifier, { LABEL: "part" });
    this.MANY(() =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(t.Dot);
            this.CONSUME2(t.Identifier, { LABEL: "part" });
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.IndexBracket);
            this.CONSUME(t.StringToken, { LABEL: "part" });
            this.CONSUME(t.RightBracket);
          },
        },
      ]),
    );
  });

  // Decision statements.

  private readonly allow = this.RULE("allow", () => {
    this.CONSUME(t.Identifier);
    this.SUBRULE(this.ifBody);
  });

  private readonly deny = this.RULE("deny", () => {
    this.CONSUME(t.Identifier, { LABEL: "word" });
    this.SUBRULE(this.expression, { LABEL: "message" });
    this.OPTION({
      GATE: () => this.LA(1).image === "code",
      DEF: () => {
        this.CONSUME2(t.Identifier, { LABEL: "code" });
        this.SUBRULE2(this.expression, { LABEL: "codeValue" });
      },
    });
    this.OPTION2(() => this.SUBRULE(this.ifBody));
  });

  private readonly mask = this.RULE("mask", () => {
    this.CONSUME(t.Identifier, { LABEL: "word" });
    this.SUBRULE(this.path);
    this.CONSUME(t.With);
    // `null()` is a mask although `null` is a keyword.
    this.OR([
      { ALT: () => this.CONSUME2(t.Identifier, { LABEL: "mask" }) },
      { ALT: () => this.CONSUME(t.Null, { LABEL: "mask" }) },
    ]);
    this.OR2([{ ALT: () => this.CONSUME(t.CallParen) }, { ALT: () => this.CONSUME(t.LeftParen) }]);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expression) });
    this.CONSUME(t.RightParen);
    this.OPTION(() => this.SUBRULE(this.ifBody));
  });

  private readonly limit = this.RULE("limit", () => {
    this.CONSUME(t.Identifier, { LABEL: "word" });
    this.CONSUME2(t.Identifier, { LABEL: "what" });
    this.SUBRULE(this.expression);
    this.OPTION(() => this.SUBRULE(this.ifBody));
  });

  private readonly label = this.RULE("label", () => {
    this.CONSUME(t.Identifier, { LABEL: "word" });
    this.SUBRULE(this.path);
    this.CONSUME(t.As);
    this.SUBRULE(this.expression);
    this.OPTION(() => this.SUBRULE(this.ifBody));
  });

  private readonly approve = this.RULE("approve", () => {
    this.CONSUME(t.Identifier, { LABEL: "word" });
    this.CONSUME2(t.Identifier, { LABEL: "by" });
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expression, { LABEL: "group" }) });
    this.OPTION({
      GATE: () => this.LA(1).image === "for",
      DEF: () => {
        this.CONSUME3(t.Identifier, { LABEL: "for" });
        this.SUBRULE2(this.expression, { LABEL: "duration" });
      },
    });
    this.OPTION2({ GATE: () => this.LA(1).image === "because", DEF: () => this.SUBRULE(this.because) });
    this.OPTION3(() => this.SUBRULE(this.ifBody));
  });

  private readonly filter = this.RULE("filter", () => {
    this.CONSUME(t.Identifier, { LABEL: "word" });
    this.SUBRULE(this.path);
    this.CONSUME(t.As);
    this.CONSUME2(t.Identifier, { LABEL: "row" });
    this.CONSUME3(t.Identifier, { LABEL: "where" });
    this.OR([
      { GATE: () => this.isBlock(), ALT: () => this.SUBRULE(this.block) },
      { GATE: () => !this.isBlock(), ALT: () => this.SUBRULE(this.literal) },
    ]);
    this.OPTION(() => this.SUBRULE(this.ifBody));
  });

  private readonly notify = this.RULE("notify", () => {
    this.CONSUME(t.Identifier, { LABEL: "word" });
    this.SUBRULE(this.expression, { LABEL: "channel" });
    this.OPTION({ GATE: () => this.LA(1).image === "because", DEF: () => this.SUBRULE(this.because) });
    this.OPTION2(() => this.SUBRULE(this.ifBody));
  });

  private readonly because = this.RULE("because", () => {
    this.CONSUME(t.Identifier);
    this.SUBRULE(this.expression);
  });

  // Rules.

  private readonly rule = this.RULE("rule", () => {
    this.OPTION(() => this.CONSUME(t.Default));
    this.SUBRULE(this.reference, { LABEL: "head" });
    this.OPTION2(() =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(t.Contains);
            this.SUBRULE(this.expression, { LABEL: "member" });
          },
        },
        {
          ALT: () => {
            this.OR2([{ ALT: () => this.CONSUME(t.Assign) }, { ALT: () => this.CONSUME(t.Unify) }]);
            this.SUBRULE2(this.expression, { LABEL: "value" });
          },
        },
      ]),
    );
    this.OPTION3(() => {
      this.SUBRULE(this.ifBody);
      // `p if { a } { b }`: another rule with the same head.
      this.MANY2({
        GATE: () => this.LA(0).tokenType === t.RightBrace,
        DEF: () => this.SUBRULE(this.block, { LABEL: "chained" }),
      });
    });
    this.MANY(() => this.SUBRULE(this.elseClause));
  });

  private readonly elseClause = this.RULE("elseClause", () => {
    this.CONSUME(t.Else);
    this.OPTION(() => {
      this.OR([{ ALT: () => this.CONSUME(t.Assign) }, { ALT: () => this.CONSUME(t.Unify) }]);
      this.SUBRULE(this.expression);
    });
    this.OPTION2(() => this.SUBRULE(this.ifBody));
  });

  private readonly ifBody = this.RULE("ifBody", () => {
    this.CONSUME(t.If);
    this.OR([
      { GATE: () => this.isBlock(), ALT: () => this.SUBRULE(this.block) },
      { GATE: () => !this.isBlock(), ALT: () => this.SUBRULE(this.literal) },
    ]);
  });

  private readonly block = this.RULE("block", () => {
    this.CONSUME(t.LeftBrace);
    this.SUBRULE(this.body);
    this.CONSUME(t.RightBrace);
  });

  /** Literals apart by `;` or a line; `lower-bodies.ts` checks that there is one. */
  readonly body = this.RULE("body", () => {
    this.SUBRULE(this.literal);
    this.MANY(() => {
      this.MANY2(() => this.CONSUME(t.Semicolon));
      this.SUBRULE2(this.literal);
    });
    this.OPTION(() => this.CONSUME2(t.Semicolon));
  });

  private readonly literal = this.RULE("literal", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.some) },
      { ALT: () => this.SUBRULE(this.every) },
      {
        ALT: () => {
          this.OPTION(() => this.CONSUME(t.Not));
          this.SUBRULE(this.membership);
        },
      },
    ]);
    this.MANY(() => this.SUBRULE(this.withClause));
  });

  private readonly some = this.RULE("some", () => {
    this.CONSUME(t.Some);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => this.SUBRULE(this.expression, { ARGS: [true, false] satisfies ExpressionOptions, LABEL: "item" }),
    });
    this.OPTION(() => {
      this.CONSUME(t.In);
      this.SUBRULE2(this.expression, { LABEL: "domain" });
    });
  });

  private readonly every = this.RULE("every", () => {
    this.CONSUME(t.Every);
    this.CONSUME(t.Identifier);
    this.OPTION(() => {
      this.CONSUME(t.Comma);
      this.CONSUME2(t.Identifier);
    });
    this.CONSUME(t.In);
    this.SUBRULE(this.expression);
    this.SUBRULE(this.block);
  });

  private readonly withClause = this.RULE("withClause", () => {
    this.CONSUME(t.With);
    this.SUBRULE(this.path);
    this.CONSUME(t.As);
    this.SUBRULE(this.expression);
  });

  // Expressions.

  /** An expression, or `key, value in domain`. */
  private readonly membership = this.RULE("membership", () => {
    this.SUBRULE(this.expression);
    this.OPTION(() => {
      this.CONSUME(t.Comma);
      this.SUBRULE2(this.expression);
    });
  });

  readonly templateExpression = this.RULE("templateExpression", () => {
    this.SUBRULE(this.membership);
    this.MANY(() => this.SUBRULE(this.withClause));
  });

  private readonly expression: ParserMethod<ExpressionOptions, CstNode> = this.RULE(
    "expression",
    (allowBar: boolean = true, allowIn: boolean = true) => {
      this.SUBRULE(this.unary);
      this.MANY({
        GATE: () => (allowBar || this.LA(1).tokenType !== t.Bar) && (allowIn || this.LA(1).tokenType !== t.In),
        DEF: () => {
          this.SUBRULE(this.operator);
          this.SUBRULE2(this.unary);
        },
      });
    },
  );

  private readonly operator = this.RULE("operator", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Assign) },
      { ALT: () => this.CONSUME(t.Equal) },
      { ALT: () => this.CONSUME(t.Unify) },
      { ALT: () => this.CONSUME(t.NotEqual) },
      { ALT: () => this.CONSUME(t.LessEqual) },
      { ALT: () => this.CONSUME(t.Less) },
      { ALT: () => this.CONSUME(t.GreaterEqual) },
      { ALT: () => this.CONSUME(t.Greater) },
      { ALT: () => this.CONSUME(t.Plus) },
      { ALT: () => this.CONSUME(t.Minus) },
      { ALT: () => this.CONSUME(t.Times) },
      { ALT: () => this.CONSUME(t.Divide) },
      { ALT: () => this.CONSUME(t.Remainder) },
      { ALT: () => this.CONSUME(t.And) },
      { ALT: () => this.CONSUME(t.Bar) },
      { ALT: () => this.CONSUME(t.In) },
    ]);
  });

  private readonly unary = this.RULE("unary", () => {
    this.OPTION(() => this.CONSUME(t.Minus));
    this.SUBRULE(this.reference);
  });

  /** An operand and what continues it. */
  private readonly reference = this.RULE("reference", () => {
    this.SUBRULE(this.primary);
    this.MANY(() => this.SUBRULE(this.suffix));
  });

  private readonly suffix = this.RULE("suffix", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Dot);
          this.CONSUME(t.Identifier);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.IndexBracket);
          this.SUBRULE(this.expression, { LABEL: "index" });
          this.CONSUME(t.RightBracket);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.CallParen);
          this.OPTION(() => {
            this.SUBRULE2(this.expression, { LABEL: "argument" });
            this.MANY({
              GATE: () => this.LA(2).tokenType !== t.RightParen,
              DEF: () => {
                this.CONSUME(t.Comma);
                this.SUBRULE3(this.expression, { LABEL: "argument" });
              },
            });
            this.OPTION2(() => this.CONSUME2(t.Comma));
          });
          this.CONSUME(t.RightParen);
        },
      },
    ]);
  });

  private readonly primary = this.RULE("primary", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Identifier) },
      { ALT: () => this.CONSUME(t.NumberToken) },
      { ALT: () => this.CONSUME(t.StringToken) },
      { ALT: () => this.CONSUME(t.RawString) },
      { ALT: () => this.CONSUME(t.Template) },
      { ALT: () => this.CONSUME(t.True) },
      { ALT: () => this.CONSUME(t.False) },
      { ALT: () => this.CONSUME(t.Null) },
      { ALT: () => this.SUBRULE(this.array) },
      { ALT: () => this.SUBRULE(this.braces) },
      { ALT: () => this.SUBRULE(this.parentheses) },
    ]);
  });

  private readonly parentheses = this.RULE("parentheses", () => {
    this.OR([{ ALT: () => this.CONSUME(t.LeftParen) }, { ALT: () => this.CONSUME(t.CallParen) }]);
    this.SUBRULE(this.membership);
    this.CONSUME(t.RightParen);
  });

  private readonly array = this.RULE("array", () => {
    this.OR([{ ALT: () => this.CONSUME(t.LeftBracket) }, { ALT: () => this.CONSUME(t.IndexBracket) }]);
    this.OPTION(() => {
      this.SUBRULE(this.expression, { ARGS: [false, true] satisfies ExpressionOptions, LABEL: "head" });
      this.OR2([
        {
          ALT: () => {
            this.CONSUME(t.Bar);
            this.SUBRULE(this.body);
          },
        },
        {
          ALT: () => {
            this.MANY({
              GATE: () => this.LA(2).tokenType !== t.RightBracket,
              DEF: () => {
                this.CONSUME(t.Comma);
                this.SUBRULE2(this.expression, { LABEL: "item" });
              },
            });
            this.OPTION2(() => this.CONSUME2(t.Comma));
          },
        },
      ]);
    });
    this.CONSUME(t.RightBracket);
  });

  /** Object, set, or a comprehension of either. */
  private readonly braces = this.RULE("braces", () => {
    this.CONSUME(t.LeftBrace);
    this.OPTION(() => {
      this.SUBRULE(this.expression, { ARGS: [false, true] satisfies ExpressionOptions, LABEL: "head" });
      this.OPTION2(() => {
        this.CONSUME(t.Colon);
        this.SUBRULE2(this.expression, { ARGS: [false, true] satisfies ExpressionOptions, LABEL: "headValue" });
      });
      this.OR([
        {
          ALT: () => {
            this.CONSUME(t.Bar);
            this.SUBRULE(this.body);
          },
        },
        {
          ALT: () => {
            this.MANY({
              GATE: () => this.LA(2).tokenType !== t.RightBrace,
              DEF: () => {
                this.CONSUME(t.Comma);
                this.SUBRULE(this.entry);
              },
            });
            this.OPTION3(() => this.CONSUME2(t.Comma));
          },
        },
      ]);
    });
    this.CONSUME(t.RightBrace);
  });

  private readonly entry = this.RULE("entry", () => {
    this.SUBRULE(this.expression);
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.SUBRULE2(this.expression);
    });
  });
}

export const decisionWords: readonly string[] = [
  "allow",
  "deny",
  "mask",
  "limit",
  "label",
  "approve",
  "filter",
  "notify",
];

/** After `deny` these continue a rule: `deny contains m`, `deny := x`, `deny[m]`, `deny.x`, `deny(x)`, `deny if`. */
const ruleContinuations: ReadonlySet<unknown> = new Set([
  t.Contains,
  t.Assign,
  t.Unify,
  t.IndexBracket,
  t.Dot,
  t.CallParen,
  t.If,
]);

/** Built once; `parse.ts` sets its input for each file. Parsing is synchronous, so that one serves all. */
export const parser: PolicyParser = new PolicyParser();
