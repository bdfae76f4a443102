import { detectedKinds } from "../../proxy/src/detect/detector.ts";
import { type Findings, Redactor } from "../../proxy/src/detect/redactor.ts";
import { changeRow, type RowChange } from "../../proxy/src/enforce/row-change.ts";
import { textRowValues } from "../../proxy/src/mysql/row-values.ts";
import { detectingChange } from "../../proxy/src/postgres/detecting-change.ts";
import { dataRow } from "./data-row.ts";
import { textRow } from "./mysql-row.ts";
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

/** What looking into a row costs. Where nothing is configured rows are not taken apart at all: `large` and `large-mysql` say what they cost. */
export function benchDetection(rounds: number): void {
  const redactor = new Redactor(detectedKinds, 1_000_000);
  const rows = shapes.flatMap(([name, types, values]) =>
    (["PostgreSQL", "MySQL"] as const).map((protocol) => {
      const [row, change] =
        protocol === "MySQL"
          ? [textRow(values), mysqlChange(redactor, types)]
          : [dataRow(values).subarray(headerBytes), postgresChange(redactor, types)];
      const hasFinding = name.includes("e-mail");
      const run = () => {
        if ((changeRow(change, row, 0, row.length) !== "unchanged") !== hasFinding)
          throw new Error(`${name}: not as expected`);
      };
      run();
      const times = Array.from({ length: rounds }, () => processorTime(run, callsPerRound) / callsPerRound);
      return [name, protocol, `${row.length} bytes`, printSample(sample(times), 2)];
    }),
  );
  console.log(`\na row that is looked into, µs of processor, ${rounds} rounds: median (min–max)`);
  printTable(rows);
}

const headerBytes = 5;

function postgresChange(redactor: Redactor, types: readonly number[]): RowChange {
  const description = rowDescription(types);
  return detectingChange(redactor, new Set(), new Map(), undefined, description, headerBytes, description.length);
}

/** As `resultDescribed` makes it of a result of MariaDB, to which JSON is a text. */
function mysqlChange(redactor: Redactor, types: readonly number[]): RowChange {
  const found: Findings = new Map();
  const columns = types.flatMap((type, index) =>
    type === timestampType
      ? []
      : [
          {
            index,
            replacement: (buffer: Buffer, from: number, to: number) =>
              redactor.redactTextOrJson(buffer, from, to, found),
          },
        ],
  );
  return { columns, width: types.length, values: textRowValues };
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
