import { createSecretKey } from "node:crypto";
import type { TokenResult } from "@penstock/engine";
import { tokenChange } from "../../proxy/src/enforce/token-columns.ts";
import { changeDataRow, dataRowValues } from "../../proxy/src/postgres/data-row-values.ts";
import { changeRow, type RowChange } from "../../proxy/src/enforce/row-change.ts";
import { BinaryRowValues, textRowValues } from "../../proxy/src/mysql/row-values.ts";
import { packetsOfParts } from "../../proxy/src/mysql/wire.ts";
import { dataRow } from "./data-row.ts";
import { binaryRow, textRow } from "./mysql-row.ts";
import { printSample, printTable, processorTime, sample } from "./statistics.ts";

const key = createSecretKey("0123456789abcdef0123456789abcdef", "latin1");
const callsPerRound = 50_000;

/** What a row costs in which columns are shown as tokens. Other rows are not looked into: `large` and `large-mysql` say what they cost. */
export function benchTokens(rounds: number): void {
  const values = ["4711", "somebody@example.com", "+44 20 7946 0000", "2026-11-28 12:00:00+00", "x".repeat(200)];
  const tokensIn = (indexes: readonly number[]): TokenResult => ({
    columns: indexes.map((index) => ({
      index,
      domain: "label pii",
      origin: 0,
      isPadded: false,
      paddedTo: 0,
      characterSet: "utf8mb4",
    })),
    width: values.length,
    hasUnion: false,
  });
  const protocols = [
    { name: "PostgreSQL", row: dataRow(values), layout: dataRowValues, change: changeDataRow },
    { name: "MySQL, of a text", row: textRow(values), layout: textRowValues, change: changeMysqlRow },
    {
      name: "MySQL, prepared",
      row: binaryRow(values),
      layout: new BinaryRowValues(values.map(() => varString)),
      change: changeMysqlRow,
    },
  ];
  const rows = protocols.flatMap(({ name, row, layout, change }) =>
    [1, 2].map((count) => {
      const tokens = tokenChange(key, tokensIn([1, 2].slice(0, count)), layout);
      const run = () => {
        if (typeof change(tokens, row, 0, row.length) === "string") throw new Error("the row has no tokens");
      };
      run();
      const times = Array.from({ length: rounds }, () => processorTime(run, callsPerRound) / callsPerRound);
      return [name, `${count} of 5 columns`, printSample(sample(times), 2)];
    }),
  );
  console.log(`\na row with tokens, µs of processor, ${rounds} rounds: median (min–max)`);
  printTable(rows);
}

const varString = 253;

function changeMysqlRow(change: RowChange, row: Buffer, from: number, to: number): Buffer | string {
  const parts = changeRow(change, row, from, to);
  return typeof parts === "string" ? parts : packetsOfParts(parts, 0);
}
