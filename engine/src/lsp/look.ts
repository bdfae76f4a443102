import type { SourceFile } from "@penstock/language";
import type { PolicySet } from "@penstock/language/editor";
import type { Location, Range } from "vscode-languageserver/node";
import type { Project } from "./project.ts";
import { rangeOf } from "./locations.ts";

/** A file that a request is about, among those that it is checked with. */
export interface Look {
  readonly project: Project;
  readonly set: PolicySet;
  readonly path: string;
  readonly source: SourceFile;
  /** As the editor calls a file. */
  uriOf(path: string): string;
}

/** A place in the file or another of its project. */
export interface Spot {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

export function rangeIn({ set, source }: Look, spot: Spot): Range {
  return rangeOf(set.files.get(spot.file)?.source ?? source, spot);
}

export function locationOf(look: Look, spot: Spot): Location {
  return { uri: look.uriOf(spot.file), range: rangeIn(look, spot) };
}
