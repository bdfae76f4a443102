/** What a failed test shows, for people: each condition with its place, what it wanted and got, and its variables. */
import { type FailureFrame, printable, type SourceFile } from "@penstock/language";
import type { RanTest } from "../testing/test-run.ts";
import { type Paint, painter } from "./paint.ts";

/** Of a condition over many lines, and of a value or a decision that is long, this much is shown. */
const expressionLinesMax = 8;
const valueCharsMax = 400;
const describedLinesMax = 12;

/** Lines, indented by two. */
export function failureLines(test: RanTest, sources: readonly SourceFile[], paint: Paint = painter(false)): string[] {
  const { failure, prints } = test;
  if (failure === undefined) return [];
  return [
    ...(failure.message === undefined ? [] : [`  ${paint("red", printable(failure.message))}`]),
    ...failure.frames.flatMap((frame, index) => [
      ...(index === 0
        ? []
        : [`  ${paint("dim", `in ${printable(frame.rule)}, ${printable(frame.file)}:${frame.line}`)}`]),
      ...excerpt(frame, sources, paint),
      ...values(frame, paint),
    ]),
    ...prints.map((line) => `  ${paint("dim", "print")}  ${printable(line)}`),
  ];
}

/** The place of the innermost condition, by which a failure is found. */
export function placeOf({ file, line, failure }: RanTest): { readonly file: string; readonly line: number } {
  // Helpers are shared: the test's own condition tells which test it is.
  const [own] = failure?.frames ?? [];
  return own === undefined ? { file, line } : { file: own.file, line: own.line };
}

function excerpt({ file, line, expression }: FailureFrame, sources: readonly SourceFile[], paint: Paint): string[] {
  const text = sources.find(({ path }) => path === file)?.text.split("\n") ?? [];
  const count = expression.split("\n").length;
  const shown = text.slice(line - 1, line - 1 + Math.min(count, expressionLinesMax));
  const width = String(line + shown.length - 1).length + 2;
  const numbered = shown.map(
    (source, index) =>
      `  ${paint("dim", `${String(line + index).padStart(width)} |`)} ${printable(source.replace(/\r$/, ""))}`,
  );
  return count > expressionLinesMax ? [...numbered, `  ${paint("dim", `${"".padStart(width)} |`)} …`] : numbered;
}

function values({ expected, got, variables, described }: FailureFrame, paint: Paint): string[] {
  const entries: (readonly [name: string, lines: readonly string[]])[] = [
    ...(expected === undefined ? [] : [["expected", [paint("green", cut(expected))]] as const]),
    ...(got === undefined ? [] : [["got", [paint("red", cut(got))]] as const]),
    ...Object.entries(variables).map(([name, value]) => [`${name} =`, [cut(value)]] as const),
    ...Object.entries(described).map(([name, lines]) => [`${name} =`, fewOf(lines.map(cut))] as const),
  ];
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  return entries.flatMap(([name, lines]) =>
    lines.map((line, index) => `      ${paint("dim", (index === 0 ? printable(name) : "").padEnd(width))}  ${line}`),
  );
}

function fewOf(lines: readonly string[]): readonly string[] {
  const more = lines.length - describedLinesMax;
  return more > 0 ? [...lines.slice(0, describedLinesMax), `… ${more} more`] : lines;
}

function cut(text: string): string {
  return printable(text.length > valueCharsMax ? `${text.slice(0, valueCharsMax)}…` : text).replaceAll("\n", " ");
}
