/** The values that must not come back: as they stand in the tables, and as simple functions would disguise them. */
import { createHash } from "node:crypto";
import { Client, type ClientConfig } from "pg";

export interface HiddenValues {
  /** Which hidden values, in which disguise, the bytes hold; empty is good. */
  readonly findIn: (bytes: Buffer) => string[];
  readonly count: number;
}

/** Shorter values, such as a year, occur in anything. */
const charactersMin = 6;

/**
 * @param login of somebody who sees everything, directly at the server.
 * @param columns hidden columns by table, as SQL names.
 * @param marks what is hidden besides.
 */
export async function readHiddenValues(
  login: ClientConfig,
  columns: Readonly<Record<string, readonly string[]>>,
  marks: readonly string[] = [],
): Promise<HiddenValues> {
  const client = new Client(login);
  await client.connect();
  try {
    const valuesOf = async (table: string, name: string) => {
      const sql = `select distinct ${name}::text as value from ${table} where ${name} is not null`;
      return (await client.query<{ value: string }>(sql)).rows.map(({ value }) => value);
    };
    return await readHiddenColumns(columns, valuesOf, marks);
  } finally {
    await client.end();
  }
}

/** @param valuesOf what stands in a column, as text */
export async function readHiddenColumns(
  columns: Readonly<Record<string, readonly string[]>>,
  valuesOf: (table: string, column: string) => Promise<readonly string[]>,
  marks: readonly string[] = [],
): Promise<HiddenValues> {
  const found: [value: string, from: string][] = marks.map((mark) => [mark, "a hidden row's"]);
  for (const [table, names] of Object.entries(columns)) {
    for (const name of names) {
      for (const value of await valuesOf(table, name)) found.push([value, `${table}.${name}`]);
    }
  }
  return hiddenValues(found);
}

/** @param values and where they stand; those that are too short to be told from anything else are left out */
export function hiddenValues(values: Iterable<readonly [value: string, from: string]>): HiddenValues {
  const needles = new Map<string, string>();
  for (const [value, from] of values) {
    if (Array.from(value).length < charactersMin) continue;
    for (const [disguise, needle] of disguises(value)) needles.set(needle, `${from} ${value} (${disguise})`);
  }
  // There are thousands of needles, and the haystacks are many.
  const byStart = Map.groupBy(needles.keys(), (needle) => needle.slice(0, charactersMin));
  return {
    count: needles.size,
    findIn(bytes) {
      const haystack = bytes.toString("latin1");
      const found = new Set<string>();
      for (let at = 0; at + charactersMin <= haystack.length; at++) {
        for (const needle of byStart.get(haystack.slice(at, at + charactersMin)) ?? []) {
          if (haystack.startsWith(needle, at)) found.add(needles.get(needle) ?? needle);
        }
      }
      return [...found];
    },
  };
}

/** As the bytes of the wire would show them, one character a byte. */
function disguises(value: string): [disguise: string, needle: string][] {
  const bytes = Buffer.from(value);
  const all: [string, string][] = [
    ["as it is", bytes.toString("latin1")],
    ["in upper case", Buffer.from(value.toUpperCase()).toString("latin1")],
    ["backwards", Buffer.from([...value].reverse().join("")).toString("latin1")],
    ["without separators", value.replace(/[^A-Za-z0-9]/g, "")],
    ["in hexadecimal", bytes.toString("hex")],
    ["in base64", bytes.toString("base64")],
    ["as md5", createHash("md5").update(bytes).digest("hex")],
    ["as sha256", createHash("sha256").update(bytes).digest("hex")],
  ];
  return all.filter(([, needle]) => needle.length >= charactersMin);
}
