/** What the body of a stored function, procedure or trigger does: all of its statements as one. */
import type { Relation } from "../../../catalog/catalog.ts";
import { columnFacts, tableFacts } from "../../fact-sets.ts";
import type { ColumnFact, FunctionFact, StatementFacts, TableFact } from "../../facts.ts";
import type { Name } from "../tree/node.ts";
import type { StoredStatement } from "../tree/programs.ts";
import type { SetStatement } from "../tree/utility.ts";
import { FactContext } from "./context.ts";
import type { NameState } from "./names.ts";
import { ProgramNames } from "./program-names.ts";
import { walkerOf, walkQuery } from "./queries.ts";
import { walkStatement } from "./resolve.ts";
import { newScope } from "./scope.ts";

export interface ProgramFacts {
  readonly tables: readonly TableFact[];
  readonly columns: readonly ColumnFact[];
  readonly functions: readonly FunctionFact[];
  /** Of each UPDATE and DELETE. */
  readonly wheres: readonly Pick<StatementFacts, "hasWhere" | "whereIsConstant">[];
  /** Names of the columns of NEW and OLD that are looked at, and of those of NEW that are given values. */
  readonly row: { readonly read: ReadonlySet<string>; readonly assigned: ReadonlySet<string> };
  /** It raises errors of its own (SIGNAL). */
  readonly says: boolean;
  /** Why there may be more to it, as what the code does: "runs `show`". */
  readonly problem: string | undefined;
}

/**
 * @param names with the database of the program's own chosen.
 * @param parameters of the program.
 * @param row the table that a trigger is of.
 */
export function programFacts(
  body: StoredStatement,
  names: NameState,
  parameters: readonly string[],
  row: Relation | undefined,
): ProgramFacts {
  const walk = new ProgramWalk(names, parameters, row);
  walk.statement(body);
  return walk.facts();
}

class ProgramWalk {
  readonly #context: FactContext;
  readonly #program: ProgramNames;
  readonly #wheres: ProgramFacts["wheres"][number][] = [];
  #says = false;
  #problem: string | undefined;

  constructor(names: NameState, parameters: readonly string[], row: Relation | undefined) {
    this.#program = new ProgramNames(parameters, row);
    this.#context = new FactContext(names, this.#program);
  }

  facts(): ProgramFacts {
    const { tables, sources, functions, opaque, unknown } = this.#context;
    const unread = opaque.find(({ construct }) => construct !== "CALL")?.construct;
    const missing = unknown.find(({ what, name }) => what !== "column" || !this.#program.isVariable(name.split(".")));
    const called = [...functions.values()].find(({ category }) => category === "file" || category === "statistics");
    const problem =
      this.#problem ??
      (unread && `uses \`${unread}\`, which cannot be checked`) ??
      (missing && `names ${missing.what} \`${missing.name}\`, which is not known`) ??
      (called && `calls \`${called.name}\``);
    return {
      tables: tableFacts(tables),
      columns: columnFacts(sources),
      functions: [...functions.values()],
      wheres: this.#wheres,
      row: { read: this.#program.read, assigned: this.#program.assigned },
      says: this.#says,
      problem,
    };
  }

  #all(statements: readonly StoredStatement[]): void {
    for (const each of statements) this.statement(each);
  }

  #values(expressions: readonly (Parameters<ReturnType<typeof walkerOf>["value"]>[0] | undefined)[]): void {
    const scope = newScope(undefined, undefined);
    for (const each of expressions) if (each !== undefined) walkerOf(this.#context).value(each, scope, []);
  }

  #declare(names: readonly Name[]): void {
    for (const { text } of names) this.#program.declare(text);
  }

  statement(statement: StoredStatement): void {
    switch (statement.kind) {
      case "block":
        return this.#all(statement.statements);
      case "if":
      case "case_statement": {
        const { branches, otherwise } = statement;
        this.#values([...(statement.kind === "if" ? [] : [statement.operand]), ...branches.map(({ when }) => when)]);
        for (const branch of branches) this.#all(branch.statements);
        return this.#all(otherwise);
      }
      case "loop":
        if (statement.variable !== undefined) this.#declare([statement.variable]);
        this.#values(statement.expressions);
        if (statement.query !== undefined) walkQuery(this.#context, statement.query, undefined, undefined);
        return this.#all(statement.statements);
      case "return":
        return this.#values([statement.value]);
      case "cursor":
        return this.#values(statement.arguments);
      case "declare":
        // Names of conditions and cursors are no variables, but no columns either.
        this.#declare(statement.names);
        this.#values([statement.value]);
        if (statement.query !== undefined) walkQuery(this.#context, statement.query, undefined, undefined);
        if (statement.handler !== undefined) this.statement(statement.handler);
        return;
      case "jump":
      case "fetch_group":
      case "begin":
      case "commit":
      case "rollback":
      case "savepoint":
      case "rollback_to":
      case "release":
        return;
      case "query":
      case "insert":
      case "replace":
      case "do": {
        walkStatement(this.#context, statement);
        return;
      }
      case "update":
      case "delete": {
        const result = walkStatement(this.#context, statement);
        const { present = false, constant = false } = result?.where ?? {};
        this.#wheres.push({ hasWhere: present, whereIsConstant: constant });
        return;
      }
      case "call_statement":
        walkStatement(this.#context, statement);
        // A parameter may be OUT.
        for (const argument of statement.arguments) {
          if (argument.kind === "column") this.#program.assign(argument.parts.map(({ text }) => text));
        }
        return;
      case "set":
        return this.#set(statement);
      case "diagnostics":
        if (statement.operation === "get") this.#problem ??= "reads what errors and warnings say (GET DIAGNOSTICS)";
        this.#says = true;
        return this.#values(statement.expressions);
      case "prepare":
      case "execute":
      case "deallocate":
        this.#problem ??= `runs SQL given as text (\`${statement.kind.toUpperCase()}\`), which cannot be checked`;
        return;
      default:
        this.#problem ??= `runs \`${statement.kind}\``;
    }
  }

  #set({ items, statement }: SetStatement): void {
    if (statement !== undefined) this.#problem ??= "changes settings of the session";
    for (const item of items) {
      if (item.kind === "user_variable") this.#values([item.value]);
      else if (item.kind === "system_variable" && item.variable.scope === undefined) {
        const parts = item.variable.name.split(".");
        if (!this.#program.assign(parts) && !this.#program.isVariable(parts)) {
          this.#problem ??= `sets \`${item.variable.name}\` of the session`;
        }
        this.#values([item.value]);
      } else this.#problem ??= "changes settings of the session";
    }
  }
}
