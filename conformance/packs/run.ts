/** `npm run conformance:classify [-- --confusions]`: precision and recall of the pack `classify`, for both halves of the list. */
import { parseArgs } from "node:util";
import { classify, type Half, printConfusions, printScores, readColumns } from "./classify.ts";

const { values } = parseArgs({
  options: { confusions: { type: "boolean", default: false }, half: { type: "string" } },
});
const classified = classify(readColumns());
const halves: readonly Half[] = ["written", "held-out"];
for (const half of halves.filter((name) => values.half === undefined || name === values.half)) {
  const own = classified.filter((column) => column.half === half);
  console.log(`\n${half}: ${own.length} columns of ${new Set(own.map(({ project }) => project)).size} schemas`);
  console.log(printScores(own));
  if (values.confusions) console.log(`\nexpected -> found\n${printConfusions(own)}`);
}
