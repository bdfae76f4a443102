/** CREATE PROCEDURE, FUNCTION, TRIGGER and EVENT (manual: Stored Objects). */
import * as t from "../lexer/tokens.ts";
import type { CreateEvent, CreateRoutine, CreateTrigger } from "../tree/ddl.ts";
import type { Expression } from "../tree/expressions.ts";
import type { AccountName, Name } from "../tree/node.ts";
import type { NamedObject } from "./objects.ts";
import { ProgramsGrammar } from "./programs.ts";

const { k } = t;

/** What stands between CREATE and the kind of object that runs as somebody. */
export interface StoredHead {
  readonly start: number;
  readonly definer: AccountName | undefined;
}

const recorded: StoredHead = { start: 0, definer: undefined };

export abstract class RoutinesGrammar extends ProgramsGrammar {
  /** `SQL SECURITY INVOKER` */
  readonly security = this.RULE("security", () => {
    this.CONSUME(k.SQL);
    this.CONSUME(k.SECURITY);
    this.OR([{ ALT: () => this.CONSUME(k.DEFINER) }, { ALT: () => this.CONSUME(k.INVOKER) }]);
  });

  readonly createProcedure = this.RULE("createProcedure", (head: StoredHead): CreateRoutine => {
    this.CONSUME(k.PROCEDURE);
    this.OPTION(() => this.SUBRULE(this.ifNotExists));
    const name = this.SUBRULE(this.objectName);
    const parameters = this.SUBRULE(this.routineParameters);
    this.MANY(() => this.SUBRULE(this.characteristic));
    const body = this.SUBRULE(this.storedStatement);
    const { definer, start } = head ?? recorded;
    return { kind: "create_procedure", name, definer, parameters, body, ...this.range(start) };
  });

  readonly createFunction = this.RULE("createFunction", (head: StoredHead): CreateRoutine => {
    this.OPTION(() => this.CONSUME(k.AGGREGATE));
    this.CONSUME(k.FUNCTION);
    this.OPTION1(() => this.SUBRULE(this.ifNotExists));
    const name = this.SUBRULE(this.objectName);
    const parameters = this.SUBRULE(this.routineParameters);
    this.CONSUME(k.RETURNS);
    this.SUBRULE(this.programType);
    this.MANY(() => this.SUBRULE(this.characteristic));
    const body = this.SUBRULE(this.storedStatement);
    const { definer, start } = head ?? recorded;
    return { kind: "create_function", name, definer, parameters, body, ...this.range(start) };
  });

  /** `(IN a INT, OUT b INT)` */
  private readonly routineParameters = this.RULE("routineParameters", (): Name[] => {
    const names: Name[] = [];
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({
      SEP: t.Comma,
      DEF: () => {
        this.OPTION(() => this.CONSUME(t.group.parameterMode));
        names.push(this.SUBRULE(this.identifier));
        this.SUBRULE(this.programType);
      },
    });
    this.CONSUME(t.RightParen);
    return names;
  });

  /** DETERMINISTIC, READS SQL DATA, COMMENT and so on */
  private readonly characteristic = this.RULE("characteristic", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.security) },
      {
        ALT: () => {
          this.CONSUME(k.COMMENT);
          this.SUBRULE(this.text);
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.LANGUAGE);
          this.CONSUME(k.SQL);
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.NO);
          this.CONSUME1(k.SQL);
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.CONTAINS);
          this.CONSUME2(k.SQL);
        },
      },
      {
        ALT: () => {
          this.OR1([{ ALT: () => this.CONSUME(k.READS) }, { ALT: () => this.CONSUME(k.MODIFIES) }]);
          this.CONSUME3(k.SQL);
          this.CONSUME(k.DATA);
        },
      },
      {
        ALT: () => {
          this.OPTION(() => this.CONSUME(k.NOT));
          this.CONSUME(k.DETERMINISTIC);
        },
      },
    ]);
  });

  /** ALTER PROCEDURE, ALTER FUNCTION: characteristics only. */
  readonly routineChange = this.RULE("routineChange", (): NamedObject => {
    const object = this.OR([
      { ALT: () => this.CONSUME(k.PROCEDURE) && ("procedure" as const) },
      { ALT: () => this.CONSUME(k.FUNCTION) && ("function" as const) },
    ]);
    const name = this.SUBRULE(this.objectName);
    this.MANY(() => this.SUBRULE(this.characteristic));
    return { object, names: [name], accounts: [] };
  });

  readonly createTrigger = this.RULE("createTrigger", (head: StoredHead): CreateTrigger => {
    this.CONSUME(k.TRIGGER);
    this.OPTION(() => this.SUBRULE(this.ifNotExists));
    const name = this.SUBRULE(this.objectName);
    this.OR([{ ALT: () => this.CONSUME(k.BEFORE) }, { ALT: () => this.CONSUME(k.AFTER) }]);
    this.CONSUME(t.group.triggerEvent);
    this.CONSUME(k.ON);
    const table = this.SUBRULE1(this.objectName);
    this.CONSUME(k.FOR);
    this.CONSUME(k.EACH);
    this.CONSUME(k.ROW);
    this.OPTION1(() => {
      this.OR1([{ ALT: () => this.CONSUME(k.FOLLOWS) }, { ALT: () => this.CONSUME(k.PRECEDES) }]);
      this.SUBRULE(this.identifier);
    });
    const body = this.SUBRULE(this.storedStatement);
    const { definer, start } = head ?? recorded;
    return { kind: "create_trigger", name, table, definer, body, ...this.range(start) };
  });

  readonly createEvent = this.RULE("createEvent", (head: StoredHead): CreateEvent => {
    this.CONSUME(k.EVENT);
    this.OPTION(() => this.SUBRULE(this.ifNotExists));
    const name = this.SUBRULE(this.objectName);
    const expressions = this.SUBRULE(this.schedule);
    this.SUBRULE(this.eventOptions);
    this.CONSUME(k.DO);
    const body = this.SUBRULE(this.storedStatement);
    const { definer, start } = head ?? recorded;
    return { kind: "create_event", name, definer, expressions, body, ...this.range(start) };
  });

  readonly alterEvent = this.RULE("alterEvent", (head: StoredHead): CreateEvent => {
    this.CONSUME(k.EVENT);
    const name = this.SUBRULE(this.objectName);
    const expressions = this.OPTION({ GATE: () => this.isNext(k.SCHEDULE, 2), DEF: () => this.SUBRULE(this.schedule) });
    this.SUBRULE(this.eventOptions);
    const body = this.OPTION1(() => {
      this.CONSUME(k.DO);
      return this.SUBRULE(this.storedStatement);
    });
    const { definer, start } = head ?? recorded;
    return { kind: "alter_event", name, definer, expressions: expressions ?? [], body, ...this.range(start) };
  });

  /** `ON SCHEDULE EVERY 1 DAY STARTS '…' ENDS '…'`, `ON SCHEDULE AT now()` */
  private readonly schedule = this.RULE("schedule", (): Expression[] => {
    const expressions: Expression[] = [];
    this.CONSUME(k.ON);
    this.CONSUME(k.SCHEDULE);
    this.OR([
      {
        ALT: () => {
          this.CONSUME(k.AT);
          expressions.push(this.SUBRULE(this.expression));
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.EVERY);
          expressions.push(this.SUBRULE1(this.expression));
          this.SUBRULE(this.unit);
          this.MANY(() => {
            this.OR1([{ ALT: () => this.CONSUME(k.STARTS) }, { ALT: () => this.CONSUME(k.ENDS) }]);
            expressions.push(this.SUBRULE2(this.expression));
          });
        },
      },
    ]);
    return expressions;
  });

  /** ON COMPLETION, RENAME TO, ENABLE, COMMENT */
  private readonly eventOptions = this.RULE("eventOptions", () => {
    this.OPTION(() => {
      this.CONSUME(k.ON);
      this.CONSUME(k.COMPLETION);
      this.OPTION1(() => this.CONSUME(k.NOT));
      this.CONSUME(k.PRESERVE);
    });
    this.OPTION2(() => {
      this.CONSUME(k.RENAME);
      this.CONSUME(k.TO);
      this.SUBRULE(this.objectName);
    });
    this.OPTION3(() => {
      this.OR([
        { ALT: () => this.CONSUME(k.ENABLE) },
        {
          ALT: () => {
            this.CONSUME(k.DISABLE);
            this.OPTION4(() => {
              this.CONSUME1(k.ON);
              this.OR1([{ ALT: () => this.CONSUME(k.SLAVE) }, { ALT: () => this.CONSUME(k.REPLICA) }]);
            });
          },
        },
      ]);
    });
    this.OPTION5(() => {
      this.CONSUME(k.COMMENT);
      this.SUBRULE(this.text);
    });
  });
}
