/** Local variables of nested bodies. */
import type { Span } from "../diagnostics.ts";
import type { Local } from "./plan.ts";

export class Scope {
  private readonly locals = new Map<string, Local>();
  private readonly parent: Scope | undefined;
  /** Set for the scope of a closure (comprehension, every): the outer variables that it reads. */
  private readonly free: Set<Local> | undefined;
  private readonly counter: { next: number };

  private constructor(parent: Scope | undefined, free: Set<Local> | undefined, counter: { next: number }) {
    this.parent = parent;
    this.free = free;
    this.counter = counter;
  }

  static root(): Scope {
    return new Scope(undefined, undefined, { next: 0 });
  }

  /** A body of the same closure: `else`, a rule's body below its parameters. */
  nested(): Scope {
    return new Scope(this, undefined, this.counter);
  }

  /** A closure's body; `free` is filled while its names are looked up. */
  closure(free: Set<Local>): Scope {
    return new Scope(this, free, this.counter);
  }

  find(name: string): Local | undefined {
    const own = this.locals.get(name);
    if (own !== undefined) return own;
    const outer = this.parent?.find(name);
    if (outer !== undefined) this.free?.add(outer);
    return outer;
  }

  has(name: string): boolean {
    return this.locals.has(name);
  }

  /** All that can be looked up here, without outer ones. */
  named(): Local[] {
    return [...this.locals.values()];
  }

  /** All that can be looked up here, inner ones first. */
  visible(): Local[] {
    return [...this.locals.values(), ...(this.parent?.visible() ?? [])];
  }

  add(name: string, span: Span, declared: boolean): Local {
    const local = this.fresh(name, span, declared);
    this.locals.set(name, local);
    return local;
  }

  /** A variable without a name that could be looked up: each `_`. */
  fresh(name: string, span: Span, declared: boolean): Local {
    const local: Local = { name, id: this.counter.next, span, declared };
    this.counter.next += 1;
    return local;
  }
}
