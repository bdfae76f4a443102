/* oxlint-disable eslint/no-underscore-dangle -- Emscripten names its exports so. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";

/**
 * PostgreSQL's parser as a WebAssembly instance of our own, not the package's shared one: after an error that is not a syntax error
 * (a stack overflow, a trap) an instance may answer every later parse wrongly, so it is thrown away and a spare takes its place.
 */
export interface ParserInstance {
  /** The tree as JSON, or the grammar's error. Throws when the instance can no longer be trusted. */
  parse(text: string): { readonly json: string } | { readonly error: GrammarError };
  fingerprint(text: string): string | undefined;
  /** The tree of a CREATE FUNCTION in PL/pgSQL as JSON. `undefined`: it has a mistake. */
  parsePlpgsql(definition: string): string | undefined;
  readonly memoryBytes: number;
}

interface GrammarError {
  readonly message: string;
  /** C function that raised it. */
  readonly functionName: string;
  /** In characters from 1; 0 where the parser gives none. */
  readonly position: number;
}

interface EmscriptenModule {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _wasm_parse_query_raw(text: number): number;
  _wasm_free_parse_result(result: number): void;
  _wasm_fingerprint(text: number): number;
  _wasm_parse_plpgsql(text: number): number;
  _wasm_free_string(pointer: number): void;
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, pointer: number, bytes: number): void;
  UTF8ToString(pointer: number): string;
  getValue(pointer: number, type: "i32"): number;
}

type ModuleFactory = (options: {
  instantiateWasm(imports: object, done: (instance: object) => void): object;
}) => Promise<EmscriptenModule>;

/** The part of the runtime's WebAssembly that is used here; TypeScript declares it with the DOM only. */
interface WasmRuntime {
  compile(bytes: Uint8Array): Promise<object>;
  readonly Instance: new (module: object, imports: object) => object;
}
const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: WasmRuntime };

// V8 would optimize the parser as soon as a few statements are read: three seconds of processor and 600 MB for two large functions, which no process
// may end before. That is worth 7 µs of 23 for a statement of average length: half a million of them, each parsed once.
for (const flag of ["--liftoff-only", "--no-wasm-tier-up", "--no-wasm-dynamic-tiering"]) setFlagsFromString(flag);

const load = createRequire(import.meta.url);
const createModule = load("libpg-query/wasm/libpg-query.js") as ModuleFactory;
const compiled = await wasm.compile(readFileSync(load.resolve("libpg-query/wasm/libpg-query.wasm")));

export async function createParserInstance(): Promise<ParserInstance> {
  const module = await createModule({
    instantiateWasm(imports, done) {
      done(new wasm.Instance(compiled, imports));
      return {};
    },
  });
  return {
    parse: (text) => withText(module, text, (pointer) => parseRaw(module, pointer)),
    fingerprint: (text) => withText(module, text, (pointer) => fingerprintRaw(module, pointer)),
    parsePlpgsql: (definition) => withText(module, definition, (pointer) => parsePlpgsqlRaw(module, pointer)),
    get memoryBytes() {
      return module.HEAPU8.length;
    },
  };
}

function withText<T>(module: EmscriptenModule, text: string, use: (pointer: number) => T): T {
  const bytes = module.lengthBytesUTF8(text) + 1;
  const pointer = module._malloc(bytes);
  if (pointer === 0) throw new Error("the parser is out of memory");
  module.stringToUTF8(text, pointer, bytes);
  const result = use(pointer);
  module._free(pointer);
  return result;
}

/** Reads libpg_query's PgQueryParseResult { char *tree; char *stderr; PgQueryError *error } and PgQueryError. */
function parseRaw(module: EmscriptenModule, text: number): { json: string } | { error: GrammarError } {
  const result = module._wasm_parse_query_raw(text);
  if (result === 0) throw new Error("the parser is out of memory");
  const tree = module.getValue(result, "i32");
  const error = module.getValue(result + 8, "i32");
  let outcome: { json: string } | { error: GrammarError };
  if (error === 0) {
    if (tree === 0) throw new Error("the parser gave no tree");
    outcome = { json: module.UTF8ToString(tree) };
  } else {
    outcome = {
      error: {
        message: module.UTF8ToString(module.getValue(error, "i32")),
        functionName: module.UTF8ToString(module.getValue(error + 4, "i32")),
        position: Math.max(0, module.getValue(error + 16, "i32")),
      },
    };
  }
  module._wasm_free_parse_result(result);
  return outcome;
}

function fingerprintRaw(module: EmscriptenModule, text: number): string | undefined {
  const pointer = module._wasm_fingerprint(text);
  if (pointer === 0) return undefined;
  const value = module.UTF8ToString(pointer);
  module._wasm_free_string(pointer);
  return /^[0-9a-f]{16}$/.test(value) ? value : undefined;
}

/** The answer is an object in JSON, or a message. */
function parsePlpgsqlRaw(module: EmscriptenModule, definition: number): string | undefined {
  const pointer = module._wasm_parse_plpgsql(definition);
  if (pointer === 0) throw new Error("the parser is out of memory");
  const answer = module.UTF8ToString(pointer);
  module._wasm_free_string(pointer);
  return answer.startsWith("{") ? answer : undefined;
}
