/**
 * What a caller gives as JSON becomes the vocabulary's values: arrays become sets where the vocabulary has sets. What policies read and the
 * caller leaves out is a mistake of the caller, as is what the vocabulary does not know: were it merely undefined, a rule that restricts would not
 * fire.
 */
import { type FieldType, type RecordName, records, type RootName, rootRecords, roots } from "../check/vocabulary.ts";
import type { Input } from "../program.ts";
import { nearest } from "../suggest.ts";
import { integer, RegoObject, RegoSet, toInteger, toValue, type Value } from "../values.ts";

export interface GivenInput {
  /** Roots that nothing reads may be null. */
  readonly input: Input;
  /** Over which `mask` ranges. */
  readonly columns: readonly Value[];
  /** `input.*` besides the roots. */
  readonly rest: Value | undefined;
}

/** Of what is wrong with an input, so much is said. */
const problemsMax = 10;

/**
 * @param attributes what is read, as in `Facts`
 * @param others whether `input` may have more than the roots
 * @throws {TypeError} with all that is wrong
 */
export function givenInput(given: unknown, attributes: ReadonlySet<string>, others: boolean): GivenInput {
  const reader = new InputReader();
  const fields = reader.fields(given, "the input") ?? new Map<string, unknown>();
  const all = attributes.has("input");
  const root = (name: RootName): Value => {
    const value = fields.get(name);
    const names = Object.keys(records[rootRecords[name]]);
    const needed = all || attributes.has(name) ? names : names.filter((field) => attributes.has(`${name}.${field}`));
    if (value === undefined && needed.length === 0) return new RegoObject();
    return reader.record(value, rootRecords[name], name, new Set(needed));
  };
  const input = {
    principal: root("principal"),
    session: root("session"),
    target: root("target"),
    query: root("query"),
  };
  const columns = fields.has("columns") && !others ? fields.get("columns") : undefined;
  const candidates = columns === undefined ? undefined : reader.value(columns, columnsType, "columns");
  const rest = new RegoObject();
  for (const [name, value] of fields) {
    if ((roots as readonly string[]).includes(name) || value === undefined) continue;
    if (others) rest.put(name, reader.value(value, { kind: "any" }, name));
    else if (name !== "columns") reader.unknown(name, [...roots, "columns"]);
  }
  reader.check();
  const mentioned = input.query instanceof RegoObject ? input.query.field("columns") : undefined;
  return {
    input,
    columns: (candidates ?? mentioned ?? []) as readonly Value[],
    rest: rest.size === 0 ? undefined : rest,
  };
}

const columnsType: FieldType = { kind: "array", of: { kind: "record", record: "column" } };

/** The time that the caller gives as `{ now_ns }`. @throws {TypeError} */
export function givenTime(options: unknown): bigint | undefined {
  const reader = new InputReader();
  const fields = options === undefined ? undefined : reader.fields(options, "options");
  for (const name of fields?.keys() ?? []) if (name !== "now_ns") reader.unknown(`options.${name}`, ["now_ns"]);
  const given = fields?.get("now_ns");
  const time = given === undefined ? undefined : reader.value(given, { kind: "number" }, "options.now_ns");
  reader.check();
  return toInteger(time);
}

/** Columns of a catalog, which have no labels yet. @throws {TypeError} */
export function givenColumns(given: unknown): readonly Value[] {
  const reader = new InputReader();
  const fields = Object.keys(records.column).filter((name) => !name.startsWith("label") && name !== "uses");
  const columns = Array.isArray(given) ? given : undefined;
  if (columns === undefined) reader.mistake("the columns are no array");
  const values = (columns ?? []).map((column, index) =>
    reader.record(column, "column", `columns[${index}]`, new Set(fields)),
  );
  reader.check();
  return values;
}

class InputReader {
  private readonly problems: string[] = [];

  check(): void {
    const { problems } = this;
    if (problems.length === 0) return;
    const more = problems.length > problemsMax ? [`and ${problems.length - problemsMax} more`] : [];
    throw new TypeError(`the input does not fit: ${[...problems.slice(0, problemsMax), ...more].join("; ")}`);
  }

  mistake(problem: string): void {
    this.problems.push(problem);
  }

  unknown(path: string, known: readonly string[]): void {
    const name = path.slice(path.lastIndexOf(".") + 1);
    const meant = nearest(name, known);
    this.mistake(`\`${path}\` is no attribute${meant === undefined ? "" : `: did you mean \`${meant}\`?`}`);
  }

  /** The fields of an object or a `Map`, own ones only. */
  fields(given: unknown, path: string): ReadonlyMap<string, unknown> | undefined {
    if (given instanceof Map) return given as ReadonlyMap<string, unknown>;
    if (typeof given === "object" && given !== null && !Array.isArray(given) && !(given instanceof Set))
      return new Map(Object.entries(given));
    this.mistake(`${path === "the input" ? path : `\`${path}\``} is ${given === undefined ? "missing" : "no object"}`);
    return undefined;
  }

  /** @param needed fields that may not be missing, but for optional ones */
  record(given: unknown, name: RecordName, path: string, needed: ReadonlySet<string>): Value {
    const fields = this.fields(given, path);
    const object = new RegoObject();
    if (fields === undefined) return object;
    const known = records[name];
    for (const [field, value] of fields) {
      const { type } = known[field] ?? {};
      if (value === undefined) continue;
      if (type === undefined || !Object.hasOwn(known, field)) this.unknown(`${path}.${field}`, Object.keys(known));
      else object.put(field, this.value(value, type, `${path}.${field}`));
    }
    for (const field of needed) {
      if (!object.has(field) && known[field]?.optional !== true && fields.get(field) === undefined)
        this.mistake(`\`${path}.${field}\` is missing`);
    }
    return object;
  }

  value(given: unknown, type: FieldType, path: string): Value {
    switch (type.kind) {
      case "string":
        if (typeof given !== "string") return this.wrong(path, "no string");
        if (type.values !== undefined && !type.values.includes(given)) {
          const meant = nearest(given, type.values);
          return this.wrong(path, `none of its words${meant === undefined ? "" : `: did you mean \`${meant}\`?`}`);
        }
        return given;
      case "number":
        if (typeof given === "bigint") return integer(given);
        if (typeof given !== "number" || !Number.isFinite(given)) return this.wrong(path, "no number");
        return Number.isInteger(given) ? integer(BigInt(given)) : given;
      case "boolean":
        return typeof given === "boolean" ? given : this.wrong(path, "neither true nor false");
      case "any":
        try {
          return toValue(given);
        } catch {
          return this.wrong(path, "nothing that JSON can say");
        }
      case "set":
      case "array": {
        const items = given instanceof Set || Array.isArray(given) ? [...(given as Iterable<unknown>)] : undefined;
        if (items === undefined) return this.wrong(path, "no array");
        const values = items.map((item, index) => this.value(item, type.of, `${path}[${index}]`));
        return type.kind === "set" ? RegoSet.from(values) : values;
      }
      case "object": {
        const entries = [...(this.fields(given, path) ?? [])];
        return RegoObject.fromEntries(
          entries.map(([key, value]) => [key, this.value(value, type.of, `${path}.${key}`)]),
        );
      }
      case "record":
        return this.record(given, type.record, path, new Set(Object.keys(records[type.record])));
    }
  }

  private wrong(path: string, problem: string): Value {
    this.mistake(`\`${path}\` is ${problem}`);
    return null;
  }
}
