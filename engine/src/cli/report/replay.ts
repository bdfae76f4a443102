/** What a replay found: for people, and as JSON. */
import { printable, type Reads } from "@penstock/language";
import { changeKinds } from "../../replay/compare.ts";
import type { ReplayGroup, ReplayResult } from "../../replay/replay.ts";
import { counted } from "./text.ts";

type WhatIsRead = Pick<Reads, "parameters" | "time">;

const exampleCharactersMax = 100;

export function printReplay(result: ReplayResult, reads: WhatIsRead): string {
  const { traffic, changed, principals } = result;
  const decided = traffic.statements - undecided(result);
  const lines = [
    `${counted(decided, "statement")} of ${counted(principals, "principal")}: ${changed === 0 ? "nothing changes" : `${changed} would be decided otherwise`}`,
  ];
  for (const kind of changeKinds) {
    const groups = result.groups.filter((group) => group.kind === kind);
    if (groups.length > 0) lines.push("", ...printKind(kind, groups));
  }
  const notes = notesOf(result, reads);
  if (notes.length > 0) lines.push("", ...notes.map((note) => `note: ${note}`));
  return printable(lines.join("\n"));
}

function printKind(kind: string, groups: readonly ReplayGroup[]): string[] {
  const byWhat = [...Map.groupBy(groups, ({ what, rule }) => JSON.stringify([what, rule])).values()];
  byWhat.sort((a, b) => total(b) - total(a));
  const width = Math.max(...groups.map(({ principal }) => principal.length));
  return [
    `${kind}: ${total(groups)}`,
    ...byWhat.flatMap((same) => [
      `  ${same[0]?.what ?? ""}${same[0]?.rule === undefined ? "" : `  [${same[0].rule}]`}`,
      ...same
        .toSorted((a, b) => b.count - a.count || (a.principal < b.principal ? -1 : 1))
        .map(
          ({ principal, count, example }) =>
            `    ${principal.padEnd(width)}  ${String(count).padStart(7)}  ${short(example)}`,
        ),
    ]),
  ];
}

function total(groups: readonly ReplayGroup[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > exampleCharactersMax ? `${line.slice(0, exampleCharactersMax)}…` : line;
}

function undecided({ unknownTargets }: ReplayResult): number {
  return [...unknownTargets.values()].reduce((sum, count) => sum + count, 0);
}

/** What the figures do not hold, each with how much of it there is. */
function notesOf({ traffic, unknownTargets, ungrouped }: ReplayResult, reads: WhatIsRead): string[] {
  const { torn, malformed, firstMalformed, lost, assumed } = traffic;
  const notes: string[] = [];
  for (const [target, count] of unknownTargets)
    notes.push(`${counted(count, "statement")} of target \`${target}\` left out: no catalog is given for it`);
  if (assumed > 0)
    notes.push(
      `${counted(assumed, "statement")} of sessions that began before these files: claims, tags and search_path are not known, the default ones are taken`,
    );
  if (malformed > 0)
    notes.push(`${counted(malformed, "line")} left out that are no records, the first at ${firstMalformed ?? "?"}`);
  if (torn > 0) notes.push(`${counted(torn, "last line")} left out that ${torn === 1 ? "was" : "were"} cut off`);
  if (lost > 0) notes.push(`${counted(lost, "line")} missing that the proxy could not write`);
  if (ungrouped > 0) notes.push(`${counted(ungrouped, "change")} not shown: there are too many different ones`);
  if (reads.parameters) notes.push("rules read `query.parameters`, which are not recorded: they saw none");
  if (reads.time) notes.push("rules read the clock: they saw the time of this run");
  return notes;
}

export function replayJson(result: ReplayResult, reads: WhatIsRead): unknown {
  const { traffic, changed, groups, principals, ungrouped } = result;
  return {
    statements: traffic.statements,
    changed,
    principals,
    changes: groups.map(({ kind, what, rule, principal, count, example }) => ({
      kind,
      what,
      rule: rule ?? null,
      principal,
      count,
      example,
    })),
    not_shown: ungrouped,
    left_out: {
      no_catalog: Object.fromEntries(result.unknownTargets),
      malformed_lines: traffic.malformed,
      torn_lines: traffic.torn,
      lost_lines: traffic.lost,
    },
    assumed: traffic.assumed,
    reads,
  };
}
