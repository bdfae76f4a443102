/** Which rules and conditions ran, and which held: counted by generated code where `CompileOptions.coverage` asks for it, and else not there. */
import type { Coverage, CoveragePoint } from "../program.ts";
import type { Writer } from "./writer.ts";

export class CoverageCounter implements Coverage {
  readonly points: CoveragePoint[] = [];
  readonly counts: number[] = [];
  private readonly known = new Map<string, number>();
  private isCounting = true;

  /** @param isCounting off for tests and their helpers: they are what covers */
  enter(isCounting: boolean): void {
    this.isCounting = isCounting;
  }

  /** Writes what is not to be counted: under `not`, what counts is that it does not hold. */
  without(write: () => void): void {
    const before = this.isCounting;
    this.isCounting = false;
    write();
    this.isCounting = before;
  }

  /** The same place, however often it is written, counts as one. */
  mark(writer: Writer, point: CoveragePoint): CoverageMark {
    if (!this.isCounting) return noMark;
    const key = `${point.kind} ${point.span.file} ${point.span.start}`;
    let index = this.known.get(key);
    if (index === undefined) {
      index = this.points.push(point) - 1;
      this.counts.push(0, 0);
      this.known.set(key, index);
    }
    const counts = writer.constant(this.counts);
    return { tried: `${counts}[${2 * index}] += 1;`, held: `${counts}[${2 * index + 1}] += 1;` };
  }
}

/** Lines of generated code that count, empty where nothing is counted. */
export interface CoverageMark {
  readonly tried: string;
  readonly held: string;
}

export const noMark: CoverageMark = { tried: "", held: "" };
