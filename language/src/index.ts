export { type Code, codes, isCode } from "./codes/codes.ts";
export { explain, referenceOf, wrongExample } from "./codes/page.ts";
export { diagnostic } from "./diagnostics.ts";
export type { Diagnostic, Fix, SourceFile, Span } from "./diagnostics.ts";
export type {
  CompileOptions,
  CompileResult,
  ConditionExplanation,
  Coverage,
  DefinitionExplanation,
  Effect,
  FailureFrame,
  Input,
  LabelEffect,
  MaskCall,
  ObservedValue,
  Program,
  Question,
  Reads,
  RuleExplanation,
  RuleId,
  TestCase,
  TestFailure,
  TestHost,
  TestResult,
} from "./program.ts";
export { BuiltinError } from "./builtin.ts";
export type { Builtin, BuiltinContext } from "./builtin.ts";
export { arithmetic } from "./builtins/arithmetic.ts";
export { isSpace, toLower, toUpper, trimPoints } from "./builtins/text.ts";
export { builtins } from "./builtins/registry.ts";
export type { CatalogNames } from "./check/catalog.ts";
export * from "./check/vocabulary.ts";
export { compile } from "./compile/compile.ts";
export { compileStandalone } from "./standalone/compile-standalone.ts";
export { formatSource } from "./format/format-source.ts";
export type { Formatted } from "./format/format-source.ts";
export { formatDiagnostics } from "./format-diagnostics.ts";
export type { FormatOptions } from "./format-diagnostics.ts";
export { type ComparisonOperator, holds } from "./comparison.ts";
export { nearest } from "./suggest.ts";
export { printable } from "./printable.ts";
export type {
  RowArithmetic,
  RowConstant,
  RowPredicate,
  RowTerm,
  RowTextTest,
  RowTrim,
} from "./row-predicate.ts";
export { evaluateQuery } from "./query.ts";
export type { QueryOptions, QueryResult } from "./query.ts";
export type { Silenced } from "./lint/silence.ts";
export { toRego, type RegoResult } from "./rego.ts";
export { metadataOf } from "./metadata.ts";
export type { Metadata } from "./metadata.ts";
export { parseBody, parseModule } from "./syntax/parse.ts";
export type * as Tree from "./syntax/tree.ts";
export {
  compare,
  emptyObject,
  emptySet,
  equal,
  format,
  fromValue,
  lookup,
  parseJson,
  RegoObject,
  RegoSet,
  toJson,
  toValue,
  typeName,
} from "./values.ts";
export type { TypeName, Value } from "./values.ts";
