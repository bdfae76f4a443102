import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../enforce/protocol-error.ts";
import { type BindNames, decodeBindNames, decodeBindParameters, encodeBind } from "./bind.ts";
import { decodeCommandTag, encodeCommandComplete, rowsOfTag } from "./command-complete.ts";
import { decodeTextRow } from "./data-row.ts";
import { decodeErrorFields, encodeError, encodeErrorFields } from "./error-response.ts";
import { decodeExecute, encodeExecute } from "./execute.ts";
import { decodeParameterStatus, encodeParameterStatus } from "./parameter-status.ts";
import { decodeParse, encodeParse, parameterType } from "./parse.ts";
import { encodeQuery, queryTextEnd } from "./query.ts";
import { forbiddenOutput } from "./row-description.ts";
import { decodeSaslInitialResponse } from "./sasl-response.ts";
import { decodeFirstMessage, encodeCancelRequest, encodeSslRequest } from "./startup.ts";
import { decodeTargetMessage, encodeClosePortal, encodeDescribeStatement } from "./target-message.ts";

const names = (): BindNames => ({ portal: "", statement: "", formats: 0 });

const decoders: Readonly<Record<string, (buffer: Buffer, body: number, end: number) => unknown>> = {
  bindNames: (buffer, body, end) => decodeBindNames(buffer, body, end, names()),
  bindParameters: decodeBindParameters,
  commandTag: decodeCommandTag,
  rowsOfTag,
  textRow: decodeTextRow,
  errorFields: decodeErrorFields,
  execute: decodeExecute,
  parameterStatus: decodeParameterStatus,
  parse: decodeParse,
  query: queryTextEnd,
  rowDescription: (buffer, body, end) => forbiddenOutput(buffer, body, end, new Set([1])),
  saslInitialResponse: decodeSaslInitialResponse,
  target: decodeTargetMessage,
  first: (buffer, body, end) => decodeFirstMessage(Buffer.concat([Buffer.alloc(4), buffer.subarray(body, end)])),
};

describe.each(Object.entries(decoders))("the decoder of %s", (_, decode) => {
  test("takes any bytes, and sees nothing beyond the message's end", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ minLength: 8, maxLength: 80 }), (body, beyond) => {
        const attempt = (after: Uint8Array) => {
          try {
            return { value: decode(Buffer.concat([Buffer.alloc(5), body, after]), 5, 5 + body.length) };
          } catch (error) {
            // Nothing but the peer's fault may come out.
            if (error instanceof ProtocolError) return { error: error.message };
            throw error;
          }
        };
        expect(attempt(beyond)).toEqual(attempt(new Uint8Array(8)));
      }),
      { numRuns: 500 },
    );
  });
});

const name = fc.stringMatching(/^[a-zA-Z0-9_ ]{0,60}$/);
const text = fc.string().filter((value) => !value.includes("\0") && value.isWellFormed());

test("what is encoded is decoded again", () => {
  fc.assert(
    fc.property(name, name, text, (first, second, sql) => {
      const parse = encodeParse(first, sql, Buffer.from([0, 1, 0, 0, 0, 23]));
      const parsed = decodeParse(parse, 5, parse.length);
      expect([parsed.name, parse.toString("utf8", parsed.textStart, parsed.textEnd)]).toEqual([first, sql]);
      expect([parameterType(parsed.types, 0), parameterType(parsed.types, 1)]).toEqual([23, 0]);

      const bind = encodeBind(first, second);
      const bound = names();
      decodeBindNames(bind, 5, bind.length, bound);
      expect([bound.portal, bound.statement]).toEqual([first, second]);
      expect(decodeBindParameters(bind, bound.formats, bind.length)).toEqual([]);

      const execute = encodeExecute(first);
      expect(decodeExecute(execute, 5, execute.length)).toBe(first);
      const describeMessage = encodeDescribeStatement(first);
      expect(decodeTargetMessage(describeMessage, 5, describeMessage.length)).toEqual({
        isStatement: true,
        name: first,
      });
      const close = encodeClosePortal(first);
      expect(decodeTargetMessage(close, 5, close.length)).toEqual({ isStatement: false, name: first });
      const query = encodeQuery(sql);
      expect(query.toString("utf8", 5, queryTextEnd(query, 5, query.length))).toBe(sql);
      const status = encodeParameterStatus(first, sql);
      expect(decodeParameterStatus(status, 5, status.length)).toEqual({ name: first, value: sql });
      const fields: [string, string][] = [
        ["C", "42501"],
        ["M", sql],
      ];
      const error = encodeErrorFields("E", fields);
      expect(decodeErrorFields(error, 5, error.length)).toEqual(fields);
    }),
  );
});

test.each([
  ["SELECT 12", 12],
  ["INSERT 0 305", 305],
  ["BEGIN", 0],
  ["CREATE TABLE", 0],
  ["COPY 1000000", 1_000_000],
])("the rows of the tag %s are %i", (tag, rows) => {
  const message = encodeCommandComplete(tag);
  expect(rowsOfTag(message, 5, message.length)).toBe(rows);
  expect(decodeCommandTag(message, 5, message.length)).toBe(tag);
});

test("a NUL in an error's text cannot begin a field of its own", () => {
  const message = encodeError({ severity: "ERROR", sqlstate: "42501", message: "a\0Hforged hint" });
  expect(decodeErrorFields(message, 5, message.length).map(([code]) => code)).toEqual(["S", "V", "C", "M"]);
});

test("requests that begin a connection are told apart", () => {
  expect(decodeFirstMessage(encodeSslRequest())).toEqual({ kind: "ssl_request" });
  const secret = Buffer.from("0123456789abcdef");
  expect(decodeFirstMessage(encodeCancelRequest(7, secret))).toEqual({ kind: "cancel", processId: 7, secret });
});
