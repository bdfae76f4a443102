export type { Diagnostic, SourceFile, Span } from "./diagnostics.ts";
export type {
  CompileOptions,
  CompileResult,
  Effect,
  Input,
  MaskCall,
  Program,
  Reads,
  RuleId,
  TestCase,
  TestHost,
  TestResult,
} from "./program.ts";
export type { Builtin } from "./builtin.ts";
export * from "./check/vocabulary.ts";
export { compile } from "./compile/compile.ts";
export { formatDiagnostics } from "./format-diagnostics.ts";
export type { DiagnosticFormat, FormatOptions } from "./format-diagnostics.ts";
export { evaluateQuery } from "./query.ts";
export type { QueryOptions, QueryResult } from "./query.ts";
export {
  compare,
  emptyObject,
  emptySet,
  equal,
  format,
  fromValue,
  parseJson,
  RegoObject,
  RegoSet,
  toJson,
  toValue,
  typeName,
} from "./values.ts";
export type { TypeName, Value } from "./values.ts";
