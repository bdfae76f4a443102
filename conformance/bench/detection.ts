import { detectedKinds } from "../../proxy/src/detect/detector.ts";
import { Redactor } from "../../proxy/src/detect/redactor.ts";
import { detectingChange } from "../../proxy/src/postgres/detecting-change.ts";
import { changeDataRow } from "../../proxy/src/postgres/data-row-values.ts";
import { dataRow } from "./data-row.ts";
import { printSample, printTable, processorTime, sample } from "./statistics.ts";

const callsPerRound = 50_000;
const textType = 25;
const jsonbType = 3802;
const timestampType = 1184;

const prose =
  "The parcel of 2026-11-28 came late, order ORD-2026-000123; the customer asks for 12.50 back and will call again on Monday at 10:30.";
const shapes: readonly [name: string, types: readonly number[], values: readonly string[]][] = [
  [
    "no text: 5 timestamps",
    Array.from({ length: 5 }, () => timestampType),
    Array.from({ length: 5 }, () => "2026-11-28 12:00:00+00"),
  ],
  [
    "5 short texts",
    Array.from({ length: 5 }, () => textType),
    ["4711", "shipped", "Springfield", "A-2026-11", "Ann Lee"],
  ],
  ["3 texts of 130 bytes", [textType, textType, textType], [prose, prose, prose]],
  [
    "JSON of 200 bytes",
    [jsonbType],
    [JSON.stringify({ id: 4711, state: "shipped", note: prose, tags: ["a", "b"], total: 12.5 })],
  ],
  [
    "3 texts of 130 bytes, one with an e-mail address",
    [textType, textType, textType],
    [prose, `${prose.slice(20)} ann@example.com`, prose],
  ],
];

/** What looking into a row costs. Where nothing is configured rows are not taken apart at all: `large` says what they cost. */
export function benchDetection(rounds: number): void {
  const redactor = new Redactor(detectedKinds, 1_000_000);
  const rows = shapes.map(([name, types, values]) => {
    const row = dataRow(values);
    const description = rowDescription(types);
    const change = detectingChange(redactor, new Set(), new Map(), undefined, description, 5, description.length);
    const hasFinding = name.includes("e-mail");
    const run = () => {
      if ((changeDataRow(change, row, 0, row.length) !== "unchanged") !== hasFinding)
        throw new Error(`${name}: not as expected`);
    };
    run();
    const times = Array.from({ length: rounds }, () => processorTime(run, callsPerRound) / callsPerRound);
    const median = sample(times);
    return [name, `${row.length} bytes`, printSample(median, 2)];
  });
  console.log(`\na row that is looked into, µs of processor, ${rounds} rounds: median (min–max)`);
  printTable(rows);
}

/** Of columns that come from no table. */
function rowDescription(types: readonly number[]): Buffer {
  const fields = types.map((type) => {
    const field = Buffer.alloc(20);
    field.write("c\0", "latin1");
    field.writeUInt32BE(type, 8);
    return field;
  });
  const head = Buffer.alloc(7);
  head.write("T");
  head.writeUInt16BE(types.length, 5);
  const message = Buffer.concat([head, ...fields]);
  message.writeUInt32BE(message.length - 1, 1);
  return message;
}
