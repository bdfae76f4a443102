/**
 * What generated code calls. Hot file: it runs for each statement and each column; benchmark.ts pays for its shapes.
 *
 * Undefined is JavaScript's `undefined` throughout. Generated functions get the environment as their first argument.
 */
import { add, divide, multiply, remainder, subtract } from "../builtins/arithmetic.ts";
import { type Builtin, BuiltinError, CostError } from "../builtin.ts";
import { checkInteger } from "../builtins/operands.ts";
import type { RootName } from "../check/vocabulary.ts";
import { callSteps, resultSteps, same, spend, stopped, weigh } from "./cost.ts";
import { EvaluationError, type Site } from "./evaluation-error.ts";
import { languageLimits } from "../limits.ts";
import {
  format,
  isArray,
  isNumber,
  type Key,
  keyOf,
  lookup,
  RegoObject,
  RegoSet,
  typeName,
  type Value,
} from "../values.ts";
import { lookupPath } from "./documents.ts";
import type { Ask, AskedHost, Environment, Mock } from "./environment.ts";

const noValues: readonly Value[] = [];

/** `value.name`, for a name that does not begin with NUL. */
export function field(value: Value | undefined, name: string): Value | undefined {
  return value instanceof RegoObject ? value.field(name) : lookup(value, name);
}

/** What iteration over a value gives, in Rego's order. */
export function valuesOf(value: Value | undefined): readonly Value[] {
  if (isArray(value)) return value;
  if (value instanceof RegoSet) return value.members();
  if (value instanceof RegoObject) return value.values();
  return noValues;
}

export function isCollection(value: Value): boolean {
  return isArray(value) || value instanceof RegoSet || value instanceof RegoObject;
}

/** The one value of a complete rule or function. */
export function once(
  environment: Environment,
  before: Value | undefined,
  value: Value,
  site: Site,
  isFunction: boolean,
): Value {
  if (before === undefined || same(environment, before, value, site)) return value;
  const message = isFunction
    ? "functions must not produce multiple outputs for same inputs"
    : "complete rules must not produce multiple outputs";
  throw new EvaluationError("eval_conflict_error", `${message}: \`${site.name}\``, site);
}

type Entry =
  | { readonly kind: "value"; readonly key: Value; readonly value: Value }
  | { readonly kind: "set"; readonly key: Value; readonly set: RegoSet }
  | { readonly kind: "object"; readonly key: Value; readonly object: PartialObject };

/** An object under construction whose rules define values and sets at paths of any length. */
export class PartialObject {
  private readonly entries = new Map<Key, Entry>();

  put(environment: Environment, path: readonly Value[], value: Value, isMember: boolean, site: Site): void {
    const [key, ...rest] = path;
    if (key === undefined) throw new Error("a partial object needs a path");
    weigh(environment, key, site);
    if (isMember && rest.length === 0) weigh(environment, value, site);
    const mapKey = keyOf(key);
    const entry = this.entries.get(mapKey) ?? newEntry(key, value, isMember, rest.length > 0);
    this.entries.set(mapKey, entry);
    if (rest.length > 0 && entry.kind === "object") entry.object.put(environment, rest, value, isMember, site);
    else if (rest.length === 0 && isMember && entry.kind === "set") entry.set.add(value);
    else if (rest.length > 0 || isMember || entry.kind !== "value" || !same(environment, entry.value, value, site)) {
      throw new EvaluationError("eval_conflict_error", "object keys must be unique", site);
    }
  }

  /** For a default: only where nothing stands. */
  putDefault(environment: Environment, path: readonly Value[], value: Value, site: Site): void {
    if (lookupPath(this.finish(), path) === undefined) this.put(environment, path, value, false, site);
  }

  finish(): RegoObject {
    const object = new RegoObject();
    for (const entry of this.entries.values()) {
      if (entry.kind === "object") object.put(entry.key, entry.object.finish());
      else object.put(entry.key, entry.kind === "set" ? entry.set : entry.value);
    }
    return object;
  }
}

function newEntry(key: Value, value: Value, isMember: boolean, isInner: boolean): Entry {
  if (isInner) return { kind: "object", key, object: new PartialObject() };
  return isMember ? { kind: "set", key, set: RegoSet.from([]) } : { kind: "value", key, value };
}

// Errors and builtins.

/** A builtin failed: undefined in ordinary evaluation, the end of a strict one. */
function failed(environment: Environment, error: unknown, site: Site): undefined {
  if (error instanceof CostError) throw stopped(error, environment, site);
  // What V8 itself refuses: a text, map or integer that is too large, a stack that is too deep.
  if (error instanceof RangeError) throw tooLarge(environment, site);
  if (!(error instanceof BuiltinError)) throw error;
  if (!environment.context.strict) return undefined;
  const code = error.kind === "type" ? "eval_type_error" : "eval_builtin_error";
  throw new EvaluationError(code, `${site.name}: ${error.message}`, site);
}

function tooLarge(environment: Environment, site: Site): EvaluationError {
  return stopped(new CostError("more memory or deeper nesting than there is"), environment, site);
}

export function call(
  environment: Environment,
  builtin: Builtin,
  args: readonly Value[],
  site: Site,
): Value | undefined {
  const { context } = environment;
  spend(environment, callSteps(builtin, args, context.left), site);
  try {
    const result = builtin.apply(args, context);
    const steps = resultSteps(result);
    if (steps > 0) context.spend(steps);
    return result;
  } catch (error) {
    return failed(environment, error, site);
  }
}

export function callRelation(
  environment: Environment,
  builtin: Builtin,
  args: readonly Value[],
  site: Site,
): readonly Value[] {
  return valuesOf(call(environment, builtin, args, site));
}

export function mock(environment: Environment, name: string, args: readonly Value[]): Value | undefined {
  const replacement = environment.mocks?.get(name);
  if (replacement === undefined) return undefined;
  if ("value" in replacement) return replacement.value;
  // A replacement sees the functions as they are: replacing `count` by something that calls `count` must end.
  const inner = environment.fork();
  inner.mocks = null;
  return replacement.call(inner, args);
}

export function decide(environment: Environment, sql: Value, parameters: Value | undefined, site: Site): Value {
  const { host, args } = askHost(environment, sql, parameters, site);
  return host.decide(...args);
}

/** As `decide`; a statement that is denied or fails is an error, never an absence of rows. */
export function rows(environment: Environment, sql: Value, parameters: Value | undefined, site: Site): Value {
  const { host, args } = askHost(environment, sql, parameters, site);
  try {
    return host.rows(...args);
  } catch (error) {
    if (!(error instanceof BuiltinError)) throw error;
    throw new EvaluationError("eval_builtin_error", `rows: ${error.message}`, site);
  }
}

function askHost(
  environment: Environment,
  sql: Value,
  parameters: Value | undefined,
  site: Site,
): { readonly host: AskedHost; readonly args: Parameters<Ask> } {
  const { host } = environment;
  if (host === null) throw new EvaluationError("eval_builtin_error", `\`${site.name}\` works in tests only`, site);
  if (typeof sql !== "string")
    throw new EvaluationError("eval_type_error", `\`${site.name}\` takes the text of a statement`, site);
  if (parameters !== undefined && !isArray(parameters))
    throw new EvaluationError("eval_type_error", `\`${site.name}\` takes parameters as an array`, site);
  const input: Partial<Record<RootName, Value>> = {};
  if (environment.principal !== undefined) input.principal = environment.principal;
  if (environment.session !== undefined) input.session = environment.session;
  if (environment.target !== undefined) input.target = environment.target;
  if (environment.query !== undefined) input.query = environment.query;
  return { host, args: [sql, parameters, input, environment] };
}

type Numeric = number | bigint;
type NumberOperation = (a: Numeric, b: Numeric) => Numeric;

function arithmetic(
  environment: Environment,
  a: Value,
  b: Value,
  site: Site,
  operation: NumberOperation,
): Value | undefined {
  try {
    if (!isNumber(a)) throw operandError(1, "number", a);
    if (!isNumber(b)) throw operandError(2, "number", b);
    environment.context.spend(1);
    const result = operation(a, b);
    // Integers in the safe range are the quick way; all else goes through texts and large integers.
    if (!Number.isSafeInteger(result)) environment.context.spend(slowNumberSteps);
    return checkInteger(result);
  } catch (error) {
    return failed(environment, error, site);
  }
}

const slowNumberSteps = 16;

function operandError(position: number, wanted: string, got: Value): BuiltinError {
  return new BuiltinError(`operand ${position} must be ${wanted} but got ${typeName(got)}`, "type");
}

export function plus(environment: Environment, a: Value, b: Value, site: Site): Value | undefined {
  return arithmetic(environment, a, b, site, add);
}

export function minus(environment: Environment, a: Value, b: Value, site: Site): Value | undefined {
  if (a instanceof RegoSet && b instanceof RegoSet) {
    weigh(environment, a, site);
    return RegoSet.from(a.members().filter((item) => !b.has(item)));
  }
  if (a instanceof RegoSet) return failed(environment, operandError(2, "set", b), site);
  return arithmetic(environment, a, b, site, subtract);
}

export function times(environment: Environment, a: Value, b: Value, site: Site): Value | undefined {
  return arithmetic(environment, a, b, site, multiply);
}

export function over(environment: Environment, a: Value, b: Value, site: Site): Value | undefined {
  return arithmetic(environment, a, b, site, divide);
}

export function modulo(environment: Environment, a: Value, b: Value, site: Site): Value | undefined {
  return arithmetic(environment, a, b, site, remainder);
}

export function and(environment: Environment, a: Value, b: Value, site: Site): Value | undefined {
  if (!(a instanceof RegoSet)) return failed(environment, operandError(1, "set", a), site);
  if (!(b instanceof RegoSet)) return failed(environment, operandError(2, "set", b), site);
  weigh(environment, a, site);
  return RegoSet.from(a.members().filter((item) => b.has(item)));
}

export function or(environment: Environment, a: Value, b: Value, site: Site): Value | undefined {
  if (!(a instanceof RegoSet)) return failed(environment, operandError(1, "set", a), site);
  if (!(b instanceof RegoSet)) return failed(environment, operandError(2, "set", b), site);
  weigh(environment, a, site);
  weigh(environment, b, site);
  return RegoSet.from([...a.members(), ...b.members()]);
}

/** Joins the parts of a template: texts, and sets that hold an expression's value or nothing. */
export function template(environment: Environment, parts: readonly (string | RegoSet)[], site: Site): Value {
  let text = "";
  for (const part of parts) {
    if (typeof part === "string") text += part;
    else if (part.size > 1) {
      throw new EvaluationError("eval_conflict_error", "a template expression must not produce multiple outputs", site);
    } else {
      const [value] = part.members();
      if (value !== undefined) weigh(environment, value, site);
      text += value === undefined ? "<undefined>" : typeof value === "string" ? value : format(value);
    }
  }
  spend(environment, resultSteps(text), site);
  if (text.length > languageLimits.textCharsMax) throw tooLarge(environment, site);
  return text;
}

// `with`.

/** The environment for what `with` changes. Nothing is remembered in it, and it is charged for: rules that call each other under `with` add up. */
export function fork(environment: Environment, site: Site): Environment {
  spend(environment, 1 + (environment.memo.length >> 3), site);
  return environment.fork();
}

/** A copy of `base` with `value` at a path; what is in the way and no object gives way. */
export function withPath(base: Value | undefined, path: readonly string[], value: Value): Value {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  const object = base instanceof RegoObject ? base.copy() : new RegoObject();
  object.put(first, withPath(object.get(first), rest, value));
  return object;
}

export function setData(
  environment: Environment,
  path: readonly string[],
  value: Value,
  groups: readonly number[],
): void {
  environment.data = withPath(environment.data, path, value);
  environment.shadow = new Set([...(environment.shadow ?? []), ...groups]);
}

export function setInput(environment: Environment, path: readonly string[], value: Value): void {
  environment.input = withPath(environment.input, path, value);
}

const rootNames = ["principal", "session", "target", "query"] as const;

/** `input` as one object, with the roots in it. */
export function inputOf(environment: Environment): Value | undefined {
  const { input } = environment;
  if (input !== undefined && !(input instanceof RegoObject)) return input;
  const object = input?.copy() ?? new RegoObject();
  for (const root of rootNames) {
    const value = environment[root];
    if (value !== undefined) object.put(root, value);
  }
  return object.size === 0 && input === undefined ? undefined : object;
}

/** `with input… as` where there is a vocabulary: the roots follow. */
export function setVocabularyInput(environment: Environment, path: readonly string[], value: Value): void {
  const input = withPath(inputOf(environment), path, value);
  environment.input = input;
  for (const root of rootNames) environment[root] = field(input, root);
}

export function setRoot(environment: Environment, root: RootName, path: readonly string[], value: Value): void {
  environment[root] = withPath(environment[root], path, value);
}

export function setMock(environment: Environment, name: string, replacement: Mock): void {
  environment.mocks = new Map([...(environment.mocks ?? []), [name, replacement]]);
}

export { isArray, lookup, RegoObject, RegoSet };
export { addTo, at, member, memberAt, ordered, putInto, putUnique, same, setOf, spend, spread } from "./cost.ts";
export { Cursor, cursor, document, force, keysOf, lookupPath, step, stepKeys } from "./documents.ts";
export { type Ask, type AskedHost, blankMemo, type DocumentNode, Environment, type Memo, none } from "./environment.ts";
