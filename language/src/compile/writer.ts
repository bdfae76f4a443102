/**
 * Text of generated JavaScript, and the constants that it uses.
 *
 * INVARIANT: nothing of a policy is ever printed into the text. Values, names and places go into `constants` and are referred to by position;
 * the text consists of what this compiler's own source says and of numbers.
 */
import type { Span } from "../diagnostics.ts";
import type { Local } from "./plan.ts";

export class Writer {
  private readonly lines: string[] = [];
  /** For each line, what in a policy it was written for. */
  readonly places: (Span | undefined)[] = [];
  private place: Span | undefined;
  private readonly positions = new Map<unknown, string>();
  readonly constants: unknown[] = [];
  private depth = 0;
  private names = 0;

  /** An empty line is none. */
  line(text: string): void {
    if (text === "") return;
    this.lines.push("  ".repeat(Math.min(this.depth, 40)) + text);
    this.places.push(this.place);
  }

  /** What follows is written for this place. */
  at(place: Span): void {
    this.place = place;
  }

  /** `text {`, what `inside` writes, `}`. */
  block(text: string, inside: () => void): void {
    this.line(`${text} {`);
    this.depth += 1;
    inside();
    this.depth -= 1;
    this.line("}");
  }

  /** Names an expression that is always defined. */
  hold(expression: string, k: (name: string) => void): void {
    const name = this.name("t");
    this.line(`const ${name} = ${expression};`);
    k(name);
  }

  /** Names an expression and goes on where it is defined. */
  maybe(expression: string, k: (name: string) => void): void {
    this.hold(expression, (name) => this.block(`if (${name} !== undefined)`, () => k(name)));
  }

  /** A name that nothing else has. */
  name(prefix: string): string {
    this.names += 1;
    return `${prefix}${this.names}`;
  }

  /** The name of a constant; equal primitives and identical objects share one. */
  constant(value: unknown): string {
    const known = this.positions.get(value);
    if (known !== undefined) return known;
    const name = `c${this.constants.length}`;
    this.constants.push(value);
    this.positions.set(value, name);
    return name;
  }

  text(): string {
    return this.lines.join("\n");
  }
}

export function nameOf(local: Local): string {
  return `v${local.id}`;
}
