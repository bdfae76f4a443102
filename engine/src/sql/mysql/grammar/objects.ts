/** CREATE, ALTER and DROP of what is no table (manual: Data Definition Statements). */
import * as t from "../lexer/tokens.ts";
import type { CreateIndex, CreateSequence, CreateView, DropIndex, DropObject, ObjectKind } from "../tree/ddl.ts";
import type { AccountName, Name, QualifiedName } from "../tree/node.ts";
import { AlterTableGrammar } from "./alter-table.ts";
import { partsOf } from "./keys.ts";
import { type CreateHead, recordedHead } from "./create-table.ts";

const { k } = t;

/** An object that is named, with nothing in its definition that facts need. */
export interface NamedObject {
  readonly object: ObjectKind;
  readonly names: readonly QualifiedName[];
  readonly accounts: readonly AccountName[];
}

export abstract class ObjectsGrammar extends AlterTableGrammar {
  /** CREATE INDEX */
  protected readonly createIndex = this.RULE("createIndex", (head: CreateHead): CreateIndex => {
    this.OPTION(() => this.CONSUME(t.group.indexClass));
    this.CONSUME(k.INDEX);
    this.OPTION1(() => this.SUBRULE(this.ifNotExists));
    this.SUBRULE(this.identifier);
    this.OPTION2(() => this.SUBRULE(this.indexType));
    this.CONSUME(k.ON);
    const table = this.SUBRULE(this.objectName);
    const parts = this.SUBRULE(this.keyParts);
    this.MANY({
      GATE: () => !(this.isNext(k.WAIT) || this.isNext(k.NOWAIT)),
      DEF: () => this.SUBRULE(this.indexOption),
    });
    this.OPTION3(() => this.SUBRULE(this.waiting));
    this.MANY1(() => this.SUBRULE(this.alterMethod));
    return { kind: "create_index", table, ...partsOf(parts), ...this.range((head ?? recordedHead).start) };
  });

  /** `VIEW v (a, b) AS SELECT … WITH CHECK OPTION` */
  protected readonly viewDefinition = this.RULE(
    "viewDefinition",
    (): Omit<CreateView, "kind" | "orReplace" | "definer"> => {
      const start = this.start();
      this.CONSUME(k.VIEW);
      this.OPTION(() => this.SUBRULE(this.ifNotExists));
      const view = this.SUBRULE(this.objectName);
      const columns: readonly Name[] = this.OPTION1(() => this.SUBRULE(this.nameList)) ?? [];
      this.CONSUME(k.AS);
      const query = this.SUBRULE(this.queryExpression);
      this.OPTION2(() => {
        this.CONSUME(k.WITH);
        this.OPTION3(() => this.OR([{ ALT: () => this.CONSUME(k.CASCADED) }, { ALT: () => this.CONSUME(k.LOCAL) }]));
        this.CONSUME(k.CHECK);
        this.CONSUME(k.OPTION);
      });
      return { view, columns, query, ...this.range(start) };
    },
  );

  /** `DATABASE d CHARACTER SET x`; ALTER may leave out the name. */
  protected readonly databaseDefinition = this.RULE("databaseDefinition", (): NamedObject => {
    this.CONSUME(t.group.databaseWord);
    this.OPTION(() => this.SUBRULE(this.ifNotExists));
    const name = this.OPTION1({
      // ALTER DATABASE may go without a name: `ALTER DATABASE COMMENT 'x'`.
      GATE: () => !this.isNext(t.StringLiteral, 2) && !this.isNext(t.Equal, 2),
      DEF: () => this.SUBRULE(this.identifier),
    });
    this.MANY(() =>
      this.OR([
        { ALT: () => this.SUBRULE(this.characterSetOption) },
        {
          ALT: () => {
            this.CONSUME(k.COMMENT);
            this.OPTION2(() => this.CONSUME(t.Equal));
            this.SUBRULE(this.text);
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.ENCRYPTION);
            this.OPTION3(() => this.CONSUME1(t.Equal));
            this.SUBRULE1(this.text);
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.UPGRADE);
            this.CONSUME(k.DATA);
            this.CONSUME(k.DIRECTORY);
            this.CONSUME(k.NAME);
          },
        },
      ]),
    );
    return { object: "database", names: name === undefined ? [] : [ownName(name)], accounts: [] };
  });

  /** SEQUENCE (MariaDB: CREATE SEQUENCE) */
  protected readonly sequenceDefinition = this.RULE(
    "sequenceDefinition",
    (): Omit<CreateSequence, "kind" | "start" | "end"> => {
      const isTemporary = this.OPTION(() => this.CONSUME(k.TEMPORARY)) !== undefined;
      this.CONSUME(k.SEQUENCE);
      this.OPTION1(() => this.SUBRULE(this.ifExistsOrNot));
      const name = this.SUBRULE(this.objectName);
      this.MANY(() => this.SUBRULE(this.sequenceOption));
      return { isTemporary, name };
    },
  );

  private readonly sequenceOption = this.RULE("sequenceOption", () => {
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.group.sequenceOption);
            this.OPTION(() =>
              this.OR1([
                { ALT: () => this.CONSUME(t.Equal) },
                { ALT: () => this.CONSUME(k.WITH) },
                { ALT: () => this.CONSUME(k.BY) },
              ]),
            );
            this.OPTION1(() => this.SUBRULE(this.signedNumber));
          },
        },
        { ALT: () => this.CONSUME(t.group.sequenceFlag) },
        {
          ALT: () => {
            this.CONSUME(k.NO);
            this.CONSUME1(t.group.sequenceOption);
          },
        },
        { ALT: () => this.SUBRULE(this.tableOption) },
      ],
    });
  });

  private readonly signedNumber = this.RULE("signedNumber", () => {
    this.OPTION(() => this.OR([{ ALT: () => this.CONSUME(t.Minus) }, { ALT: () => this.CONSUME(t.Plus) }]));
    this.SUBRULE(this.number);
  });

  /** SERVER s FOREIGN DATA WRAPPER w OPTIONS (…) */
  protected readonly serverDefinition = this.RULE("serverDefinition", (): NamedObject => {
    this.CONSUME(k.SERVER);
    this.OPTION(() => this.SUBRULE(this.ifNotExists));
    const name = this.SUBRULE(this.identifierOrText);
    this.OPTION1(() => {
      this.CONSUME(k.FOREIGN);
      this.CONSUME(k.DATA);
      this.CONSUME(k.WRAPPER);
      this.SUBRULE1(this.identifierOrText);
    });
    this.CONSUME(k.OPTIONS);
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        this.SUBRULE(this.identifier);
        this.OR([{ ALT: () => this.SUBRULE(this.text) }, { ALT: () => this.SUBRULE(this.number) }]);
      },
    });
    this.CONSUME(t.RightParen);
    return { object: "server", names: [ownName(name)], accounts: [] };
  });

  /** `FUNCTION f RETURNS STRING SONAME 'lib'`: code that the server loads. */
  protected readonly loadableFunction = this.RULE("loadableFunction", (): NamedObject => {
    this.OPTION(() => this.CONSUME(k.AGGREGATE));
    this.CONSUME(k.FUNCTION);
    this.OPTION1(() => this.SUBRULE(this.ifNotExists));
    const name = this.SUBRULE(this.objectName);
    this.CONSUME(k.RETURNS);
    this.CONSUME(t.group.udfType);
    this.CONSUME(k.SONAME);
    this.SUBRULE(this.text);
    return { object: "loadable_function", names: [name], accounts: [] };
  });

  /** DROP INDEX */
  protected readonly dropIndex = this.RULE("dropIndex", (start: number): DropIndex => {
    this.CONSUME(k.INDEX);
    this.OPTION(() => this.SUBRULE(this.ifExists));
    this.SUBRULE(this.identifierOrPrimary);
    this.CONSUME(k.ON);
    const table = this.SUBRULE(this.objectName);
    this.OPTION1(() => this.SUBRULE(this.waiting));
    this.MANY(() => this.SUBRULE(this.alterMethod));
    return { kind: "drop_index", table, ...this.range(start) };
  });

  /** DROP (manual: DROP TABLE and so on) */
  protected readonly drop = this.RULE("drop", (): DropObject | DropIndex => {
    const start = this.start();
    this.CONSUME(k.DROP);
    return this.OR([
      { ALT: (): DropObject | DropIndex => this.SUBRULE(this.dropIndex, { ARGS: [start] }) },
      {
        ALT: (): DropObject | DropIndex => {
          const isTemporary = this.OPTION(() => this.CONSUME(k.TEMPORARY)) !== undefined;
          const object = this.OR1([
            { ALT: () => this.CONSUME(k.TABLE) && ("table" as const) },
            { ALT: () => this.CONSUME(k.TABLES) && ("table" as const) },
            { ALT: () => this.CONSUME(k.SEQUENCE) && ("sequence" as const) },
            { ALT: () => this.CONSUME(k.VIEW) && ("view" as const) },
          ]);
          const ifExists = this.OPTION1(() => this.SUBRULE(this.ifExists)) !== undefined;
          const names = this.SUBRULE(this.objectNames);
          this.OPTION2(() => this.SUBRULE(this.waiting));
          this.OPTION3(() =>
            this.OR2([{ ALT: () => this.CONSUME(k.RESTRICT) }, { ALT: () => this.CONSUME(k.CASCADE) }]),
          );
          return { kind: "drop_object", object, isTemporary, ifExists, names, accounts: [], ...this.range(start) };
        },
      },
      {
        ALT: (): DropObject | DropIndex => {
          const object = this.SUBRULE(this.droppedKind);
          const ifExists = this.OPTION4(() => this.SUBRULE1(this.ifExists)) !== undefined;
          const names = [this.SUBRULE(this.objectName)];
          return {
            kind: "drop_object",
            object,
            isTemporary: false,
            ifExists,
            names,
            accounts: [],
            ...this.range(start),
          };
        },
      },
      {
        ALT: (): DropObject | DropIndex => {
          this.CONSUME(k.SERVER);
          const ifExists = this.OPTION5(() => this.SUBRULE2(this.ifExists)) !== undefined;
          const names = [ownName(this.SUBRULE(this.identifierOrText))];
          return {
            kind: "drop_object",
            object: "server",
            isTemporary: false,
            ifExists,
            names,
            accounts: [],
            ...this.range(start),
          };
        },
      },
      {
        ALT: (): DropObject | DropIndex => {
          const object = this.OR3([
            { ALT: () => this.CONSUME(k.USER) && ("user" as const) },
            { ALT: () => this.CONSUME(k.ROLE) && ("role" as const) },
          ]);
          const ifExists = this.OPTION6(() => this.SUBRULE3(this.ifExists)) !== undefined;
          const accounts = this.SUBRULE(this.accountNames);
          return {
            kind: "drop_object",
            object,
            isTemporary: false,
            ifExists,
            names: [],
            accounts,
            ...this.range(start),
          };
        },
      },
      {
        ALT: (): DropObject | DropIndex => {
          this.CONSUME(k.PREPARE);
          const names = [ownName(this.SUBRULE(this.identifier))];
          return {
            kind: "drop_object",
            object: "prepare",
            isTemporary: false,
            ifExists: false,
            names,
            accounts: [],
            ...this.range(start),
          };
        },
      },
    ]);
  });

  private readonly droppedKind = this.RULE(
    "droppedKind",
    (): ObjectKind =>
      this.OR([
        { ALT: () => this.CONSUME(t.group.databaseWord) && ("database" as const) },
        { ALT: () => this.CONSUME(k.FUNCTION) && ("function" as const) },
        { ALT: () => this.CONSUME(k.PROCEDURE) && ("procedure" as const) },
        { ALT: () => this.CONSUME(k.TRIGGER) && ("trigger" as const) },
        { ALT: () => this.CONSUME(k.EVENT) && ("event" as const) },
        {
          ALT: () => {
            this.CONSUME(k.PACKAGE);
            return this.OPTION(() => this.CONSUME(k.BODY)) === undefined
              ? ("package" as const)
              : ("package_body" as const);
          },
        },
      ]),
  );
}

/** A name without a schema. */
function ownName(name: Name): QualifiedName {
  return { parts: [name], start: name?.start, end: name?.end };
}
