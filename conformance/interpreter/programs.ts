/**
 * Programs for the comparison of two evaluators: text of a module that reaches every construct of the language, mostly well typed and
 * mostly with an answer, built from a stream of choices.
 *
 * A rule reads only what stands above it, so that none needs itself. Names say their type: the generator asks for an expression of a
 * type, and whatever fits may come.
 */
import type { Choices } from "../noninterference/choices.ts";

type Type = "number" | "string" | "boolean" | "numbers" | "strings" | "object" | "records";

const types: readonly Type[] = ["number", "string", "boolean", "numbers", "strings", "object", "records"];

interface Known {
  /** How it is written: `x`, `r3`, `data.t.r3`, `f1`. */
  readonly text: string;
  readonly type: Type;
  /** For a function. */
  readonly args?: readonly Type[];
}

/** What is in sight. */
type Scope = readonly Known[];

const inputs: Scope = [
  { text: "input.n", type: "number" },
  { text: "input.m", type: "number" },
  { text: "input.s", type: "string" },
  { text: "input.b", type: "boolean" },
  { text: "input.xs", type: "numbers" },
  { text: "input.tags", type: "strings" },
  { text: "input.o", type: "object" },
  { text: "input.users", type: "records" },
  { text: "data.cfg.n", type: "number" },
  { text: "data.cfg.xs", type: "numbers" },
  { text: "cfg.o", type: "object" },
  { text: "users", type: "records" },
];

/** Text of module, one `package t`. */
export function programOf(choices: Choices): string {
  return new Writer(choices).module();
}

class Writer {
  private readonly choices: Choices;
  private readonly rules: Known[] = [];
  private names = 0;

  constructor(choices: Choices) {
    this.choices = choices;
  }

  module(): string {
    const rules = this.choices.some(3, 9, () => this.rule());
    return [
      "package t",
      "import data.cfg",
      "import data.users as users",
      'witness := test.witness("t")',
      ...rules,
    ].join("\n");
  }

  private name(prefix: string): string {
    this.names += 1;
    return `${prefix}${this.names}`;
  }

  // Rules.

  private rule(): string {
    const type = this.choices.pick(types);
    return this.choices.weighted<string>([
      [5, () => this.complete(type)],
      [3, () => this.set()],
      [3, () => this.objectRule()],
      [3, () => this.functionRule(type)],
      [2, () => this.chain(type)],
      [1, () => this.nested()],
      [1, () => this.constants()],
    ]);
  }

  private add(name: string, type: Type, args?: readonly Type[]): void {
    const text = args === undefined && this.choices.chance(20) ? `data.t.${name}` : name;
    this.rules.push(args === undefined ? { text, type } : { text, type, args });
  }

  private complete(type: Type): string {
    const name = this.name("r");
    const lines: string[] = [];
    if (this.choices.chance(40)) lines.push(`default ${name} := ${this.literalOf(type)}`);
    const [body, scope] = this.body([], 2);
    lines.push(`${name} := ${this.expr(type, scope, 2)} if { ${body} }`);
    // A second definition that says the same, or something else: a conflict.
    if (this.choices.chance(15)) lines.push(`${name} := ${this.expr(type, [], 1)} if { ${this.body([], 1)[0]} }`);
    this.add(name, type);
    return lines.join("\n");
  }

  private constants(): string {
    const name = this.name("r");
    const value = this.literalOf("string");
    const lines = this.choices.some(1, 3, () => `${name} := ${value} if { ${this.body([], 2)[0]} }`);
    this.add(name, "string");
    return lines.join("\n");
  }

  private set(): string {
    const name = this.name("r");
    const lines = this.choices.some(1, 2, () => {
      const [body, scope] = this.body([], 3);
      return `${name} contains ${this.expr("string", scope, 2)} if { ${body} }`;
    });
    this.add(name, "strings");
    return lines.join("\n");
  }

  private objectRule(): string {
    const name = this.name("r");
    const [body, scope] = this.body([], 3);
    const entry = `${name}[${this.expr("string", scope, 1)}] := ${this.expr("number", scope, 1)} if { ${body} }`;
    const copy = `${name}[key] := value if { some key, value in ${this.expr("object", [], 1)} }`;
    const text = this.choices.pick([entry, copy]);
    this.add(name, "object");
    return text;
  }

  /** Paths of several steps, and sets in an object. */
  private nested(): string {
    const name = this.name("r");
    const [body, scope] = this.body([], 2);
    const lines = [
      `${name}.deep[x].list contains y if { some y, x in ${this.expr("strings", [], 1)}; ${this.body([], 1)[0]} }`,
      `${name}.flat.value := ${this.expr("number", scope, 1)} if { ${body} }`,
    ];
    this.rules.push(
      { text: `${name}.flat.value`, type: "number" },
      { text: `object.keys(${name}.deep)`, type: "strings" },
    );
    return lines.join("\n");
  }

  private functionRule(type: Type): string {
    const name = this.name("f");
    const args = this.choices.some(1, 2, () => this.choices.pick(types));
    const parameters = args.map((arg): Known => ({ text: this.name("a"), type: arg }));
    const list = parameters.map(({ text }) => text).join(", ");
    const [body, scope] = this.body(parameters, 2);
    const lines: string[] = [];
    if (this.choices.chance(30))
      lines.push(`default ${name}(${list.replaceAll(/\w+/g, "_")}) := ${this.literalOf(type)}`);
    lines.push(`${name}(${list}) := ${this.expr(type, scope, 2)} if { ${body} }`);
    if (this.choices.chance(30)) {
      // Arguments that are patterns.
      const patterns = args.map((arg) => (arg === "number" || arg === "string" ? this.literalOf(arg) : "_")).join(", ");
      lines.push(`${name}(${patterns}) := ${this.literalOf(type)}`);
    }
    this.add(name, type, args);
    return lines.join("\n");
  }

  private chain(type: Type): string {
    const name = this.name("r");
    const branch = (): string => `${this.expr(type, [], 1)} if { ${this.body([], 2)[0]} }`;
    const rest = this.choices.some(1, 3, () => `else := ${branch()}`);
    if (this.choices.chance(50)) rest.push(`else := ${this.literalOf(type)}`);
    const text = [`${name} := ${branch()}`, ...rest].join("\n");
    this.add(name, type);
    return text;
  }

  // Bodies.

  private body(scope: Scope, depth: number): readonly [text: string, scope: Scope] {
    let inside = scope;
    const literals: string[] = [];
    for (let left = 1 + this.choices.below(3); left > 0; left -= 1) {
      const [literal, more] = this.literal(inside, depth);
      literals.push(literal);
      inside = inside.concat(more);
    }
    // Rego brings the literals into order: a variable that nothing declares may get its value further down.
    const [first = "", ...others] = literals;
    if (/^v\d+ := /.test(first) && this.choices.chance(30)) {
      return [[...others, first.replace(":=", "=")].join("; "), inside];
    }
    return [literals.join("; "), inside];
  }

  private literal(scope: Scope, depth: number): readonly [string, Scope] {
    const { choices } = this;
    const type = choices.pick(types);
    const variable = this.name("v");
    const bound = (kind: Type): Scope => [{ text: variable, type: kind }];
    if (depth <= 0) return [`${variable} := ${this.expr(type, scope, 0)}`, bound(type)];
    return choices.weighted<readonly [string, Scope]>([
      [4, () => [`${variable} := ${this.expr(type, scope, depth)}`, bound(type)]],
      [4, () => [`some ${variable} in ${this.expr("numbers", scope, depth - 1)}`, bound("number")]],
      [3, () => [`some ${variable} in ${this.expr("strings", scope, depth - 1)}`, bound("string")]],
      [3, () => this.records(scope, depth)],
      [3, () => this.keyed(scope, depth)],
      [2, () => this.iterated(scope, depth)],
      [2, () => this.pattern(scope, depth)],
      [6, () => [this.condition(scope, depth), []]],
      [3, () => [this.mocked(scope, depth, variable, type), bound(type)]],
      [1, () => [`walk(${this.expr("object", scope, 0)}, [_, ${variable}])`, []]],
      [1, () => [`print("seen", ${this.expr(type, scope, 1)})`, []]],
    ]);
  }

  private records(scope: Scope, depth: number): readonly [string, Scope] {
    const [id, name] = [this.name("v"), this.name("v")];
    const domain = this.expr("records", scope, depth - 1);
    const known: Scope = [
      { text: id, type: "number" },
      { text: name, type: "string" },
    ];
    return this.choices.chance(50)
      ? [`some {"id": ${id}, "name": ${name}, "tags": _} in ${domain}`, known]
      : [`some u${id} in ${domain}; ${id} := u${id}.id; ${name} := u${id}.name`, known];
  }

  private keyed(scope: Scope, depth: number): readonly [string, Scope] {
    const [key, value] = [this.name("v"), this.name("v")];
    return [
      `some ${key}, ${value} in ${this.expr("object", scope, depth - 1)}`,
      [
        { text: key, type: "string" },
        { text: value, type: "number" },
      ],
    ];
  }

  /** Variables that get their values as steps of a reference. */
  private iterated(scope: Scope, depth: number): readonly [string, Scope] {
    const [index, value] = [this.name("v"), this.name("v")];
    const list = this.name("v");
    const type = this.choices.pick(["numbers", "object"] as const);
    const domain = this.expr(type, scope, depth - 1);
    const sort = this.choices.pick([":=", "="]);
    return [
      `some ${index}; ${list} := ${domain}; ${value} ${sort} ${list}[${index}]`,
      [
        { text: index, type: type === "object" ? "string" : "number" },
        { text: value, type: "number" },
      ],
    ];
  }

  private pattern(scope: Scope, depth: number): readonly [string, Scope] {
    const [a, b] = [this.name("v"), this.name("v")];
    const [first, second] = [this.choices.pick(types), this.choices.pick(types)];
    const [x, y] = [this.expr(first, scope, depth - 1), this.expr(second, scope, depth - 1)];
    const known: Scope = [
      { text: a, type: first },
      { text: b, type: second },
    ];
    return [
      this.choices.pick([
        `[${a}, ${b}] := [${x}, ${y}]`,
        `[${a}, ${y}] = [${x}, ${b}]`,
        `{"k": ${a}, "l": [${b}]} = {"l": [${y}], "k": ${x}}`,
        `${a} = ${x}; ${b} = ${y}`,
      ]),
      known,
    ];
  }

  private mocked(scope: Scope, depth: number, variable: string, type: Type): string {
    const functions = this.rules.filter(({ args }) => args?.length === 1);
    const targets = [
      "input.n as 7",
      'input.s as "mock"',
      "input.xs as [3, 1]",
      "data.cfg.n as 2",
      "cfg.o as {}",
      "input as {}",
    ];
    targets.push(`input.n as ${this.expr("number", scope, 0)}`, "count as 3");
    for (const { text, type: result } of this.rules.filter(
      (rule) => rule.args === undefined && /^\w+$/.test(rule.text),
    )) {
      targets.push(`data.t.${text} as ${this.literalOf(result)}`);
    }
    for (const { text, type: result } of functions) targets.push(`${text} as ${this.literalOf(result)}`);
    const [one, other] = functions;
    if (one !== undefined && other !== undefined && one.args?.[0] === other.args?.[0])
      targets.push(`${one.text} as ${other.text}`);
    const withs = this.choices.some(1, 2, () => `with ${this.choices.pick(targets)}`);
    return `${variable} := ${this.expr(type, scope, Math.min(depth, 1))} ${[...new Set(withs)].join(" ")}`;
  }

  private condition(scope: Scope, depth: number): string {
    const { choices } = this;
    const of = (type: Type): string => this.expr(type, scope, depth - 1);
    return choices.weighted<string>([
      [3, () => `${of("number")} ${choices.pick(["<", "<=", ">", ">=", "!=", "=="])} ${of("number")}`],
      [2, () => `${of("string")} ${choices.pick(["<", ">=", "!=", "=="])} ${of("string")}`],
      [2, () => `${of("string")} in ${of("strings")}`],
      [1, () => `${of("number")}, ${of("number")} in ${of("numbers")}`],
      [2, () => of("boolean")],
      [3, () => `not ${this.closed(scope, depth)}`],
      [2, () => this.every(scope, depth)],
      [1, () => `not ${this.closed(scope, depth)} with input.n as ${this.expr("number", scope, 0)}`],
    ]);
  }

  /** A condition without variables of its own, as `not` wants it. */
  private closed(scope: Scope, depth: number): string {
    return this.choices.pick([
      () => `${this.expr("number", scope, depth - 1)} > ${this.expr("number", scope, 0)}`,
      () => `${this.expr("string", scope, 0)} in ${this.expr("strings", scope, depth - 1)}`,
      () => this.expr("boolean", scope, depth - 1),
      () => `input.missing`,
    ])();
  }

  private every(scope: Scope, depth: number): string {
    const [key, value] = [this.name("v"), this.name("v")];
    const inside: Scope = [...scope, { text: value, type: "number" }];
    const [body] = this.body(inside, depth - 2);
    const head = this.choices.chance(50) ? value : `${key}, ${value}`;
    const domain = this.expr(this.choices.pick(["numbers", "object"]), scope, depth - 1);
    return `every ${head} in ${domain} { ${value} >= ${this.choices.pick(["0", "-5", "1"])}; ${body} }`;
  }

  // Expressions.

  private expr(type: Type, scope: Scope, depth: number): string {
    const { choices } = this;
    const known = [...scope.slice(-6), ...inputs, ...this.rules].filter(
      (one) => one.type === type && one.args === undefined,
    );
    const near = [...scope, ...this.rules].filter((one) => one.type === type && one.args === undefined);
    const functions = this.rules.filter((one) => one.type === type && one.args !== undefined);
    const name = (): string => {
      const from = near.length > 0 && choices.chance(70) ? near : known;
      return from.length === 0 ? this.literalOf(type) : choices.pick(from).text;
    };
    if (depth <= 0) return choices.chance(60) ? name() : this.literalOf(type);
    return choices.weighted<string>([
      [4, name],
      [1, () => this.literalOf(type)],
      [5, () => this.operation(type, scope, depth)],
      [functions.length === 0 ? 0 : 3, () => this.callOf(choices.pick(functions), scope, depth)],
    ]);
  }

  private callOf({ text, args }: Known, scope: Scope, depth: number): string {
    return `${text}(${(args ?? []).map((type) => this.expr(type, scope, depth - 1)).join(", ")})`;
  }

  private operation(type: Type, scope: Scope, depth: number): string {
    const of = (kind: Type): string => this.expr(kind, scope, depth - 1);
    const { choices } = this;
    switch (type) {
      case "number":
        return choices.pick([
          () => `(${of("number")} ${choices.pick(["+", "-", "*"])} ${of("number")})`,
          () => `(${of("number")} ${choices.pick(["/", "%"])} ${of("number")})`,
          () => `count(${of(choices.pick(["numbers", "strings", "object", "records", "string"]))})`,
          () => `${choices.pick(["sum", "max", "min"])}(${of("numbers")})`,
          () => `abs(${of("number")})`,
          () => `to_number(${of("string")})`,
          () => `${of("numbers")}[${choices.below(3)}]`,
          () => `object.get(${of("object")}, ${of("string")}, ${of("number")})`,
          () => `${of("records")}[0].id`,
          () => `bits.lsh(${of("number")}, 70)`,
        ])();
      case "string":
        return choices.pick([
          () => `concat(${of("string")}, ${of("strings")})`,
          () => `sprintf("%v-%v", [${of("number")}, ${of("string")}])`,
          () => `$"a {${of(choices.pick(types))}} b"`,
          () => `upper(${of("string")})`,
          () => `substring(${of("string")}, 0, ${of("number")})`,
          () => `replace(${of("string")}, "a", ${of("string")})`,
          () => `json.marshal(${of("numbers")})`,
          () => `${of("records")}[_].name`,
          () => `type_name(${of(choices.pick(types))})`,
        ])();
      case "boolean":
        return choices.pick([
          () => `(${of("number")} < ${of("number")})`,
          () => `(${of("string")} == ${of("string")})`,
          () => `startswith(${of("string")}, ${of("string")})`,
          () => `(${of("string")} in ${of("strings")})`,
          () => `regex.match("^[a-c]+", ${of("string")})`,
          () => `is_number(${of(choices.pick(types))})`,
        ])();
      case "numbers": {
        const [variable, value] = this.comprehended("number", scope, depth);
        return choices.pick([
          () => `[${value} | ${variable}]`,
          () => `array.concat(${of("numbers")}, ${of("numbers")})`,
          () => `numbers.range(${choices.below(5)}, ${choices.below(5)})`,
          () => `sort(${of("numbers")})`,
          () => `array.slice(${of("numbers")}, 0, ${of("number")})`,
          () => `[${of("number")}, ${of("number")}]`,
          () => `[n | n := ${of("object")}[_]]`,
        ])();
      }
      case "strings": {
        const [variable, value] = this.comprehended("string", scope, depth);
        return choices.pick([
          () => `{${value} | ${variable}}`,
          () => `(${of("strings")} ${choices.pick(["|", "&", "-"])} ${of("strings")})`,
          () => `{${of("string")}, ${of("string")}}`,
          () => `object.keys(${of("object")})`,
          () => `{t | t := ${of("records")}[_].tags[_]}`,
        ])();
      }
      case "object": {
        const [variable, key] = this.comprehended("string", scope, depth);
        return choices.pick([
          () => `{${key}: ${of("number")} | ${variable}}`,
          () => `object.union(${of("object")}, ${of("object")})`,
          () => `{"a": ${of("number")}, ${of("string")}: ${of("number")}}`,
          () => `object.remove(${of("object")}, ${of("strings")})`,
          () => `{k: v | some k, v in ${of("object")}; v > ${of("number")}}`,
        ])();
      }
      case "records":
        return choices.pick([
          () => `[{"id": ${of("number")}, "name": ${of("string")}, "tags": ${of("strings")}}]`,
          () => `[u | some u in ${of("records")}; u.id ${choices.pick(["<", "!="])} ${of("number")}]`,
          () => `array.concat(${of("records")}, ${of("records")})`,
        ])();
    }
  }

  private comprehended(type: Type, scope: Scope, depth: number): readonly [body: string, value: string] {
    const [body, inside] = this.body(scope, depth - 1);
    return [body, this.expr(type, inside, depth - 1)];
  }

  private literalOf(type: Type): string {
    const { choices } = this;
    const number = (): string => choices.pick(["1", "0", "2", "-1", "3", "10", "0.5", "9007199254740993"]);
    const text = (): string => choices.pick(['"a"', '"b"', '"abc"', '""', '"7"', "`raw`"]);
    switch (type) {
      case "number":
        return number();
      case "string":
        return text();
      case "boolean":
        return choices.pick(["true", "false"]);
      case "numbers":
        return `[${choices.some(1, 3, number).join(", ")}]`;
      case "strings":
        return `{${choices.some(1, 3, text).join(", ")}}`;
      case "object":
        return `{"a": ${number()}, "b": ${number()}}`;
      case "records":
        return `[{"id": ${number()}, "name": ${text()}, "tags": {${text()}}}]`;
    }
  }
}

/** Input for a program, now and then without something that it reads. */
export function inputOf(choices: Choices): unknown {
  const number = (): number => choices.pick([1, 0, 2, 3, 10, 0.5]);
  const text = (): string => choices.pick(["a", "b", "c", "abc", "7"]);
  const fields: Record<string, unknown> = {
    n: number(),
    m: number(),
    s: text(),
    b: choices.chance(50),
    xs: choices.some(1, 4, number),
    tags: new Set(choices.some(1, 3, text)),
    o: Object.fromEntries(choices.some(1, 3, () => [text(), number()])),
    users: choices.some(1, 3, () => ({ id: number(), name: text(), tags: new Set(choices.some(0, 2, text)) })),
  };
  if (choices.chance(30)) delete fields[choices.pick(Object.keys(fields))];
  return fields;
}
