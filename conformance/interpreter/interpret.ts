/**
 * A slow and obvious interpreter of policies: what compiled policies must agree with. It shares the syntax tree, the values and the
 * builtins' functions with the language, and nothing else: no resolving, ordering or planning.
 *
 * A body is a search: each literal takes variables with values and gives every way in which it holds (generators all the way down).
 * Nothing is remembered: a rule is evaluated again wherever it is read.
 */
import {
  arithmetic,
  type Builtin,
  BuiltinError,
  type BuiltinContext,
  compare,
  equal,
  format,
  lookup,
  RegoObject,
  RegoSet,
  type Tree,
  type Value,
} from "@penstock/language";
import { type FreeVariables, type Globals, Renamer } from "./names.ts";
import { objectOf, type Part } from "./partial-object.ts";
import { isVariable, Safety, split } from "./safety.ts";
import {
  at,
  conflict,
  type Mock,
  type Place,
  replaceAt,
  type Rule,
  RunTimeError,
  startsWith,
  type World,
} from "./world.ts";

/** Variables with their values. */
export type Bindings = ReadonlyMap<string, Value>;

export class Interpreter {
  private readonly rules: readonly Rule[];
  private readonly packages: readonly (readonly string[])[];
  private readonly builtins: ReadonlyMap<string, Builtin>;
  private readonly context: BuiltinContext;
  private readonly safety: Safety;
  private readonly free: FreeVariables;
  readonly renamer: Renamer;

  constructor(
    modules: readonly Tree.Module[],
    builtins: ReadonlyMap<string, Builtin>,
    context: BuiltinContext,
    vocabulary: boolean,
  ) {
    this.packages = modules.map((module) => module.package);
    this.builtins = builtins;
    this.context = context;
    const heads = modules.flatMap((module) => module.rules.map((rule) => ({ module, rule, ...headOf(module, rule) })));
    const functionAt = (path: readonly string[]): Tree.Rule | undefined =>
      heads.find(({ rule, path: known }) => rule.args !== undefined && same(known, path))?.rule;
    const globals: Globals = {
      vocabulary,
      isRule: (path) => heads.some((head) => startsWith(head.path, path)),
      isFunction: (path) => functionAt(path) !== undefined,
      arity: (name) => {
        if (name.startsWith("data.")) return functionAt(name.split(".").slice(1))?.args?.length;
        const arity = builtins.get(name)?.arity;
        return typeof arity === "object" ? arity.max : arity;
      },
    };
    this.renamer = new Renamer(globals);
    this.free = this.renamer.free;
    this.safety = new Safety(this.free);
    this.rules = heads.map(({ module, rule, path }) => {
      const renamed = this.renamer.rule(module, rule);
      return { path, steps: renamed.path.slice(path.length - module.package.length - 1), rule: renamed };
    });
  }

  // Bodies.

  /** Every way in which a body holds. */
  *solve(body: Tree.Body, known: Bindings, world: World): Generator<Bindings> {
    if (body.length === 0) {
      yield known;
      return;
    }
    const names = new Set(known.keys());
    const next = body.findIndex((literal) => this.safety.runs(literal, names));
    const literal = body[next];
    if (literal === undefined) throw new Error("the body is unsafe");
    for (const found of this.literal(literal, known, world)) yield* this.solve(body.toSpliced(next, 1), found, world);
  }

  private holds(body: Tree.Body, known: Bindings, world: World): boolean {
    return !this.solve(body, known, world).next().done;
  }

  private *literal(literal: Tree.Literal, known: Bindings, world: World): Generator<Bindings> {
    if (literal.kind === "declare") {
      yield known;
      return;
    }
    if (literal.kind === "expr" && literal.negated) {
      // `not` is about all of the literal: a replacement that is undefined makes it hold, too.
      if (this.literal({ ...literal, negated: false }, known, world).next().done) yield known;
      return;
    }
    for (const inner of this.worlds(literal.with, known, world)) {
      switch (literal.kind) {
        case "expr":
          yield* this.condition(literal.expr, known, inner);
          break;
        case "some":
          for (const [domain, bindings] of this.values(literal.domain, known, inner)) {
            for (const [key, value] of entriesOf(domain)) {
              for (const keyed of literal.key ? this.match(literal.key, key, bindings, inner) : [bindings]) {
                yield* this.match(literal.value, value, keyed, inner);
              }
            }
          }
          break;
        case "every":
          for (const [domain, bindings] of this.values(literal.domain, known, inner)) {
            const all = entriesOf(domain).every(([key, value]) => {
              const each = new Map([...bindings, [literal.value.text, value] as const]);
              if (literal.key !== undefined) each.set(literal.key.text, key);
              return this.holds(literal.body, each, inner);
            });
            if (all && isCollection(domain)) yield bindings;
          }
          break;
      }
    }
  }

  private *condition(expr: Tree.Expr, known: Bindings, world: World): Generator<Bindings> {
    if (expr.kind === "infix" && expr.operator === "=")
      return yield* this.unify([[expr.left, expr.right]], known, world);
    for (const [value, bindings] of this.values(expr, known, world)) if (value !== false) yield bindings;
  }

  private *unify(
    pairs: readonly (readonly [Tree.Expr, Tree.Expr])[],
    known: Bindings,
    world: World,
  ): Generator<Bindings> {
    if (pairs.length === 0) yield known;
    const names = new Set(known.keys());
    for (const [index, pair] of pairs.entries()) {
      const rest = pairs.toSpliced(index, 1);
      const direction = this.safety.direction(pair, names);
      if (direction !== undefined) {
        for (const [value, bindings] of this.values(direction.value, known, world)) {
          for (const matched of this.match(direction.pattern, value, bindings, world)) {
            yield* this.unify(rest, matched, world);
          }
        }
        return;
      }
      const parts = split(pair);
      if (parts !== undefined) return yield* this.unify([...rest, ...parts], known, world);
    }
  }

  /** Every way in which a value fits a pattern. */
  private *match(pattern: Tree.Expr, value: Value, known: Bindings, world: World): Generator<Bindings> {
    if (pattern.kind === "var" && isVariable(pattern.name) && !known.has(pattern.name)) {
      yield new Map([...known, [pattern.name, value]]);
      return;
    }
    if (this.safety.evaluated(pattern, new Set(known.keys())) !== undefined) {
      for (const [other, bindings] of this.values(pattern, known, world)) if (equal(other, value)) yield bindings;
      return;
    }
    if (pattern.kind === "array" && Array.isArray(value) && value.length === pattern.items.length) {
      yield* this.matchAll(
        pattern.items.map((item, index) => [item, value[index] ?? null] as const),
        known,
        world,
      );
    }
    if (pattern.kind === "object" && value instanceof RegoObject && value.size === pattern.entries.length) {
      yield* this.matchEntries(pattern.entries, value, known, world);
    }
  }

  private *matchAll(
    parts: readonly (readonly [Tree.Expr, Value])[],
    known: Bindings,
    world: World,
  ): Generator<Bindings> {
    const [first, ...rest] = parts;
    if (first === undefined) yield known;
    else
      for (const bindings of this.match(first[0], first[1], known, world)) yield* this.matchAll(rest, bindings, world);
  }

  private *matchEntries(
    entries: readonly (readonly [Tree.Expr, Tree.Expr])[],
    object: RegoObject,
    known: Bindings,
    world: World,
  ): Generator<Bindings> {
    const [first, ...rest] = entries;
    if (first === undefined) {
      yield known;
      return;
    }
    for (const [key, bindings] of this.values(first[0], known, world)) {
      const value = object.get(key);
      if (value === undefined) continue;
      for (const matched of this.match(first[1], value, bindings, world)) {
        yield* this.matchEntries(rest, object, matched, world);
      }
    }
  }

  // `with`.

  private *worlds(clauses: readonly Tree.With[], known: Bindings, world: World): Generator<World> {
    yield* this.replaced(clauses, known, world, world);
  }

  /** Values of replacements are computed in the world outside. */
  private *replaced(clauses: readonly Tree.With[], known: Bindings, world: World, changed: World): Generator<World> {
    const [clause, ...rest] = clauses;
    if (clause === undefined) {
      yield changed;
      return;
    }
    const [root = "", ...path] = clause.target;
    const name = clause.target.join(".");
    const replacement = this.renamer.replacements.get(clause);
    if (replacement !== undefined) {
      yield* this.replaced(rest, known, world, withMock(changed, name, { name: replacement }));
      return;
    }
    for (const [value] of this.values(clause.value, known, world)) {
      let next = changed;
      if (this.renamer.isCallable(name)) next = withMock(changed, name, { value });
      else if (root === "input") next = { ...changed, input: replaceAt(changed.input, path, value) };
      else {
        next = { ...changed, data: replaceAt(changed.data, path, value), replaced: [...changed.replaced, path] };
      }
      yield* this.replaced(rest, known, world, next);
    }
  }

  // Expressions.

  /** Every value of an expression, with the variables that got theirs on the way. */
  *values(expr: Tree.Expr, known: Bindings, world: World): Generator<readonly [Value, Bindings]> {
    switch (expr.kind) {
      case "scalar":
        yield [expr.value, known];
        return;
      case "var":
      case "ref":
        for (const [value, bindings] of this.places(expr, known, world)) {
          const whole = isPlace(value) ? this.document(value, world) : value;
          if (whole !== undefined) yield [whole, bindings];
        }
        return;
      case "array":
        for (const [items, bindings] of this.all(expr.items, known, world)) yield [items, bindings];
        return;
      case "set":
        for (const [items, bindings] of this.all(expr.items, known, world)) yield [RegoSet.from(items), bindings];
        return;
      case "object":
        for (const [parts, bindings] of this.all(expr.entries.flat(), known, world)) {
          const object = new RegoObject();
          for (let index = 0; index < parts.length; index += 2)
            object.put(parts[index] ?? null, parts[index + 1] ?? null);
          yield [object, bindings];
        }
        return;
      case "call":
        for (const [args, bindings] of this.all(expr.args, known, world)) {
          for (const value of this.call(expr.callee[0]?.text ?? "", args, world)) yield [value, bindings];
        }
        return;
      case "comprehension":
        yield [this.collection(expr, known, world), known];
        return;
      case "template": {
        const texts = expr.parts.map((part) => (typeof part === "string" ? part : this.text(part, known, world)));
        yield [texts.join(""), known];
        return;
      }
      case "infix":
        for (const [[left = null, right = null], bindings] of this.all([expr.left, expr.right], known, world)) {
          const value = this.operator(expr.operator, left, right);
          if (value !== undefined) yield [value, bindings];
        }
        return;
      case "member":
        for (const [[key = null, value = null, domain = null], bindings] of this.all(
          [expr.key, expr.value, expr.domain],
          known,
          world,
        )) {
          const found = lookup(domain, key);
          yield [found !== undefined && equal(found, value), bindings];
        }
    }
  }

  /** Values of several expressions, computed in an order in which each has its variables. */
  private *all(
    exprs: readonly Tree.Expr[],
    known: Bindings,
    world: World,
  ): Generator<readonly [readonly Value[], Bindings]> {
    const { order } = this.safety.inSomeOrder(exprs, new Set(known.keys())) ?? {};
    if (order === undefined) throw new Error("the expression is unsafe");
    yield* this.inOrder(order, exprs, [], known, world);
  }

  private *inOrder(
    order: readonly number[],
    exprs: readonly Tree.Expr[],
    values: readonly Value[],
    known: Bindings,
    world: World,
  ): Generator<readonly [readonly Value[], Bindings]> {
    const [index, ...rest] = order;
    const expr = index === undefined ? undefined : exprs[index];
    if (index === undefined || expr === undefined) {
      yield [values, known];
      return;
    }
    for (const [value, bindings] of this.values(expr, known, world)) {
      const more = [...values];
      more[index] = value;
      yield* this.inOrder(rest, exprs, more, bindings, world);
    }
  }

  private collection(expr: Extract<Tree.Expr, { kind: "comprehension" }>, known: Bindings, world: World): Value {
    const parts = expr.key === undefined ? [expr.value] : [expr.key, expr.value];
    const found: (readonly Value[])[] = [];
    const object = new RegoObject();
    for (const bindings of this.solve(expr.body, known, world)) {
      for (const [values] of this.all(parts, bindings, world)) {
        found.push(values);
        const [key = null, value = null] = values;
        if (expr.of !== "object") continue;
        const before = object.get(key);
        if (before !== undefined && !equal(before, value)) throw conflict("a key has two values");
        object.put(key, value);
      }
    }
    if (expr.of === "object") return object;
    const values = found.map(([value = null]) => value);
    return expr.of === "set" ? RegoSet.from(values) : values;
  }

  private text(part: Tree.TemplateExpr, known: Bindings, world: World): string {
    const found = new RegoSet();
    for (const inner of this.worlds(part.with, known, world)) {
      for (const [value] of this.values(part.expr, known, inner)) found.add(value);
    }
    const [value, ...others] = found;
    if (others.length > 0) throw conflict("a part of a template has several values");
    if (value === undefined) return "<undefined>";
    return typeof value === "string" ? value : format(value);
  }

  private operator(operator: Tree.Operator, left: Value, right: Value): Value | undefined {
    switch (operator) {
      case "=":
      case ":=":
      case "==":
        return equal(left, right);
      case "!=":
        return !equal(left, right);
      case "<":
        return compare(left, right) < 0;
      case "<=":
        return compare(left, right) <= 0;
      case ">":
        return compare(left, right) > 0;
      case ">=":
        return compare(left, right) >= 0;
      case "in":
        return entriesOf(right).some(([, item]) => equal(item, left));
      case "&":
      case "|":
      case "-":
        if (left instanceof RegoSet && right instanceof RegoSet) {
          const kept = [...left].filter((item) => operator === "|" || right.has(item) === (operator === "&"));
          return RegoSet.from(operator === "|" ? [...kept, ...right] : kept);
        }
        if (operator !== "-" || left instanceof RegoSet) return this.failed("type", "not two sets");
        return this.calculated(operator, left, right);
      case "+":
      case "*":
      case "/":
      case "%":
        return this.calculated(operator, left, right);
    }
  }

  private calculated(operator: keyof typeof arithmetic, left: Value, right: Value): Value | undefined {
    if (!isNumber(left) || !isNumber(right)) return this.failed("type", "not two numbers");
    return this.attempt(() => arithmetic[operator](left, right));
  }

  private attempt(compute: () => Value | undefined): Value | undefined {
    try {
      return compute();
    } catch (error) {
      if (error instanceof BuiltinError) return this.failed(error.kind, error.message);
      throw error;
    }
  }

  /** What fails is undefined, and an error where the evaluation is strict. */
  private failed(kind: "type" | "builtin", message: string): undefined {
    if (this.context.strict) throw new RunTimeError(`eval_${kind}_error`, message);
    return undefined;
  }

  // Functions.

  private *call(name: string, args: readonly Value[], world: World): Generator<Value> {
    const mock = world.mocks.get(name);
    // A replacement sees the functions as they are.
    if (mock !== undefined && "name" in mock) return yield* this.call(mock.name, args, { ...world, mocks: new Map() });
    const builtin = this.builtins.get(name);
    let result: Value | undefined;
    if (mock !== undefined) result = mock.value;
    else if (builtin !== undefined) result = this.attempt(() => builtin.apply(args, this.context));
    else result = this.single(this.rulesAt(name.split(".").slice(1)), args, world);
    if (result === undefined) return;
    if (builtin?.relation === true && Array.isArray(result)) yield* result;
    else yield result;
  }

  // Rules.

  private rulesAt(path: readonly string[]): readonly Rule[] {
    return this.rules.filter((rule) => same(rule.path, path));
  }

  /** The one value of the rules of a path that are no parts of a set or an object. */
  private single(rules: readonly Rule[], args: readonly Value[], world: World): Value | undefined {
    const ordinary = rules.filter(({ rule }) => !rule.isDefault);
    // Where all rules say the same constant, the first that holds decides.
    const constants = ordinary.flatMap(({ rule }) => branchesOf(rule)).map(({ value }) => constantOf(value));
    const [common] = constants;
    const alike = constants.every((value) => value !== undefined && common !== undefined && equal(value, common));
    let result: Value | undefined;
    for (const { rule } of ordinary) {
      if (result !== undefined && alike) break;
      const value = this.branches(rule, args, world);
      if (value !== undefined && result !== undefined && !equal(value, result)) throw conflict("a rule has two values");
      if (value !== undefined) result = value;
    }
    const fallback = rules.find(({ rule }) => rule.isDefault)?.rule;
    return result === undefined && fallback !== undefined ? this.branches(fallback, args, world) : result;
  }

  /** A rule's value, or that of the first `else` that holds. */
  private branches(rule: Tree.Rule, args: readonly Value[], world: World): Value | undefined {
    const parameters = (rule.args ?? []).map((pattern, index) => [pattern, args[index] ?? null] as const);
    for (const start of this.matchAll(parameters, new Map(), world)) {
      for (const { body, value } of branchesOf(rule)) {
        let result: Value | undefined;
        for (const bindings of this.solve(body, start, world)) {
          for (const [found] of value === undefined ? [[true] as const] : this.values(value, bindings, world)) {
            if (result !== undefined && !equal(found, result)) throw conflict("a rule has two values");
            result = found;
            if (constantOf(value) !== undefined) return result;
          }
        }
        if (result !== undefined) return result;
      }
    }
    return undefined;
  }

  // Documents.

  /** Values of a variable or reference, where places among rules stay places. */
  private *places(expr: Tree.Expr, known: Bindings, world: World): Generator<readonly [Value | Place, Bindings]> {
    if (expr.kind === "var") {
      const value =
        expr.name === "input" ? world.input : expr.name === "data" ? this.go([], world) : known.get(expr.name);
      if (value !== undefined) yield [value, known];
    } else if (expr.kind === "ref") {
      for (const [base, bindings] of this.places(expr.base, known, world)) {
        yield* this.steps(base, expr.path, bindings, world);
      }
    } else yield* this.values(expr, known, world);
  }

  private *steps(
    from: Value | Place,
    path: readonly Tree.Expr[],
    known: Bindings,
    world: World,
  ): Generator<readonly [Value | Place, Bindings]> {
    const [step, ...rest] = path;
    if (step === undefined) {
      yield [from, known];
      return;
    }
    const keys = this.safety.evaluated(step, new Set(known.keys()))
      ? this.values(step, known, world)
      : this.iterated(step, from, known, world);
    for (const [key, bindings] of keys) {
      const value = isPlace(from) ? this.below(from, key, world) : lookup(from, key);
      if (value !== undefined) yield* this.steps(value, rest, bindings, world);
    }
  }

  private *iterated(
    pattern: Tree.Expr,
    from: Value | Place,
    known: Bindings,
    world: World,
  ): Generator<readonly [Value, Bindings]> {
    const keys = isPlace(from) ? RegoSet.from(this.keysBelow(from, world)) : entriesOf(from).map(([key]) => key);
    for (const key of keys) for (const bindings of this.match(pattern, key, known, world)) yield [key, bindings];
  }

  private below(place: Place, key: Value, world: World): Value | Place | undefined {
    return typeof key === "string" ? this.go([...place.path, key], world) : lookup(at(world.data, place.path), key);
  }

  /** What stands at a path: a rule's value, a place above rules, or data. */
  private go(path: readonly string[], world: World): Value | Place | undefined {
    const below = this.rules.filter((rule) => startsWith(rule.path, path));
    const isReplaced = world.replaced.some((replaced) => startsWith(path, replaced));
    const isKnown = below.length > 0 || this.packages.some((known) => startsWith(known, path));
    if (!isKnown || isReplaced) return at(world.data, path);
    if (!below.some((rule) => same(rule.path, path))) return { kind: "place", path };
    if (below.some(({ rule }) => rule.args !== undefined)) return undefined;
    const isPartial = below.some(({ steps }) => steps.length > 0);
    if (!isPartial && below[0]?.rule.member === undefined) return this.single(this.rulesAt(path), [], world);
    const parts: Part[] = [];
    const ordered = below.toSorted((a, b) => Number(a.rule.isDefault) - Number(b.rule.isDefault));
    for (const source of ordered) {
      for (const part of this.parts(source, path.length, world)) {
        parts.push(part);
        // A conflict counts when it comes up, before what may fail after it.
        if (isPartial) objectOf(parts);
      }
    }
    return isPartial ? objectOf(parts) : RegoSet.from(parts.map(({ value }) => value));
  }

  private *parts({ rule, steps, path }: Rule, depth: number, world: World): Generator<Part> {
    for (const { body, value } of branchesOf(rule)) {
      for (const bindings of this.solve(body, new Map(), world)) {
        const head = rule.member ?? value;
        for (const [values] of this.all([...steps, ...(head === undefined ? [] : [head])], bindings, world)) {
          yield {
            path: [...path.slice(depth), ...values.slice(0, steps.length)],
            value: values[steps.length] ?? true,
            isMember: rule.member !== undefined,
            isDefault: rule.isDefault,
          };
        }
      }
    }
  }

  /** Rules first, as they stand in the modules: where two fail, the first one's error counts. */
  private keysBelow({ path }: Place, world: World): readonly Value[] {
    const names = this.rules
      .filter(
        (rule) => startsWith(rule.path, path) && (rule.rule.args === undefined || rule.path.length > path.length + 1),
      )
      .map((rule) => rule.path);
    const steps = [...names, ...this.packages.filter((known) => startsWith(known, path))].flatMap((name) =>
      name.slice(path.length, path.length + 1),
    );
    return [...new Set<Value>([...steps, ...entriesOf(at(world.data, path) ?? null).map(([key]) => key)])];
  }

  /** Everything at and below a place: what rules say, over the data. */
  private document(place: Place, world: World): Value {
    const base = at(world.data, place.path);
    const object = RegoObject.fromEntries(base instanceof RegoObject ? base.entries() : []);
    for (const key of this.keysBelow(place, world)) {
      const value = this.below(place, key, world);
      const whole = isPlace(value) ? this.document(value, world) : value;
      if (whole !== undefined) object.put(key, whole);
    }
    return object;
  }
}

/** The constant beginning of a rule's path. */
function headOf(module: Tree.Module, rule: Tree.Rule): { readonly path: readonly string[] } {
  const end = rule.path.findIndex((step) => step.kind !== "scalar" || typeof step.value !== "string");
  const steps = (end < 0 ? rule.path : rule.path.slice(0, end)).map((step) =>
    step.kind === "scalar" ? String(step.value) : "",
  );
  return { path: [...module.package, rule.name.text, ...steps] };
}

function branchesOf(rule: Tree.Rule | Tree.Else): readonly (Tree.Rule | Tree.Else)[] {
  return rule.else === undefined ? [rule] : [rule, ...branchesOf(rule.else)];
}

/** The value of an expression that names one; that of a rule without a value is `true`. */
function constantOf(expr: Tree.Expr | undefined): Value | undefined {
  if (expr === undefined) return true;
  if (expr.kind === "scalar") return expr.value;
  const items = expr.kind === "array" || expr.kind === "set" ? expr.items.map(constantOf) : undefined;
  if (items?.every((item) => item !== undefined) === true) return expr.kind === "set" ? RegoSet.from(items) : items;
  if (expr.kind !== "object") return undefined;
  const entries = expr.entries.map(([key, value]) => [constantOf(key), constantOf(value)] as const);
  const object = new RegoObject();
  for (const [key, value] of entries) {
    if (key === undefined || value === undefined) return undefined;
    object.put(key, value);
  }
  return object;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && startsWith(a, b);
}

function isPlace(value: Value | Place | undefined): value is Place {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "place";
}

function isNumber(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function isCollection(value: Value): boolean {
  return Array.isArray(value) || value instanceof RegoSet || value instanceof RegoObject;
}

/** Keys and values of a collection in Rego's order; a member of a set is its own key. */
function entriesOf(value: Value): readonly (readonly [Value, Value])[] {
  if (Array.isArray(value)) return value.map((item: Value, index) => [index, item] as const);
  if (value instanceof RegoSet) return value.members().map((item) => [item, item] as const);
  return value instanceof RegoObject ? value.entries() : [];
}

function withMock(world: World, name: string, mock: Mock): World {
  return { ...world, mocks: new Map([...world.mocks, [name, mock]]) };
}
