/**
 * Compiled policies as one ES module that imports nothing: the generated functions, their constants as data, and the runtime, bundled by esbuild.
 *
 * The functions stand there as the compiler wrote them, and the source map leads from each of their lines to the condition in the policy that it
 * is of: whoever debugs steps through policies. The runtime is minified and has no map; nobody debugs it from there.
 */
import { fileURLToPath } from "node:url";
import { encode, type SourceMapSegment } from "@jridgewell/sourcemap-codec";
import { compileStandalone, type Diagnostic, type SourceFile } from "@penstock/language";
import { build } from "esbuild";
import { quoted } from "./quote.ts";

interface StandaloneFiles {
  readonly code: string;
  /** Source map, version 3, without the name of the file that it is of. */
  readonly map: string;
  readonly revision: string;
}

type ModuleResult =
  | { readonly files: StandaloneFiles; readonly diagnostics: readonly Diagnostic[] }
  | { readonly files?: undefined; readonly diagnostics: readonly Diagnostic[] };

/**
 * The same sources and data give the same bytes, with one version of this program.
 * @param mapName what the module calls the file with its source map
 */
export async function writeModule(
  folder: { readonly sources: readonly SourceFile[]; readonly data: unknown },
  mapName: string,
): Promise<ModuleResult> {
  const { parts, diagnostics } = compileStandalone({ sources: folder.sources, data: folder.data });
  if (parts === undefined) return { diagnostics };
  const { revision, text, places, constants, outline, data } = parts;
  const head = [
    "// Policies as a module of their own, made by `policy build --target js`: change the policies, not this file.",
    "",
    "/** The rules. The source map leads from each line to the policies. */",
    "function rules(R, C) {",
  ];
  const code = [
    ...head,
    text,
    "}",
    "",
    "/** What the rules call C, as JSON. */",
    `const constants = [\n${constants.map((json, index) => `  ${quoted(json)}, // ${index}\n`).join("")}];`,
    `const outline = ${quoted(outline)};`,
    `const data = ${quoted(data)};`,
    `const revision = ${quoted(revision)};`,
    "",
    await runtimeText(),
    "const opened = runtime.open({ rules, constants, outline, data, revision });",
    "export const { decide, query, labels } = opened;",
    "export { revision };",
    `//# sourceMappingURL=${encodeURIComponent(mapName.toWellFormed())}`,
    "",
  ].join("\n");
  return { files: { code, map: mapOf(folder.sources, places, head.length), revision }, diagnostics };
}

let bundled: Promise<string> | undefined;

/** A declaration of `runtime`. */
function runtimeText(): Promise<string> {
  return (bundled ??= bundleRuntime());
}

async function bundleRuntime(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("runtime.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "runtime",
    // Neither Node's modules nor a browser's: what imports one does not build.
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2023",
    minify: true,
    charset: "ascii",
    legalComments: "inline",
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error("esbuild wrote no file");
  return output.text.trimEnd();
}

/** @param before lines of the module before those that `places` are of */
function mapOf(sources: readonly SourceFile[], places: readonly (Place | undefined)[], before: number): string {
  const indexes = new Map(sources.map(({ path }, index) => [path, index] as const));
  const lines = places.map((place): SourceMapSegment[] => {
    const source = place === undefined ? undefined : indexes.get(place.file);
    return place === undefined || source === undefined ? [[0]] : [[0, source, place.line - 1, place.column - 1]];
  });
  // What follows is of no policy: a reader takes a line without segments for a part of what stands before it, and Node misreads a last one that nothing follows.
  lines.push([[0]], []);
  return `${JSON.stringify({
    version: 3,
    sources: sources.map(({ path }) => path),
    sourcesContent: sources.map(({ text }) => text),
    names: [],
    mappings: encode([...Array.from({ length: before }, () => []), ...lines]),
  })}\n`;
}

type Place = { readonly file: string; readonly line: number; readonly column: number };
