/**
 * How well the pack `classify` finds what is sensitive, on columns of public schemas (`columns.csv`, labelled by hand; its README
 * says how). The columns are split by a hash of their path: rules were written looking at one half, the other was set aside.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { compile, type Program } from "@penstock/language";
import { parseCatalogFixture, readPolicyFolder } from "@penstock/engine";
import { objectPath } from "../../engine/src/catalog/catalog.ts";
import { World } from "../../engine/src/decide/world.ts";

export type Half = "written" | "held-out";

export interface LabelledColumn {
  readonly project: string;
  readonly table: string;
  readonly column: string;
  readonly type: string;
  /** "none" where nothing sensitive is expected. */
  readonly label: string;
  readonly half: Half;
}

export interface Classified extends LabelledColumn {
  /** What the pack says, "none" where it says nothing. */
  readonly found: string;
}

export interface Score {
  readonly expected: number;
  readonly found: number;
  readonly right: number;
}

const pack = new URL("../../policies/classify", import.meta.url).pathname;
const list = new URL("columns.csv", import.meta.url);
const heading = "project,table,column,type,label";

export function readColumns(): LabelledColumn[] {
  const [first, ...lines] = readFileSync(list, "utf8").trimEnd().split("\n");
  if (first !== heading) throw new Error(`columns.csv must begin with ${heading}`);
  return lines.map((line, index) => {
    const [project, table, column, type, label, ...more] = line.split(",");
    if (!project || !table || !column || !type || !label || more.length > 0)
      throw new Error(`columns.csv, line ${index + 2}: five fields are needed`);
    return { project, table, column, type, label, half: halfOf(`${project}.${table}.${column}`) };
  });
}

function halfOf(path: string): Half {
  return (createHash("sha256").update(path).digest()[0] ?? 0) % 2 === 0 ? "written" : "held-out";
}

/** Labels every column as the engine does: each project is a catalog, and the label is the one that masks would see. */
export function classify(columns: readonly LabelledColumn[], program = compilePack()): Classified[] {
  const byProject = Map.groupBy(columns, ({ project }) => project);
  return [...byProject].flatMap(([project, own]) => {
    const tables: Record<string, { columns: Record<string, string> }> = {};
    for (const { table, column, type } of own) {
      (tables[objectPath("public", table)] ??= { columns: {} }).columns[column] = type;
    }
    const world = new World(program, parseCatalogFixture({ tables }, project));
    const labels = new Map(world.userColumns().map(({ path, label }) => [path, label]));
    if (world.labelErrors.size > 0)
      throw new Error([...world.labelErrors.values()].map(({ message }) => message).join("\n"));
    return own.map((column) => {
      const label = labels.get(objectPath("public", column.table, column.column));
      if (label === undefined) throw new Error(`${project} has no ${column.table}.${column.column}`);
      return { ...column, found: label === "" ? "none" : label };
    });
  });
}

function compilePack(): Program {
  const { sources, data } = readPolicyFolder([pack], false);
  const { program } = compile({ sources, data });
  if (program === undefined) throw new Error("the pack does not compile: run `npx policy check policies/classify`");
  return program;
}

/** Another label than the expected one is wrong twice: found what is not there, and missed what is. */
export function scoreOf(classified: readonly Classified[]): Score {
  return {
    expected: classified.filter(({ label }) => label !== "none").length,
    found: classified.filter(({ found }) => found !== "none").length,
    right: classified.filter(({ label, found }) => label !== "none" && label === found).length,
  };
}

export const precision = ({ right, found }: Score): number => right / found;
export const recall = ({ right, expected }: Score): number => right / expected;

/** A table by label, the groups after them, all of it last. */
export function printScores(classified: readonly Classified[]): string {
  const labels = [...new Set(classified.flatMap(({ label, found }) => [label, found]))].filter(
    (name) => name !== "none",
  );
  const groups = [...new Set(labels.map((label) => label.split(".")[0] ?? label))];
  const rows = [
    ...labels.toSorted().map((name) => row(name, classified, (label) => label === name)),
    ...groups.toSorted().map((name) => row(name, classified, (label) => label.startsWith(`${name}.`))),
    row("all", classified, () => true),
  ];
  return ["label                expected  found  right  precision  recall", ...rows].join("\n");
}

function row(name: string, classified: readonly Classified[], counts: (label: string) => boolean): string {
  const only = (label: string) => (counts(label) ? label : "none");
  const score = scoreOf(
    classified.map((column) => ({ ...column, label: only(column.label), found: only(column.found) })),
  );
  const figure = (value: number) => (Number.isNaN(value) ? "-" : value.toFixed(3));
  return [
    name.padEnd(20),
    String(score.expected).padStart(8),
    String(score.found).padStart(6),
    String(score.right).padStart(6),
    figure(precision(score)).padStart(10),
    figure(recall(score)).padStart(7),
  ].join(" ");
}

export function printConfusions(classified: readonly Classified[]): string {
  return classified
    .filter(({ label, found }) => label !== found)
    .map(
      ({ project, table, column, type, label, found }) =>
        `${label} -> ${found}: ${project} ${table}.${column} (${type})`,
    )
    .toSorted()
    .join("\n");
}
