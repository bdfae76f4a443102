/** What a test's failure shows, from the frames of its trace. */
import type { Frame, TracePoint } from "./compile/trace.ts";
import type { SourceFile, Span } from "./diagnostics.ts";
import type { FailureFrame, TestHost } from "./program.ts";
import { format, RegoObject, RegoSet, isArray, type Value } from "./values.ts";

/** Longest text of one value in a report. */
const valueCharsMax = 2_000;

/**
 * @param rule where the test stands: what is shown of a test that came to no condition
 * @param isError whether the conditions were never decided
 */
export function failureFrames(
  frames: readonly Frame[],
  sources: readonly SourceFile[],
  host: TestHost,
  rule: Span,
  isError: boolean,
): readonly FailureFrame[] {
  const found = frames.flatMap((frame) =>
    frame.point === undefined ? [] : [failureFrame(frame, frame.point, sources, host, isError)],
  );
  if (found.length > 0) return found;
  const { file, line, column } = rule;
  return [
    {
      rule: frames[0]?.rule ?? "",
      file,
      line,
      column,
      expression: textOf(rule, sources),
      variables: {},
      described: {},
    },
  ];
}

function failureFrame(
  frame: Frame,
  point: TracePoint,
  sources: readonly SourceFile[],
  host: TestHost,
  isError: boolean,
): FailureFrame {
  const { file, line, column } = point.span;
  const variables: Record<string, string> = {};
  const described: Record<string, readonly string[]> = {};
  point.names.forEach((name, index) => {
    const value = frame.values[index];
    if (value === undefined) return;
    const asked = point.fields.find(([variable]) => variable === name)?.[1];
    const lines = host.describe?.(value, asked);
    if (lines === undefined) variables[name] = show(value);
    else described[name] = lines;
  });
  return {
    rule: frame.rule,
    file,
    line,
    column,
    expression: textOf(point.span, sources),
    ...(isError ? {} : comparison(frame, point)),
    variables,
    described,
  };
}

/** What the condition wanted, and what it got: in words, since either may be no value. */
function comparison(frame: Frame, { shape }: TracePoint): Pick<FailureFrame, "expected" | "got"> {
  const [left, right] = frame.sides;
  switch (shape.kind) {
    case "compare": {
      const [wanted, found] = shape.expected === 0 ? [left, right] : [right, left];
      const operator = shape.expected === 0 ? mirrored(shape.operator) : shape.operator;
      return { expected: wish(operator, shape.negated, shown(wanted)), got: tried(frame, found) };
    }
    case "member":
      return { expected: `${shape.negated ? "none" : "one"} of ${shown(right)}`, got: shown(left) };
    case "value":
      return shape.negated ? { expected: "undefined or false", got: shown(left) } : { got: tried(frame, left) };
    case "some":
      return isEmpty(left) ? { expected: "something in it", got: shown(left) } : {};
    case "every":
      return isCollection(left) ? {} : { expected: "a collection", got: shown(left) };
  }
}

function mirrored(operator: string): string {
  return { "<": ">", "<=": ">=", ">": "<", ">=": "<=" }[operator] ?? operator;
}

function wish(operator: string, negated: boolean, wanted: string): string {
  const words =
    { "==": "", "!=": "anything but ", "<": "less than ", "<=": "at most ", ">": "more than ", ">=": "at least " }[
      operator
    ] ?? "";
  if (!negated) return `${words}${wanted}`;
  return operator === "==" ? `anything but ${wanted}` : `not ${words}${wanted}`;
}

/** Of a condition that was tried with several values, the last. */
function tried({ tries }: Frame, value: Value | undefined): string {
  return tries > 1 ? `${shown(value)} (the last of ${tries})` : shown(value);
}

function shown(value: Value | undefined): string {
  return value === undefined ? "undefined" : show(value);
}

function show(value: Value): string {
  const text = format(value);
  return text.length > valueCharsMax ? `${text.slice(0, valueCharsMax)}… (${text.length} characters)` : text;
}

function isCollection(value: Value | undefined): boolean {
  return isArray(value) || value instanceof RegoSet || value instanceof RegoObject;
}

function isEmpty(value: Value | undefined): boolean {
  if (isArray(value)) return value.length === 0;
  return value instanceof RegoSet || value instanceof RegoObject ? value.size === 0 : true;
}

function textOf(span: Span, sources: readonly SourceFile[]): string {
  return sources.find(({ path }) => path === span.file)?.text.slice(span.start, span.end) ?? "";
}
