import type { OutdatedName } from "../enforcer.ts";
import type { LabelledColumn, World } from "./world.ts";

/**
 * What policies know by a former name only, so that it is that name which protects it: for people, who should put the new one into the policies.
 */
export function outdatedNames(world: World): OutdatedName[] {
  const found = new Map<string, OutdatedName>();
  const add = (name: OutdatedName): void => void found.set(JSON.stringify(name), name);
  const named = (path: string) => world.program.named().has(path);
  for (const column of world.userColumns()) {
    for (const was of column.former) {
      const table = { was: was.relation.path, now: column.relation.path };
      const isOfTable = table.was !== table.now && was.column.name === column.column.name;
      if (table.was !== table.now && named(table.was)) add(table);
      if (named(was.path) || givesMore(world, column, was))
        add(isOfTable ? table : { was: was.path, now: column.path });
    }
  }
  return [...found.values()];
}

/** The `label` rules say something of the column under its former name that they do not say under its present one. */
function givesMore({ program }: World, now: LabelledColumn, was: LabelledColumn): boolean {
  const [ofNow, ofWas] = program.labels([now.value, was.value]);
  return ofWas?.labels.some((label) => ofNow?.labels.includes(label) !== true) === true;
}
