/** CREATE TABLE (manual: CREATE TABLE, CREATE TABLE … LIKE, CREATE TABLE … SELECT), and tables renamed and emptied. */
import * as t from "../lexer/tokens.ts";
import type { CreateTable, RenameTable, TruncateTable } from "../tree/ddl.ts";
import type { Expression } from "../tree/expressions.ts";
import type { QualifiedName } from "../tree/node.ts";
import type { QueryExpression } from "../tree/queries.ts";
import { TableOptionsGrammar } from "./table-options.ts";

const { k } = t;

/** What stands between CREATE and the kind of object. */
export interface CreateHead {
  readonly start: number;
  readonly orReplace: boolean;
}

type TableBody = Pick<CreateTable, "elements" | "expressions" | "union" | "like" | "query">;

export abstract class CreateTableGrammar extends TableOptionsGrammar {
  readonly createTable = this.RULE("createTable", (head: CreateHead): CreateTable => {
    const isTemporary = this.OPTION(() => this.CONSUME(k.TEMPORARY)) !== undefined;
    this.CONSUME(k.TABLE);
    const ifNotExists = this.OPTION1(() => this.SUBRULE(this.ifNotExists)) === true;
    const table = this.SUBRULE(this.objectName);
    const body = this.OR([
      {
        GATE: () => this.isNext(k.LIKE) || this.isNext(k.LIKE, 2),
        ALT: (): TableBody => ({ ...emptyBody, like: this.SUBRULE(this.createLike) }),
      },
      { ALT: (): TableBody => this.SUBRULE(this.tableBody) },
    ]);
    const { orReplace, start } = head ?? recordedHead;
    return { kind: "create_table", isTemporary, orReplace, ifNotExists, table, ...body, ...this.range(start) };
  });

  /** `LIKE t`, `(LIKE t)` */
  private readonly createLike = this.RULE(
    "createLike",
    (): QualifiedName =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(k.LIKE);
            return this.SUBRULE(this.objectName);
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.LeftParen);
            this.CONSUME1(k.LIKE);
            const table = this.SUBRULE1(this.objectName);
            this.CONSUME(t.RightParen);
            return table;
          },
        },
      ]),
  );

  private readonly tableBody = this.RULE("tableBody", (): TableBody => {
    const elements = this.OPTION({
      GATE: () => !this.isAny(t.group.queryStart, 2) && !this.isNext(t.LeftParen, 2),
      DEF: () => this.SUBRULE(this.tableElements),
    });
    const union: QualifiedName[] = [];
    this.MANY({
      // WITH may begin the query as well.
      GATE: () => !this.isNext(k.WITH) || this.isNext(k.VERSIONING, 3),
      DEF: () => {
        const tables = this.SUBRULE(this.tableOption);
        this.append(union, tables);
        this.OPTION1(() => this.CONSUME(t.Comma));
      },
    });
    const expressions: Expression[] = this.OPTION2(() => this.SUBRULE(this.partitionBy)) ?? [];
    const query: QueryExpression | undefined = this.OPTION3(() => {
      this.OPTION4(() => this.OR([{ ALT: () => this.CONSUME(k.IGNORE) }, { ALT: () => this.CONSUME(k.REPLACE) }]));
      this.OPTION5(() => this.CONSUME(k.AS));
      return this.SUBRULE(this.queryExpression);
    });
    return { elements: elements ?? [], expressions, union, like: undefined, query };
  });

  /** RENAME TABLE (manual: RENAME TABLE Statement) */
  protected readonly renameTables = this.RULE("renameTables", (): RenameTable => {
    const start = this.start();
    const renames: { from: QualifiedName; to: QualifiedName }[] = [];
    this.CONSUME(k.RENAME);
    this.OR([{ ALT: () => this.CONSUME(k.TABLE) }, { ALT: () => this.CONSUME(k.TABLES) }]);
    this.OPTION(() => this.SUBRULE(this.ifExists));
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const from = this.SUBRULE(this.objectName);
        this.OPTION1(() => this.SUBRULE(this.waiting));
        this.CONSUME(k.TO);
        renames.push({ from, to: this.SUBRULE1(this.objectName) });
      },
    });
    return { kind: "rename_table", renames, ...this.range(start) };
  });

  /** TRUNCATE (manual: TRUNCATE TABLE Statement) */
  readonly truncate = this.RULE("truncate", (): TruncateTable => {
    const start = this.start();
    this.CONSUME(k.TRUNCATE);
    this.OPTION(() => this.CONSUME(k.TABLE));
    const table = this.SUBRULE(this.objectName);
    this.OPTION1(() => this.SUBRULE(this.waiting));
    return { kind: "truncate", table, ...this.range(start) };
  });
}

const emptyBody = { elements: [], expressions: [], union: [], query: undefined };

/** In place of what a rule is given, while Chevrotain records the grammar. */
export const recordedHead: CreateHead = { start: 0, orReplace: false };
