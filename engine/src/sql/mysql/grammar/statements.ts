/** Statements as clients send them: `verb_clause` of the server's grammar, and CREATE and ALTER with what comes before the object's kind. */
import * as t from "../lexer/tokens.ts";
import type {
  AlterObject,
  AlterTable,
  CreateEvent,
  CreateObject,
  CreateRoutine,
  CreateSequence,
  CreateTable,
  CreateTrigger,
  CreateView,
  CreateIndex,
} from "../tree/ddl.ts";
import type { AccountName } from "../tree/node.ts";
import type { QueryExpression, WithClause } from "../tree/queries.ts";
import type { Compound, Statement } from "../tree/statements.ts";
import { type CreateHead, recordedHead } from "./create-table.ts";
import { RoutinesGrammar } from "./routines.ts";

const { k } = t;

type Created =
  | CreateTable
  | CreateIndex
  | CreateView
  | CreateTrigger
  | CreateRoutine
  | CreateEvent
  | CreateSequence
  | CreateObject;
type Altered = AlterTable | CreateView | CreateEvent | CreateSequence | AlterObject;

export abstract class StatementsGrammar extends RoutinesGrammar {
  /** Statements with semicolons between them. An empty one counts as none. */
  readonly statements = this.RULE("statements", (): Statement[] => {
    const statements: Statement[] = [];
    this.MANY_SEP({
      SEP: t.Semicolon,
      DEF: () => {
        const statement = this.OPTION(() => this.SUBRULE(this.statement));
        if (statement !== undefined) statements.push(statement);
      },
    });
    return statements;
  });

  readonly statement = this.RULE(
    "statement",
    (): Statement =>
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          { GATE: () => this.isCompound(), ALT: () => this.SUBRULE(this.compound) },
          { ALT: () => this.SUBRULE(this.simpleStatement) },
        ],
      }),
  );

  private isCompound(): boolean {
    if (this.isNext(t.Colon, 2)) return true;
    if (this.isNext(k.BEGIN)) return this.isNext(k.NOT, 2);
    return this.isAny(t.group.compoundStart);
  }

  private readonly compound = this.RULE("compound", (): Compound => {
    const start = this.start();
    const body = this.SUBRULE(this.storedStatement);
    return { kind: "compound", label: undefined, body, ...this.range(start) };
  });

  protected readonly simpleStatement = this.RULE(
    "simpleStatement",
    (): Statement =>
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          { ALT: () => this.SUBRULE(this.queryStatement) },
          { ALT: () => this.SUBRULE(this.insert) },
          { ALT: () => this.SUBRULE(this.replace) },
          { ALT: () => this.SUBRULE(this.update, { ARGS: [undefined] }) },
          { ALT: () => this.SUBRULE(this.delete, { ARGS: [undefined] }) },
          { ALT: () => this.SUBRULE(this.set) },
          { ALT: () => this.SUBRULE(this.show) },
          { ALT: () => this.SUBRULE(this.create) },
          { ALT: () => this.SUBRULE(this.alter) },
          { ALT: () => this.SUBRULE(this.drop) },
          { ALT: () => this.SUBRULE(this.truncate) },
          { ALT: () => this.SUBRULE(this.rename) },
          { ALT: () => this.SUBRULE(this.startStatement) },
          { ALT: () => this.SUBRULE(this.endTransaction) },
          { ALT: () => this.SUBRULE(this.savepoint) },
          { ALT: () => this.SUBRULE(this.use) },
          { ALT: () => this.SUBRULE(this.explainOrMaintain) },
          { ALT: () => this.SUBRULE(this.prepare) },
          { ALT: () => this.SUBRULE(this.execute) },
          { ALT: () => this.SUBRULE(this.deallocate) },
          { ALT: () => this.SUBRULE(this.lockTables) },
          { ALT: () => this.SUBRULE(this.unlockTables) },
          { ALT: () => this.SUBRULE(this.callStatement) },
          { ALT: () => this.SUBRULE(this.doStatement) },
          { ALT: () => this.SUBRULE(this.handler) },
          { ALT: () => this.SUBRULE(this.load) },
          { ALT: () => this.SUBRULE(this.keyCache) },
          { ALT: () => this.SUBRULE(this.grant) },
          { ALT: () => this.SUBRULE(this.revoke) },
          { ALT: () => this.SUBRULE(this.flush) },
          { ALT: () => this.SUBRULE(this.kill) },
          { ALT: () => this.SUBRULE(this.purge) },
          { ALT: () => this.SUBRULE(this.replication) },
          { ALT: () => this.SUBRULE(this.plugins) },
          { ALT: () => this.SUBRULE(this.server) },
          { ALT: () => this.SUBRULE(this.xa) },
          { ALT: () => this.SUBRULE(this.signal) },
          { ALT: () => this.SUBRULE(this.getDiagnostics) },
        ],
      }),
  );

  /** A query, or what else may stand behind WITH: MySQL's UPDATE and DELETE. */
  private readonly queryStatement = this.RULE(
    "queryStatement",
    (): Statement =>
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [{ ALT: () => this.SUBRULE(this.withStatement) }, { ALT: () => this.SUBRULE(this.queryExpression) }],
      }),
  );

  private readonly withStatement = this.RULE("withStatement", (): Statement => {
    const withClause: WithClause = this.SUBRULE(this.withClause);
    return this.OR([
      { ALT: () => this.SUBRULE(this.update, { ARGS: [withClause] }) },
      { ALT: () => this.SUBRULE(this.delete, { ARGS: [withClause] }) },
      {
        ALT: (): QueryExpression => {
          const body = this.SUBRULE(this.queryBody);
          const tail = this.SUBRULE(this.queryTail);
          return { kind: "query", with: withClause, body, ...tail, ...this.rangeFrom(withClause) };
        },
      },
    ]);
  });

  private readonly rename = this.RULE(
    "rename",
    (): Statement =>
      this.OR([
        { GATE: () => !this.isNext(k.USER, 2), ALT: () => this.SUBRULE(this.renameTables) },
        { GATE: () => this.isNext(k.USER, 2), ALT: () => this.SUBRULE(this.renameUsers) },
      ]),
  );

  /** START TRANSACTION or START REPLICA. */
  private readonly startStatement = this.RULE(
    "startStatement",
    (): Statement =>
      this.OR([
        {
          GATE: () => this.isNext(k.BEGIN) || this.isNext(k.TRANSACTION, 2),
          ALT: () => this.SUBRULE(this.beginTransaction),
        },
        { ALT: () => this.SUBRULE(this.replication) },
      ]),
  );

  private readonly load = this.RULE(
    "load",
    (): Statement =>
      this.OR([
        { GATE: () => !this.isNext(k.INDEX, 2), ALT: () => this.SUBRULE(this.loadData) },
        { GATE: () => this.isNext(k.INDEX, 2), ALT: () => this.SUBRULE(this.keyCache) },
      ]),
  );

  /** ANALYZE TABLE and its kin, or EXPLAIN, which MariaDB's ANALYZE of a statement is too. */
  private readonly explainOrMaintain = this.RULE(
    "explainOrMaintain",
    (): Statement =>
      this.OR([
        { GATE: () => !this.isNext(k.ANALYZE) || this.isMaintenance(), ALT: () => this.SUBRULE(this.maintenance) },
        { ALT: () => this.SUBRULE(this.explain) },
      ]),
  );

  private isMaintenance(): boolean {
    return this.isAny(t.group.tableWord, 2) || this.isAny(t.group.binlogOption, 2);
  }

  /** CREATE, with OR REPLACE, ALGORITHM, DEFINER and SQL SECURITY before the kind of object. */
  private readonly create = this.RULE("create", (): Created => {
    const start = this.start();
    this.CONSUME(k.CREATE);
    const orReplace =
      this.OPTION(() => {
        this.CONSUME(k.OR);
        this.CONSUME(k.REPLACE);
        return true;
      }) === true;
    const definer = this.SUBRULE(this.definerClause);
    const head: CreateHead = this.RECORDING_PHASE ? recordedHead : { start, orReplace };
    const own = { start, definer };
    return this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          GATE: () => this.isNext(k.SEQUENCE) || this.isNext(k.SEQUENCE, 2),
          ALT: (): Created => ({
            kind: "create_sequence",
            ...this.SUBRULE(this.sequenceDefinition),
            ...this.range(start),
          }),
        },
        { ALT: () => this.SUBRULE(this.createTable, { ARGS: [head] }) },
        { ALT: () => this.SUBRULE(this.createIndex, { ARGS: [head] }) },
        {
          ALT: (): Created => ({
            kind: "create_view",
            orReplace,
            definer,
            ...this.SUBRULE(this.viewDefinition),
            ...this.range(start),
          }),
        },
        { ALT: () => this.SUBRULE(this.createTrigger, { ARGS: [own] }) },
        { ALT: () => this.SUBRULE(this.createProcedure, { ARGS: [own] }) },
        {
          GATE: () => this.isLoadable(),
          ALT: (): Created => ({ kind: "create_object", ...this.SUBRULE(this.loadableFunction), ...this.range(start) }),
        },
        { ALT: () => this.SUBRULE(this.createFunction, { ARGS: [own] }) },
        { ALT: () => this.SUBRULE(this.createEvent, { ARGS: [own] }) },
        {
          ALT: (): Created => ({
            kind: "create_object",
            ...this.SUBRULE(this.databaseDefinition),
            ...this.range(start),
          }),
        },
        {
          ALT: (): Created => ({ kind: "create_object", ...this.SUBRULE(this.serverDefinition), ...this.range(start) }),
        },
        { ALT: (): Created => ({ kind: "create_object", ...this.SUBRULE(this.userDefinition), ...this.range(start) }) },
        { ALT: (): Created => ({ kind: "create_object", ...this.SUBRULE(this.roleDefinition), ...this.range(start) }) },
      ],
    });
  });

  /** `ALGORITHM = MERGE DEFINER = u SQL SECURITY INVOKER` */
  private readonly definerClause = this.RULE("definerClause", (): AccountName | undefined => {
    let definer: AccountName | undefined;
    this.OPTION(() => {
      this.CONSUME(k.ALGORITHM);
      this.CONSUME(t.Equal);
      this.OR([{ ALT: () => this.CONSUME(t.Identifier) }]);
    });
    this.OPTION1(() => {
      this.CONSUME(k.DEFINER);
      this.CONSUME1(t.Equal);
      definer = this.SUBRULE(this.accountName);
    });
    this.OPTION2(() => this.SUBRULE(this.security));
    return definer;
  });

  /** ALTER */
  private readonly alter = this.RULE("alter", (): Altered => {
    const start = this.start();
    this.CONSUME(k.ALTER);
    const definer = this.SUBRULE(this.definerClause);
    return this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          GATE: () => this.isNext(k.SEQUENCE),
          ALT: (): Altered => ({
            kind: "alter_sequence",
            ...this.SUBRULE(this.sequenceDefinition),
            ...this.range(start),
          }),
        },
        { ALT: () => this.SUBRULE(this.alterTable, { ARGS: [start] }) },
        {
          ALT: (): Altered => ({
            kind: "alter_view",
            orReplace: false,
            definer,
            ...this.SUBRULE(this.viewDefinition),
            ...this.range(start),
          }),
        },
        { ALT: () => this.SUBRULE(this.alterEvent, { ARGS: [{ start, definer }] }) },
        { ALT: (): Altered => ({ kind: "alter_object", ...this.SUBRULE(this.routineChange), ...this.range(start) }) },
        {
          ALT: (): Altered => ({
            kind: "alter_object",
            ...this.SUBRULE(this.databaseDefinition),
            ...this.range(start),
          }),
        },
        {
          ALT: (): Altered => ({ kind: "alter_object", ...this.SUBRULE(this.serverDefinition), ...this.range(start) }),
        },
        { ALT: (): Altered => ({ kind: "alter_object", ...this.SUBRULE(this.userDefinition), ...this.range(start) }) },
      ],
    });
  });

  /** A function that is loaded from a library has no brackets after its name. */
  private isLoadable(): boolean {
    if (this.isNext(k.AGGREGATE)) return this.hasReturnsFirst(3);
    return this.isNext(k.FUNCTION) && this.hasReturnsFirst(2);
  }

  private hasReturnsFirst(from: number): boolean {
    let ahead = from;
    if (this.isNext(k.IF, ahead)) ahead += 3;
    while (this.isAny(t.Identifier, ahead) && !this.isNext(k.RETURNS, ahead)) ahead++;
    while (this.isNext(t.Dot, ahead)) ahead += 2;
    return this.isNext(k.RETURNS, ahead);
  }
}
