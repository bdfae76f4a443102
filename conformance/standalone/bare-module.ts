/** Runs a standalone module where there is nothing but ECMAScript: no process, no require, no fetch, no timers, and no code from strings. */
import { createContext, type Context, Script } from "node:vm";
import { toJson, toValue } from "@penstock/language";
import { transform } from "esbuild";

export class BareModule {
  private readonly context: Context;

  private constructor(context: Context) {
    this.context = context;
  }

  /** @param code of an ES module without imports; it becomes a script, since contexts for modules are an experiment of Node's */
  static async of(code: string): Promise<BareModule> {
    const script = await transform(code, { format: "iife", globalName: "policies", target: "es2023" });
    const context = createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
    new Script(script.code).runInContext(context);
    return new BareModule(context);
  }

  /** Calls an export. Values cross as JSON, since an object of this realm would lend its realm to the module. Large integers come as texts. */
  call(name: "decide" | "query" | "labels", ...args: readonly unknown[]): unknown {
    const given = args.map((arg) => `JSON.parse(${JSON.stringify(toJson(toValue(arg)))})`);
    const exact = '(name, value) => (typeof value === "bigint" ? String(value) : value)';
    const text = this.evaluate(`JSON.stringify({ answer: policies.${name}(${given.join(", ")}) }, ${exact})`);
    const { answer } = JSON.parse(String(text)) as { readonly answer?: unknown };
    return answer;
  }

  /** What a text evaluates to there. */
  evaluate(text: string): unknown {
    return new Script(text).runInContext(this.context);
  }
}

/** As `BareModule.call` gives what it gets. */
export function asGiven(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_name, part: unknown) => (typeof part === "bigint" ? String(part) : part)));
}
