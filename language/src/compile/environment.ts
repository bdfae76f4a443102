/** What an evaluation knows and remembers. Hot file: each statement and each column has one. */
import type { Input } from "../program.ts";
import type { Value } from "../values.ts";
import type { EvaluationContext } from "./evaluation-context.ts";
import type { Observations } from "./observations.ts";
import type { Tracer } from "./trace.ts";

/** Memo of a rule that is undefined. */
export const none: unique symbol = Symbol("undefined");
export type Memo = Value | typeof none | undefined;

/** The memo of an evaluation that has not begun. */
export function blankMemo(groups: number): readonly Memo[] {
  const blank: Memo[] = [];
  for (let index = 0; index < groups; index += 1) blank.push(undefined);
  return blank;
}

/** What a function is replaced by. */
export type Mock =
  | { readonly value: Value }
  | { call(environment: Environment, args: readonly Value[]): Value | undefined };

/** The test host as a test asks it: from a world in which `with` has replaced data, rules and functions. */
export interface AskedHost {
  readonly decide: Ask;
  readonly rows: Ask;
}

export type Ask = (
  sql: string,
  parameters: readonly Value[] | undefined,
  input: Partial<Input>,
  from: Environment,
) => Value;

/** The rule tree at run time. */
export interface DocumentNode {
  readonly path: readonly string[];
  readonly children: Map<string, DocumentNode>;
  /** The generated function of the group, absent for functions of the language. */
  evaluate: ((environment: Environment) => Value | undefined) | undefined;
  isFunction: boolean;
}

export class Environment {
  principal: Value | undefined;
  session: Value | undefined;
  target: Value | undefined;
  query: Value | undefined;
  /** What stands in `input` besides the roots; all of it in plain Rego. */
  input: Value | undefined;
  data: Value;
  memo: Memo[];
  mocks: Map<string, Mock> | null = null;
  /** Groups that `with data.… as` replaces. */
  shadow: Set<number> | null = null;
  documents: Map<DocumentNode, Value> | null = null;
  /** In tests. */
  tracer: Tracer | null = null;
  /** Only where a program explains itself. */
  observations: Observations | null = null;
  host: AskedHost | null = null;
  readonly context: EvaluationContext;

  /** What nothing is remembered in; copied, which costs less than filling. */
  private readonly blank: readonly Memo[];

  constructor(data: Value, blank: readonly Memo[], context: EvaluationContext) {
    this.data = data;
    this.blank = blank;
    this.memo = blank.slice();
    this.context = context;
  }

  /** The same world, to be changed: nothing remembered. */
  fork(): Environment {
    const copy = new Environment(this.data, this.blank, this.context);
    copy.principal = this.principal;
    copy.session = this.session;
    copy.target = this.target;
    copy.query = this.query;
    copy.input = this.input;
    copy.mocks = this.mocks;
    copy.shadow = this.shadow;
    copy.host = this.host;
    copy.observations = this.observations;
    copy.tracer = this.tracer;
    return copy;
  }
}
