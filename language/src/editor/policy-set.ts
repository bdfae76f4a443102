/**
 * The policy files that are checked together, at one moment, as an editor asks about them. Made anew for each change; what did not
 * change is taken over from the state before.
 */
import type { Observer } from "../check/observer.ts";
import { analyse, type Understanding, understand } from "../compile/analyse.ts";
import type { Diagnostic, SourceFile } from "../diagnostics.ts";
import { lint } from "../lint/lint.ts";
import { silence } from "../lint/silence.ts";
import { parseStatements, type StatementFile } from "../syntax/statements.ts";
import type { Module } from "../syntax/tree.ts";
import { tooManyFiles, tooManyStatements, unlessTooLarge } from "../too-large.ts";
import { type Observed, placesOf } from "./places.ts";
import type { Place } from "./meaning.ts";

type Understood = { readonly observed: Observed } & (
  | { readonly understanding: Understanding; readonly refusal: undefined }
  | { readonly understanding: undefined; readonly refusal: Diagnostic }
);

export class PolicySet {
  readonly files: ReadonlyMap<string, StatementFile>;
  /** `data.*` as JSON. */
  readonly data: unknown;
  private understood: Understood | undefined;
  private found: ReadonlyMap<string, readonly Diagnostic[]> | undefined;
  private places: ReadonlyMap<string, readonly Place[]> | undefined;
  private readonly placesBefore: ReadonlyMap<string, readonly Place[]> | undefined;

  /** @param previous from which unchanged files and statements are taken over */
  constructor(sources: readonly SourceFile[], data: unknown, previous?: PolicySet) {
    this.data = data;
    this.placesBefore = previous?.places ?? previous?.placesBefore;
    this.files = new Map(
      sources.map((source) => {
        const before = previous?.files.get(source.path);
        return [source.path, before?.source.text === source.text ? before : parseStatements(source, before)];
      }),
    );
  }

  private get sources(): readonly SourceFile[] {
    return [...this.files.values()].map(({ source }) => source);
  }

  get modules(): readonly Module[] {
    return [...this.files.values()].map(({ module }) => module);
  }

  /** Absent where an expression has too many parts to be looked at. */
  get understanding(): Understanding | undefined {
    return this.understand().understanding;
  }

  /**
   * Of each file, what is wrong. A file with a syntax error shows its syntax errors only; what other files use of it is known as far
   * as it can be read.
   */
  diagnostics(): ReadonlyMap<string, readonly Diagnostic[]> {
    return (this.found ??= this.lookForMistakes());
  }

  private lookForMistakes(): ReadonlyMap<string, readonly Diagnostic[]> {
    const known = this.modules;
    const byFile = new Map([...this.files].map(([path, { diagnostics }]) => [path, [...diagnostics]]));
    // Looking for syntax errors can show that there is none, and more than was seen before.
    if (this.modules.some((module, index) => module !== known[index])) this.forget();
    const broken = new Set([...byFile].filter(([, diagnostics]) => diagnostics.length > 0).map(([path]) => path));
    for (const diagnostic of this.analysisDiagnostics(broken.size === 0)) {
      if (!broken.has(diagnostic.span.file)) byFile.get(diagnostic.span.file)?.push(diagnostic);
    }
    return byFile;
  }

  /** @param isReadable whether there is no syntax error, so that what cannot be looked at is one by itself */
  private analysisDiagnostics(isReadable: boolean): readonly Diagnostic[] {
    const { understanding, refusal } = this.understand();
    if (refusal !== undefined) return isReadable ? [refusal] : [];
    return unlessTooLarge<readonly Diagnostic[]>(
      this.sources,
      () => {
        const analysis = analyse(this.modules, understanding);
        // What a file that cannot be read uses would look unused.
        const found = isReadable ? [...analysis.diagnostics, ...lint(this.modules, analysis)] : analysis.diagnostics;
        const isLookedFor = (code: string): boolean => isReadable && !code.startsWith("P5");
        return silence(this.sources, this.modules, found, isLookedFor).diagnostics;
      },
      (late) => (isReadable ? [late] : []),
    );
  }

  private forget(): void {
    this.understood = undefined;
    this.places = undefined;
  }

  /** What stands in a file, in order. */
  placesIn(path: string): readonly Place[] {
    return this.allPlaces().get(path) ?? [];
  }

  allPlaces(): ReadonlyMap<string, readonly Place[]> {
    const { understanding, observed } = this.understand();
    if (understanding === undefined) return new Map();
    return (this.places ??= placesOf(this.files, understanding, observed));
  }

  /** As `allPlaces`; of the state before where this one has not been looked at: for what must be quick and may be a change late. */
  recentPlaces(): ReadonlyMap<string, readonly Place[]> {
    return this.places ?? this.placesBefore ?? this.allPlaces();
  }

  /** The smallest place that the offset is in, or at the end of. */
  placeAt(path: string, offset: number): Place | undefined {
    let best: Place | undefined;
    for (const place of this.placesIn(path)) {
      if (place.span.start > offset) break;
      if (place.span.end < offset) continue;
      // Where two names meet at the offset, the one that begins there.
      const isBetter =
        best === undefined ||
        best.span.end === offset ||
        (place.span.end > offset && place.span.end - place.span.start < best.span.end - best.span.start);
      if (isBetter) best = place;
    }
    return best;
  }

  private understand(): Understood {
    if (this.understood !== undefined) return this.understood;
    const observed: Observed = { fields: [], constants: [] };
    const observer: Observer = {
      field: (span, owner, name) => observed.fields.push({ span, owner, name }),
      constant: (span, type) => observed.constants.push({ span, type }),
    };
    const refuse = (refusal: Diagnostic): Understood => ({ understanding: undefined, observed, refusal });
    const tooMany = tooManyFiles(this.sources) ?? tooManyStatements(this.modules);
    this.understood =
      tooMany !== undefined
        ? refuse(tooMany)
        : unlessTooLarge<Understood>(
            this.sources,
            () => ({ understanding: understand(this.modules, observer), observed, refusal: undefined }),
            refuse,
          );
    return this.understood;
  }
}
