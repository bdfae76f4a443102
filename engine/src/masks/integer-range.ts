export interface IntegerRange {
  readonly min: bigint;
  readonly max: bigint;
}

/** The range of PostgreSQL's integer types, by the name that `format_type` prints. */
export function integerRange(type: string): IntegerRange | undefined {
  switch (type) {
    case "smallint":
      return signed(16n);
    case "integer":
      return signed(32n);
    case "bigint":
      return signed(64n);
    default:
      return undefined;
  }
}

function signed(bits: bigint): IntegerRange {
  return { min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n };
}
