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
export * from "./check/vocabulary.ts";
