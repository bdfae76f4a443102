import type { Node } from "@pgsql/types";

/** Name of an output column without AS, as PostgreSQL's FigureColname chooses it. */
export function outputName(node: Node | undefined): string {
  return (node === undefined ? undefined : figure(node)?.name) ?? "?column?";
}

/** A strong name wins over the name of a cast's type around it. */
interface Guess {
  readonly name: string;
  readonly strong: boolean;
}

function figure(node: Node): Guess | undefined {
  if ("ColumnRef" in node) return strong(lastString(node.ColumnRef.fields));
  if ("A_Indirection" in node) {
    const name = lastString(node.A_Indirection.indirection);
    if (name !== undefined) return strong(name);
    return node.A_Indirection.arg === undefined ? undefined : figure(node.A_Indirection.arg);
  }
  if ("FuncCall" in node) return strong(lastString(node.FuncCall.funcname));
  if ("A_Expr" in node) return node.A_Expr.kind === "AEXPR_NULLIF" ? strong("nullif") : undefined;
  if ("TypeCast" in node) {
    const inner = node.TypeCast.arg === undefined ? undefined : figure(node.TypeCast.arg);
    return inner?.strong === true ? inner : (weak(lastString(node.TypeCast.typeName?.names)) ?? inner);
  }
  if ("CollateClause" in node) return node.CollateClause.arg === undefined ? undefined : figure(node.CollateClause.arg);
  if ("GroupingFunc" in node) return strong("grouping");
  if ("MergeSupportFunc" in node) return strong("merge_action");
  if ("SubLink" in node) {
    switch (node.SubLink.subLinkType) {
      case "EXISTS_SUBLINK":
        return strong("exists");
      case "ARRAY_SUBLINK":
        return strong("array");
      case "EXPR_SUBLINK":
        return strong(subqueryName(node.SubLink.subselect));
      default:
        return undefined;
    }
  }
  if ("CaseExpr" in node) {
    const inner = node.CaseExpr.defresult === undefined ? undefined : figure(node.CaseExpr.defresult);
    return inner?.strong === true ? inner : weak("case");
  }
  if ("A_ArrayExpr" in node) return strong("array");
  if ("RowExpr" in node) return strong("row");
  if ("CoalesceExpr" in node) return strong("coalesce");
  if ("MinMaxExpr" in node) return strong(node.MinMaxExpr.op === "IS_LEAST" ? "least" : "greatest");
  if ("SQLValueFunction" in node) return strong(valueFunctionNames[node.SQLValueFunction.op ?? "SVFOP_CURRENT_DATE"]);
  if ("XmlExpr" in node) return strong(xmlNames[node.XmlExpr.op ?? "IS_XMLCONCAT"]);
  if ("XmlSerialize" in node) return strong("xmlserialize");
  if ("JsonParseExpr" in node) return strong("json");
  if ("JsonScalarExpr" in node) return strong("json_scalar");
  if ("JsonSerializeExpr" in node) return strong("json_serialize");
  if ("JsonObjectConstructor" in node) return strong("json_object");
  if ("JsonArrayConstructor" in node || "JsonArrayQueryConstructor" in node) return strong("json_array");
  if ("JsonObjectAgg" in node) return strong("json_objectagg");
  if ("JsonArrayAgg" in node) return strong("json_arrayagg");
  if ("JsonFuncExpr" in node) {
    switch (node.JsonFuncExpr.op) {
      case "JSON_EXISTS_OP":
        return strong("json_exists");
      case "JSON_QUERY_OP":
        return strong("json_query");
      case "JSON_VALUE_OP":
        return strong("json_value");
      default:
        return undefined;
    }
  }
  return undefined;
}

const valueFunctionNames = {
  SVFOP_CURRENT_DATE: "current_date",
  SVFOP_CURRENT_TIME: "current_time",
  SVFOP_CURRENT_TIME_N: "current_time",
  SVFOP_CURRENT_TIMESTAMP: "current_timestamp",
  SVFOP_CURRENT_TIMESTAMP_N: "current_timestamp",
  SVFOP_LOCALTIME: "localtime",
  SVFOP_LOCALTIME_N: "localtime",
  SVFOP_LOCALTIMESTAMP: "localtimestamp",
  SVFOP_LOCALTIMESTAMP_N: "localtimestamp",
  SVFOP_CURRENT_ROLE: "current_role",
  SVFOP_CURRENT_USER: "current_user",
  SVFOP_USER: "user",
  SVFOP_SESSION_USER: "session_user",
  SVFOP_CURRENT_CATALOG: "current_catalog",
  SVFOP_CURRENT_SCHEMA: "current_schema",
} as const;

const xmlNames = {
  IS_XMLCONCAT: "xmlconcat",
  IS_XMLELEMENT: "xmlelement",
  IS_XMLFOREST: "xmlforest",
  IS_XMLPARSE: "xmlparse",
  IS_XMLPI: "xmlpi",
  IS_XMLROOT: "xmlroot",
  IS_XMLSERIALIZE: "xmlserialize",
  IS_DOCUMENT: undefined,
} as const;

/** A scalar subquery is named as its first output column. */
function subqueryName(node: Node | undefined): string | undefined {
  if (node === undefined || !("SelectStmt" in node)) return undefined;
  let select = node.SelectStmt;
  while (select.larg !== undefined) select = select.larg;
  if (select.valuesLists !== undefined) return "column1";
  const [first] = select.targetList ?? [];
  if (first === undefined || !("ResTarget" in first)) return undefined;
  return first.ResTarget.name ?? outputName(first.ResTarget.val);
}

function strong(name: string | undefined): Guess | undefined {
  return name === undefined ? undefined : { name, strong: true };
}

function weak(name: string | undefined): Guess | undefined {
  return name === undefined ? undefined : { name, strong: false };
}

function lastString(nodes: readonly Node[] | undefined): string | undefined {
  for (let index = (nodes?.length ?? 0) - 1; index >= 0; index--) {
    const node = nodes?.[index];
    if (node !== undefined && "String" in node) return node.String.sval;
  }
  return undefined;
}
