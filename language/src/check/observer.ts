/** What the checker finds out about places of the text, for editors. */
import type { Span } from "../diagnostics.ts";
import type { Type } from "./types.ts";

export interface Observer {
  /** The step `name` of a reference to a value of type `owner`, whether it has such a field or not. */
  field(span: Span, owner: Type, name: string): void;
  /** A constant string where a value of this type is compared or expected. */
  constant(span: Span, type: Extract<Type, { kind: "string" }>): void;
  /** A constant string that is compared with a value, of that field of the vocabulary where it is one. */
  compared?(span: Span, field: string | undefined, text: string): void;
}
