/** Bodies of routines, triggers and events (manual: Compound Statement Syntax). */
import * as t from "../lexer/tokens.ts";
import type { Expression } from "../tree/expressions.ts";
import type { Name } from "../tree/node.ts";
import type {
  Block,
  Branch,
  CaseStatement,
  Cursor,
  Declaration,
  FetchGroup,
  If,
  Jump,
  Loop,
  Return,
  StoredStatement,
} from "../tree/programs.ts";
import type { QueryExpression } from "../tree/queries.ts";
import { AdministrationGrammar } from "./administration.ts";

const { k } = t;

export abstract class ProgramsGrammar extends AdministrationGrammar {
  /** `sp_proc_stmt` */
  readonly storedStatement = this.RULE(
    "storedStatement",
    (): StoredStatement =>
      this.nested(() =>
        this.OR({
          IGNORE_AMBIGUITIES: true,
          DEF: [
            { GATE: () => this.isNext(t.Colon, 2), ALT: (): StoredStatement => this.SUBRULE(this.labeled) },
            { ALT: (): StoredStatement => this.SUBRULE(this.block) },
            { ALT: (): StoredStatement => this.SUBRULE(this.ifStatement) },
            { ALT: (): StoredStatement => this.SUBRULE(this.caseStatement) },
            { ALT: (): StoredStatement => this.SUBRULE(this.loop) },
            { ALT: (): StoredStatement => this.SUBRULE(this.jump) },
            { ALT: (): StoredStatement => this.SUBRULE(this.returnStatement) },
            { GATE: () => !this.isNext(k.GROUP, 2), ALT: (): StoredStatement => this.SUBRULE(this.cursor) },
            { ALT: (): StoredStatement => this.SUBRULE(this.fetchGroup) },
            { ALT: (): StoredStatement => this.SUBRULE(this.simpleStatement) as StoredStatement },
          ],
        }),
      ),
  );

  /** Statements, each with its semicolon, until END, ELSE and the like. */
  private readonly storedStatements = this.RULE("storedStatements", (): StoredStatement[] => {
    const statements: StoredStatement[] = [];
    this.MANY({
      GATE: () => !this.isAny(t.group.blockEnd),
      DEF: () => {
        statements.push(this.SUBRULE(this.storedStatement));
        this.CONSUME(t.Semicolon);
      },
    });
    return statements;
  });

  /** `label: BEGIN … END label` */
  readonly labeled = this.RULE("labeled", (): Block | Loop => {
    const label = this.SUBRULE(this.identifier);
    this.CONSUME(t.Colon);
    const body = this.OR([{ ALT: () => this.SUBRULE(this.block) }, { ALT: () => this.SUBRULE(this.loop) }]);
    this.OPTION(() => this.SUBRULE1(this.identifier));
    return this.RECORDING_PHASE ? body : { ...body, ...this.rangeFrom(label) };
  });

  /** BEGIN … END; NOT ATOMIC outside of routines. */
  readonly block = this.RULE("block", (): Block => {
    const start = this.start();
    const statements: StoredStatement[] = [];
    this.CONSUME(k.BEGIN);
    this.OPTION(() => {
      this.CONSUME(k.NOT);
      this.CONSUME(k.ATOMIC);
    });
    this.MANY(() => {
      statements.push(this.SUBRULE(this.declaration));
      this.CONSUME(t.Semicolon);
    });
    const rest = this.SUBRULE(this.storedStatements);
    this.append(statements, rest);
    this.CONSUME(k.END);
    return { kind: "block", statements, ...this.range(start) };
  });

  /** DECLARE of variables, conditions, handlers, cursors */
  private readonly declaration = this.RULE("declaration", (): Declaration => {
    const start = this.start();
    this.CONSUME(k.DECLARE);
    const declared = this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { GATE: () => this.isNext(k.HANDLER, 2), ALT: () => this.SUBRULE(this.handlerDeclaration) },
        { GATE: () => this.isNext(k.CONDITION, 2), ALT: () => this.SUBRULE(this.conditionDeclaration) },
        { GATE: () => this.isNext(k.CURSOR, 2), ALT: () => this.SUBRULE(this.cursorDeclaration) },
        { ALT: () => this.SUBRULE(this.variableDeclaration) },
      ],
    });
    return { ...declared, ...this.range(start) };
  });

  private readonly variableDeclaration = this.RULE("variableDeclaration", (): Omit<Declaration, "start" | "end"> => {
    const names: Name[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => names.push(this.SUBRULE(this.identifier)) });
    this.SUBRULE(this.programType);
    const value = this.OPTION(() => {
      this.OR([{ ALT: () => this.CONSUME(k.DEFAULT) }, { ALT: () => this.CONSUME(t.Assign) }]);
      return this.SUBRULE(this.expression);
    });
    return { kind: "declare", what: "variable", names, value, query: undefined, handler: undefined };
  });

  /** A type, `TYPE OF t.c`, `ROW TYPE OF t`, `ROW (a INT)` */
  readonly programType = this.RULE("programType", () => {
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          GATE: () => this.isNext(k.OF, 2) || this.isNext(k.TYPE, 2),
          ALT: () => {
            this.OPTION(() => this.CONSUME(k.ROW));
            this.CONSUME(k.TYPE);
            this.CONSUME(k.OF);
            this.SUBRULE(this.columnName);
          },
        },
        {
          GATE: () => this.isNext(t.LeftParen, 2),
          ALT: () => {
            this.CONSUME1(k.ROW);
            this.CONSUME(t.LeftParen);
            this.AT_LEAST_ONE_SEP({
              SEP: t.Comma,
              DEF: () => {
                this.SUBRULE(this.identifier);
                this.SUBRULE(this.programType);
              },
            });
            this.CONSUME(t.RightParen);
          },
        },
        {
          ALT: () => {
            this.SUBRULE(this.dataType);
            this.OPTION1(() => {
              this.CONSUME(k.COLLATE);
              this.SUBRULE(this.characterSetName);
            });
          },
        },
      ],
    });
  });

  private readonly conditionDeclaration = this.RULE("conditionDeclaration", (): Omit<Declaration, "start" | "end"> => {
    const names = [this.SUBRULE(this.identifier)];
    this.CONSUME(k.CONDITION);
    this.CONSUME(k.FOR);
    this.OR([{ ALT: () => this.SUBRULE(this.number) }, { ALT: () => this.SUBRULE(this.sqlstate) }]);
    return { kind: "declare", what: "condition", names, value: undefined, query: undefined, handler: undefined };
  });

  private readonly handlerDeclaration = this.RULE("handlerDeclaration", (): Omit<Declaration, "start" | "end"> => {
    this.CONSUME(t.group.handlerAction);
    this.CONSUME(k.HANDLER);
    this.CONSUME(k.FOR);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () =>
        this.OR([
          { ALT: () => this.SUBRULE(this.number) },
          { ALT: () => this.SUBRULE(this.sqlstate) },
          { ALT: () => this.SUBRULE(this.identifier) },
          { ALT: () => this.CONSUME(k.SQLWARNING) },
          { ALT: () => this.CONSUME(k.SQLEXCEPTION) },
          {
            ALT: () => {
              this.CONSUME(k.NOT);
              this.CONSUME(k.FOUND);
            },
          },
        ]),
    });
    const handler = this.SUBRULE(this.storedStatement);
    return { kind: "declare", what: "handler", names: [], value: undefined, query: undefined, handler };
  });

  private readonly cursorDeclaration = this.RULE("cursorDeclaration", (): Omit<Declaration, "start" | "end"> => {
    const names = [this.SUBRULE(this.identifier)];
    this.CONSUME(k.CURSOR);
    this.OPTION(() => {
      this.CONSUME(t.LeftParen);
      this.AT_LEAST_ONE_SEP({
        SEP: t.Comma,
        DEF: () => {
          names.push(this.SUBRULE1(this.identifier));
          this.SUBRULE(this.programType);
        },
      });
      this.CONSUME(t.RightParen);
    });
    this.CONSUME(k.FOR);
    const query = this.SUBRULE(this.queryExpression);
    return { kind: "declare", what: "cursor", names, value: undefined, query, handler: undefined };
  });

  /** IF … THEN … ELSEIF … END IF */
  readonly ifStatement = this.RULE("ifStatement", (): If => {
    const start = this.start();
    const branches: Branch[] = [];
    this.CONSUME(k.IF);
    const when = this.SUBRULE(this.expression);
    this.CONSUME(k.THEN);
    branches.push({ when, statements: this.SUBRULE(this.storedStatements) });
    this.MANY(() => {
      this.CONSUME(k.ELSEIF);
      const next = this.SUBRULE1(this.expression);
      this.CONSUME1(k.THEN);
      branches.push({ when: next, statements: this.SUBRULE1(this.storedStatements) });
    });
    const otherwise = this.OPTION(() => {
      this.CONSUME(k.ELSE);
      return this.SUBRULE2(this.storedStatements);
    });
    this.CONSUME(k.END);
    this.CONSUME1(k.IF);
    return { kind: "if", branches, otherwise: otherwise ?? [], ...this.range(start) };
  });

  /** CASE … WHEN … END CASE */
  readonly caseStatement = this.RULE("caseStatement", (): CaseStatement => {
    const start = this.start();
    const branches: Branch[] = [];
    this.CONSUME(k.CASE);
    const operand = this.OPTION(() => this.SUBRULE(this.expression));
    this.AT_LEAST_ONE(() => {
      this.CONSUME(k.WHEN);
      const when = this.SUBRULE1(this.expression);
      this.CONSUME(k.THEN);
      branches.push({ when, statements: this.SUBRULE(this.storedStatements) });
    });
    const otherwise = this.OPTION1(() => {
      this.CONSUME(k.ELSE);
      return this.SUBRULE1(this.storedStatements);
    });
    this.CONSUME(k.END);
    this.CONSUME1(k.CASE);
    return { kind: "case_statement", operand, branches, otherwise: otherwise ?? [], ...this.range(start) };
  });

  /** LOOP, WHILE, REPEAT, FOR */
  readonly loop = this.RULE("loop", (): Loop => {
    const start = this.start();
    const head = { kind: "loop", expressions: [] as Expression[], query: undefined, variable: undefined } as const;
    return this.OR([
      {
        ALT: (): Loop => {
          this.CONSUME(k.LOOP);
          const statements = this.SUBRULE(this.storedStatements);
          this.CONSUME(k.END);
          this.CONSUME1(k.LOOP);
          return { ...head, statements, ...this.range(start) };
        },
      },
      {
        ALT: (): Loop => {
          this.CONSUME(k.WHILE);
          const expressions = [this.SUBRULE(this.expression)];
          this.CONSUME(k.DO);
          const statements = this.SUBRULE1(this.storedStatements);
          this.CONSUME1(k.END);
          this.CONSUME1(k.WHILE);
          return { ...head, expressions, statements, ...this.range(start) };
        },
      },
      {
        ALT: (): Loop => {
          this.CONSUME(k.REPEAT);
          const statements = this.SUBRULE2(this.storedStatements);
          this.CONSUME(k.UNTIL);
          const expressions = [this.SUBRULE1(this.expression)];
          this.CONSUME2(k.END);
          this.CONSUME1(k.REPEAT);
          return { ...head, expressions, statements, ...this.range(start) };
        },
      },
      { ALT: (): Loop => this.SUBRULE(this.forLoop) },
    ]);
  });

  /** `FOR i IN 1..10 DO`, `FOR row IN (SELECT …) DO`, `FOR row IN cursor(1) DO` */
  private readonly forLoop = this.RULE("forLoop", (): Loop => {
    const start = this.start();
    const expressions: Expression[] = [];
    let query: QueryExpression | undefined;
    this.CONSUME(k.FOR);
    const variable = this.SUBRULE(this.identifier);
    this.CONSUME(k.IN);
    this.OPTION(() => this.CONSUME(k.REVERSE));
    const first = this.SUBRULE(this.expression);
    if (first.kind === "subquery") query = first.query;
    else expressions.push(first);
    this.OPTION1(() => {
      this.CONSUME(t.DotDot);
      expressions.push(this.SUBRULE1(this.expression));
    });
    this.CONSUME(k.DO);
    const statements = this.SUBRULE(this.storedStatements);
    this.CONSUME(k.END);
    this.CONSUME1(k.FOR);
    return { kind: "loop", expressions, query, variable, statements, ...this.range(start) };
  });

  private readonly jump = this.RULE("jump", (): Jump => {
    const start = this.start();
    this.OR([{ ALT: () => this.CONSUME(k.LEAVE) }, { ALT: () => this.CONSUME(k.ITERATE) }]);
    const label = this.SUBRULE(this.identifier);
    return { kind: "jump", label, ...this.range(start) };
  });

  private readonly returnStatement = this.RULE("returnStatement", (): Return => {
    const start = this.start();
    this.CONSUME(k.RETURN);
    const value = this.SUBRULE(this.expression);
    return { kind: "return", value, ...this.range(start) };
  });

  /** `FETCH GROUP NEXT ROW` of MariaDB's aggregate functions */
  private readonly fetchGroup = this.RULE("fetchGroup", (): FetchGroup => {
    const start = this.start();
    this.CONSUME(k.FETCH);
    this.CONSUME(k.GROUP);
    this.CONSUME(k.NEXT);
    this.CONSUME(k.ROW);
    return { kind: "fetch_group", ...this.range(start) };
  });

  /** OPEN, FETCH, CLOSE */
  private readonly cursor = this.RULE("cursor", (): Cursor => {
    const start = this.start();
    return this.OR([
      {
        ALT: (): Cursor => {
          this.CONSUME(k.OPEN);
          const name = this.SUBRULE(this.identifier);
          const list = this.OPTION(() => this.SUBRULE(this.argumentList)) ?? [];
          return { kind: "cursor", operation: "open", name, arguments: list, variables: [], ...this.range(start) };
        },
      },
      {
        ALT: (): Cursor => {
          const variables: Name[] = [];
          this.CONSUME(k.FETCH);
          this.OPTION1(() => {
            this.OPTION2({ GATE: () => this.isNext(k.FROM, 2), DEF: () => this.CONSUME(k.NEXT) });
            this.CONSUME(k.FROM);
          });
          const name = this.SUBRULE1(this.identifier);
          this.CONSUME(k.INTO);
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => variables.push(this.SUBRULE2(this.identifier)) });
          return { kind: "cursor", operation: "fetch", name, arguments: [], variables, ...this.range(start) };
        },
      },
      {
        ALT: (): Cursor => {
          this.CONSUME(k.CLOSE);
          const name = this.SUBRULE3(this.identifier);
          return { kind: "cursor", operation: "close", name, arguments: [], variables: [], ...this.range(start) };
        },
      },
    ]);
  });
}
