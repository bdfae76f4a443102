import type { AccessKind } from "@penstock/language";
import { quoteName } from "../masks/quote.ts";
import type { RelationCode } from "./catalog.ts";
import { conjuncts, mayFail } from "./failing-expressions.ts";
import type { UsedBy } from "./postgres-code.ts";

type Row = readonly (string | null)[];

interface NamedRelation {
  readonly schema: string;
  readonly name: string;
}

const updated: ReadonlySet<AccessKind> = new Set(["update"]);

/**
 * By what of a check or an index an update can fail, each condition by itself: those of a check have held one by one.
 * @param row of `relationCode`
 */
export function failuresOf(
  [kind, , oid, name, event, first, second]: Row,
  relation: NamedRelation,
  used: UsedBy,
): RelationCode[] {
  const text = [first, second].filter((each) => typeof each === "string" && each !== "").join(", ");
  if (kind === "check") {
    const failsFor = checkFailures.find((each) => each === event);
    if (failsFor === undefined) return [];
    const conditions = failsFor === "change" ? conjuncts(text) : [text];
    return conditions.map((condition) => failure(`check \`${name}\``, condition, relation, failsFor));
  }
  const canFail = kind === "index" && (mayFail(text) || used("pg_class", oid).length > 0);
  return canFail ? [failure(`index \`${name}\``, text, relation, "change")] : [];
}

const checkFailures = ["change", "move", "all"] as const;

/** @param row of `defaults` */
export function failuresOfGenerated(
  [, , expression, generated, oid]: Row,
  column: string,
  relation: NamedRelation,
  used: UsedBy,
): RelationCode[] {
  const canFail = generated !== "" && (mayFail(expression ?? "") || used("pg_attrdef", oid).length > 0);
  return canFail ? [failure(`generated column \`${column}\``, expression ?? "", relation, "change")] : [];
}

function failure(
  name: string,
  expression: string,
  { schema, name: table }: NamedRelation,
  failsFor: NonNullable<RelationCode["failsFor"]>,
): RelationCode {
  // What cannot be printed now cannot be read: the empty text is no query.
  const text = expression === "" ? "" : `select ${expression} from only ${quoteName(schema)}.${quoteName(table)}`;
  return { name, on: updated, text, functions: [], tellsOfRow: false, failsFor };
}
