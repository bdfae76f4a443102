import { writerOf } from "../writers/writer-of.ts";
import { masking, type MaskFamily } from "./mask.ts";

/** No value at all. The one mask that every type can take. */
export const nullMask: MaskFamily = (_args, column) =>
  masking({ apply: () => null, sql: (reference) => writerOf(column).nullOf(column, reference) });
