/** Which columns of a result are looked into for what should not be there. */
import type { ColumnChange, RowChange } from "./row-change.ts";

/**
 * @param outputs the result's columns, in order
 * @param others what is replaced already, which nothing is looked for in
 * @param replacementFor what happens to values of a column; `undefined` where it is not looked into
 */
export function detectingColumns<Output>(
  outputs: readonly Output[],
  others: RowChange | undefined,
  replacementFor: (output: Output, index: number) => ColumnChange["replacement"] | undefined,
): readonly ColumnChange[] {
  return outputs.flatMap((output, index): ColumnChange[] => {
    const other = others?.columns.find((column) => column.index === index);
    if (other !== undefined) return [other];
    const replacement = replacementFor(output, index);
    return replacement === undefined ? [] : [{ index, replacement }];
  });
}
