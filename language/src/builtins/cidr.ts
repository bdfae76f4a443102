/** IP addresses as integers, and blocks of them (RFC 4632, RFC 4291). */
export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

export interface Block {
  /** Any address of the block. */
  readonly address: Address;
  readonly prefix: number;
}

/** Decimal parts without leading zeros, which some systems read as octal. */
function parseV4(text: string): bigint | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  const parts = match?.slice(1) ?? [];
  if (parts.length !== 4 || parts.some((part) => Number(part) > 255 || (part.length > 1 && part.startsWith("0"))))
    return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => parseGroups(half));
  const [head, tail] = groups;
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const given = head.length + (tail?.length ?? 0);
  if (halves.length === 1 ? given !== 8 : given > 7) return undefined;
  const all = [...head, ...Array<bigint>(8 - given).fill(0n), ...(tail ?? [])];
  return all.reduce((value, group) => (value << 16n) | group, 0n);
}

function parseGroups(text: string): readonly bigint[] | undefined {
  if (text === "") return [];
  const groups: bigint[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && part.includes(".")) {
      const embedded = parseV4(part);
      if (embedded === undefined) return undefined;
      groups.push(embedded >> 16n, embedded & 0xffffn);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(BigInt(`0x${part}`));
    }
  }
  return groups;
}

/** `undefined` for anything else. An IPv4 address written as IPv6 (`::ffff:1.2.3.4`) is the IPv4 address. */
export function parseAddress(text: string): Address | undefined {
  if (!text.includes(":")) {
    const value = parseV4(text);
    return value === undefined ? undefined : { bits: 32, value };
  }
  const value = parseV6(text);
  if (value === undefined) return undefined;
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value };
}

/** `address/prefix`, reduced to the first address of the block. */
export function parseBlock(text: string): Block | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const [, addressText = "", prefixText = ""] = match ?? [];
  const address = addressText.includes(":")
    ? { bits: 128 as const, value: parseV6(addressText) }
    : { bits: 32 as const, value: parseV4(addressText) };
  const prefix = Number(prefixText);
  if (match === null || address.value === undefined || prefix > address.bits || /^0\d/.test(prefixText))
    return undefined;
  const host = BigInt(address.bits - prefix);
  return { address: { bits: address.bits, value: (address.value >> host) << host }, prefix };
}

/** First and last address. */
export function rangeOf({ address, prefix }: Block): readonly [Address, Address] {
  const host = BigInt(address.bits - prefix);
  const first = (address.value >> host) << host;
  return [
    { bits: address.bits, value: first },
    { bits: address.bits, value: first | ((1n << host) - 1n) },
  ];
}

export function contains(block: Block, address: Address): boolean {
  const host = BigInt(block.address.bits - block.prefix);
  return block.address.bits === address.bits && block.address.value >> host === address.value >> host;
}

/** The fewest blocks with the same addresses. A block that touches no other stays as it was written. */
export function mergeBlocks(blocks: readonly Block[]): readonly Block[] {
  const merged: { bits: 32 | 128; first: bigint; last: bigint; alone: Block | undefined }[] = [];
  const ranges = blocks
    .map((block) => {
      const [first, last] = rangeOf(block);
      return { bits: first.bits, first: first.value, last: last.value, alone: block };
    })
    .sort((a, b) => a.bits - b.bits || (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  for (const range of ranges) {
    const previous = merged.at(-1);
    if (previous !== undefined && previous.bits === range.bits && range.first <= previous.last + 1n) {
      if (range.last > previous.last) previous.last = range.last;
      previous.alone = undefined;
    } else merged.push(range);
  }
  return merged.flatMap((range) =>
    range.alone === undefined ? blocksOf(range.bits, range.first, range.last) : [range.alone],
  );
}

/** The fewest blocks that make up a range: the largest that fits, again and again. */
function blocksOf(bits: 32 | 128, from: bigint, last: bigint): Block[] {
  const blocks: Block[] = [];
  let first = from;
  while (first <= last) {
    let host = 0;
    while (host < bits && (first >> BigInt(host)) % 2n === 0n && first + (1n << BigInt(host + 1)) - 1n <= last)
      host += 1;
    blocks.push({ address: { bits, value: first }, prefix: bits - host });
    first += 1n << BigInt(host);
  }
  return blocks;
}

export function formatBlock({ address, prefix }: Block): string {
  return `${formatAddress(address)}/${prefix}`;
}

/** IPv6 as RFC 5952 has it: lower case, the longest run of two or more zero groups as `::`. */
export function formatAddress({ bits, value }: Address): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => (value >> BigInt(112 - index * 16)) & 0xffffn);
  let [bestStart, bestLength] = [-1, 1];
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0n) length += 1;
    if (length > bestLength) [bestStart, bestLength] = [start, length];
  }
  const hex = groups.map((group) => group.toString(16));
  if (bestStart < 0) return hex.join(":");
  return `${hex.slice(0, bestStart).join(":")}::${hex.slice(bestStart + bestLength).join(":")}`;
}
