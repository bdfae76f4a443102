import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that take minutes however short they are, since they go through a corpus or load the catalog once for each case. Without cached figures, Vitest
 * starts the largest files first; one of these begun last would leave the other processors idle.
 */
const long = [
  /conformance\/attacks\/(mysql\/)?attacks\.test\.ts$/,
  /passed-over-schemas\.test\.ts$/,
  /audit-triggers\.test\.ts$/,
];

/** Starts the long files before the others, which keep their order. */
export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => long.some((name) => name.test(moduleId));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
