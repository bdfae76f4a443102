import { printable } from "@penstock/language";
import { message, stringEnd } from "../wire.ts";

/** The fields that the proxy gives or looks at ("Error and Notice Message Fields"). */
export interface ErrorFields {
  readonly severity: "ERROR" | "FATAL" | "NOTICE" | "WARNING";
  readonly sqlstate: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** Characters from 1. */
  readonly position?: number | undefined;
}

export function encodeError(fields: ErrorFields): Buffer {
  return encode("E", fields);
}

export function encodeNotice(fields: ErrorFields): Buffer {
  return encode("N", fields);
}

function encode(type: string, fields: ErrorFields): Buffer {
  return message(type, (writer) => {
    const field = (code: string, value: string | undefined) => {
      // Names that others chose stand in it, and most clients print it as it is. A NUL would end the field, and the rest would be read as further ones.
      if (value !== undefined) writer.byte(code.charCodeAt(0)).string(printable(value));
    };
    field("S", fields.severity);
    field("V", fields.severity);
    field("C", fields.sqlstate);
    field("M", fields.message);
    field("D", fields.detail);
    field("H", fields.hint);
    field("P", fields.position === undefined ? undefined : String(fields.position));
    writer.byte(0);
  });
}

/** Code (one character) and value of each field, in order. */
export function decodeErrorFields(buffer: Buffer, body: number, end: number): [code: string, value: string][] {
  const fields: [string, string][] = [];
  let at = body;
  while (at < end && buffer[at] !== 0) {
    const valueEnd = stringEnd(buffer, at + 1, end);
    fields.push([String.fromCharCode(buffer[at]!), buffer.toString("utf8", at + 1, valueEnd)]);
    at = valueEnd + 1;
  }
  return fields;
}

export function encodeErrorFields(
  type: "E" | "N",
  fields: readonly (readonly [code: string, value: string])[],
): Buffer {
  return message(type, (writer) => {
    for (const [code, value] of fields) writer.byte(code.charCodeAt(0)).string(value);
    writer.byte(0);
  });
}
