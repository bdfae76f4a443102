/** Which columns of a result are looked into for what should not be there, and what then stands in its place. */
import type { Findings, Redactor } from "../detect/redactor.ts";
import { detectingColumns } from "../enforce/detecting.ts";
import type { ColumnChange, RowChange } from "../enforce/row-change.ts";
import { dataRowValues } from "./data-row-values.ts";
import { decodeOutputs, type Output } from "./messages/row-description.ts";

/**
 * What happens to rows of a result that is described by a RowDescription.
 * @param labelled origins of columns that policies speak of: they are shown as policies say
 * @param others what is replaced already
 */
export function detectingChange(
  redactor: Redactor,
  labelled: ReadonlySet<number>,
  found: Findings,
  others: RowChange | undefined,
  buffer: Buffer,
  body: number,
  end: number,
): RowChange {
  const outputs = decodeOutputs(buffer, body, end);
  const columns = detectingColumns(outputs, others, (output) =>
    labelled.has(output.origin) ? undefined : replacementFor(redactor, output, found),
  );
  return { columns, width: outputs.length, values: dataRowValues };
}

/** OIDs of pg_type: their values are the same bytes in both formats, or in text format only. */
const textTypes: ReadonlySet<number> = new Set([18, 19, 25, 142, 705, 1042, 1043]);
const jsonType = 114;
const jsonbType = 3802;
/** Arrays of these, and records: text around texts. */
const composedTypes: ReadonlySet<number> = new Set([143, 199, 1003, 1009, 1014, 1015, 2249, 2287, 3807]);
/** From here on types are users' own and of extensions: citext, enums, hstore, composites, arrays of them. */
const firstUserOid = 16_384;
const jsonbVersion = 1;

function replacementFor(
  redactor: Redactor,
  { type, isBinary }: Output,
  found: Findings,
): ColumnChange["replacement"] | undefined {
  if (type === jsonType) return (buffer, from, to) => redactor.redactJson(buffer, from, to, found);
  if (type === jsonbType) return (buffer, from, to) => redactJsonb(redactor, buffer, from, to, found);
  const isText = textTypes.has(type) || (!isBinary && (composedTypes.has(type) || type >= firstUserOid));
  return isText ? (buffer, from, to) => redactor.redactText(buffer, from, to, found) : undefined;
}

/** The binary format is the text behind a version number, with which no text begins. */
function redactJsonb(
  redactor: Redactor,
  buffer: Buffer,
  from: number,
  to: number,
  found: Findings,
): Buffer | undefined {
  if (buffer[from] !== jsonbVersion) return redactor.redactJson(buffer, from, to, found);
  const changed = redactor.redactJson(buffer, from + 1, to, found);
  return changed === undefined ? undefined : Buffer.concat([buffer.subarray(from, from + 1), changed]);
}
