/** Tests in the editor: lenses that run them, and how the last run of a text ended. */
import type { SourceFile } from "@penstock/language";
import { testsOf } from "@penstock/language/editor";
import type { CancellationToken, CodeLens } from "vscode-languageserver/node";
import { type Look, rangeIn, type Spot } from "./look.ts";
import { runTests, type TestAnswer, type TestOutcome } from "./test-runs.ts";

/** `workspace/executeCommand` with a file's URI and names of its tests; without names, all of them. */
export const runTestsCommand = "penstock.runTests";

export class Tests {
  /** By name; as long as the text is the one that was tested. */
  private readonly outcomes = new WeakMap<SourceFile, Map<string, TestOutcome>>();

  /** @param names all of the file's unless given */
  async run(look: Look, names: readonly string[] | undefined, token: CancellationToken): Promise<TestAnswer> {
    const { project, set, path, source } = look;
    const all = testsIn(look).map(({ name }) => name);
    const sources = [...set.files.values()].map((file) => file.source);
    const answer = await runTests({ sources, data: project.data, file: path, names: names ?? all }, token);
    if ("problem" in answer) return answer;
    const known = this.outcomes.get(source) ?? new Map<string, TestOutcome>();
    for (const outcome of answer) known.set(outcome.name, outcome);
    this.outcomes.set(source, known);
    return answer;
  }

  failures(source: SourceFile): TestOutcome[] {
    return [...(this.outcomes.get(source)?.values() ?? [])].filter(({ outcome }) => outcome !== "passed");
  }

  lenses(look: Look): CodeLens[] {
    const tests = testsIn(look);
    const names = tests.map(({ name }) => name);
    const lens = (title: string, span: Spot, wanted: readonly string[]): CodeLens => ({
      range: rangeIn(look, span),
      command: { title, command: runTestsCommand, arguments: [look.uriOf(look.path), wanted] },
    });
    const head = look.set.files.get(look.path)?.module.span;
    const all = head === undefined || names.length === 0 || head.end === 0 ? [] : [lens("run all tests", head, names)];
    return [
      ...all,
      ...tests.flatMap(({ name, nameSpan }) => {
        const outcome = this.outcomes.get(look.source)?.get(name);
        const again = lens("run test", nameSpan, [name]);
        return outcome === undefined ? [again] : [again, lens(titleOf(outcome), nameSpan, [name])];
      }),
    ];
  }
}

function testsIn({ set, path }: Look): ReturnType<typeof testsOf> {
  const file = set.files.get(path);
  return file === undefined ? [] : testsOf(file);
}

function titleOf({ outcome, milliseconds, line }: TestOutcome): string {
  return outcome === "passed" ? `✓ passed in ${milliseconds.toFixed(0)} ms` : `✗ ${outcome} in line ${line}`;
}
