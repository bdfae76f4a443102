import type { TypeCategory } from "./catalog.ts";

/** A built-in type: how people know it, how it is written safely, and what masks may do with it. */
export interface BuiltinType {
  /** `format_type` without a modifier. */
  readonly type: string;
  /** Name in pg_catalog. */
  readonly name: string;
  readonly oid: number;
  readonly category: TypeCategory;
}

const rows = `
bool boolean 16 boolean
bytea bytea 17 bytea
char "char" 18 other
name name 19 text
int8 bigint 20 integer
int2 smallint 21 integer
int4 integer 23 integer
regproc regproc 24 other
text text 25 text
oid oid 26 other
json json 114 json
xml xml 142 other
point point 600 other
float4 real 700 float
float8 double+precision 701 float
money money 790 other
macaddr macaddr 829 other
inet inet 869 other
cidr cidr 650 other
bpchar character 1042 text
varchar character+varying 1043 text
date date 1082 date
time time+without+time+zone 1083 time
timestamp timestamp+without+time+zone 1114 timestamp
timestamptz timestamp+with+time+zone 1184 timestamptz
interval interval 1186 other
timetz time+with+time+zone 1266 time
bit bit 1560 other
varbit bit+varying 1562 other
numeric numeric 1700 numeric
regclass regclass 2205 other
regtype regtype 2206 other
uuid uuid 2950 uuid
pg_lsn pg_lsn 3220 other
tsvector tsvector 3614 other
tsquery tsquery 3615 other
jsonb jsonb 3802 json
int4range int4range 3904 other
numrange numrange 3906 other
tsrange tsrange 3908 other
tstzrange tstzrange 3910 other
daterange daterange 3912 other
int8range int8range 3926 other
unknown unknown 705 other
`;

/** By name in pg_catalog. */
export const builtinTypes: ReadonlyMap<string, BuiltinType> = new Map(
  rows
    .trim()
    .split("\n")
    .map((row) => {
      const [name = "", type = "", oid = "0", category = "other"] = row.split(" ");
      return [name, { name, type: type.replaceAll("+", " "), oid: Number(oid), category: category as TypeCategory }];
    }),
);
