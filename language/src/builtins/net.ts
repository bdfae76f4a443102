import { BuiltinError, type Builtin } from "../builtin.ts";
import { RegoObject, RegoSet, isArray, type Value } from "../values.ts";
import {
  contains,
  formatAddress,
  formatBlock,
  mergeBlocks,
  parseAddress,
  parseBlock,
  rangeOf,
  type Block,
} from "./cidr.ts";
import { checkElements, define, ofString, stringAt, strings, valueAt } from "./operands.ts";

/** Steps for each address or block that is read or written. */
const blockSteps = 16;

const matchOperand = { anyOf: ["string", "array", "set", "object"] } as const;

export const net: readonly Builtin[] = [
  define("net.cidr_contains", ["string", "string"], "boolean", (args) =>
    containsText(stringAt(args, 0), stringAt(args, 1)),
  ),
  define("net.cidr_contains_matches", [matchOperand, matchOperand], { set: "array" }, (args, context) => {
    const blocks = matchEntries(valueAt(args, 0), 1);
    const candidates = matchEntries(valueAt(args, 1), 2);
    context.spend(blockSteps * blocks.length * candidates.length);
    const result = new RegoSet();
    for (const [block, blockIndex] of blocks) {
      for (const [candidate, candidateIndex] of candidates) {
        if (containsText(block, candidate)) result.add([blockIndex, candidateIndex]);
      }
    }
    return result;
  }),
  define("net.cidr_intersects", ["string", "string"], "boolean", (args) => {
    const first = blockOf(stringAt(args, 0));
    const second = blockOf(stringAt(args, 1));
    return contains(first, rangeOf(second)[0]) || contains(second, rangeOf(first)[0]);
  }),
  ofString("net.cidr_expand", { set: "string" }, (text, context) => {
    const block = blockOf(text);
    const [first, last] = rangeOf(block);
    const count = last.value - first.value + 1n;
    checkElements(Number(count));
    context.spend(blockSteps * Number(count));
    return RegoSet.from(
      Array.from({ length: Number(count) }, (_, index) =>
        formatAddress({ ...first, value: first.value + BigInt(index) }),
      ),
    );
  }),
  define("net.cidr_is_valid", ["any"], "boolean", (args) => {
    const text = valueAt(args, 0);
    return typeof text === "string" && parseBlock(text) !== undefined;
  }),
  define("net.cidr_merge", [strings], { set: "string" }, (args, context) => {
    const value = valueAt(args, 0);
    const elements = isArray(value) ? value : value instanceof RegoSet ? value.members() : undefined;
    if (elements === undefined) throw new BuiltinError("operand must be an array");
    context.spend(4 * blockSteps * elements.length);
    return RegoSet.from(mergeBlocks(elements.map(mergeOperand)).map(formatBlock));
  }),
];

function blockOf(text: string): Block {
  const block = parseBlock(text);
  if (block === undefined) throw new BuiltinError("invalid CIDR address");
  return block;
}

function containsText(blockText: string, text: string): boolean {
  const block = blockOf(blockText);
  const address = parseAddress(text);
  if (address !== undefined) return contains(block, address);
  const inner = parseBlock(text);
  if (inner === undefined) throw new BuiltinError("not a valid textual representation of an IP address or CIDR");
  const [first, last] = rangeOf(inner);
  return contains(block, first) && contains(block, last);
}

/** Blocks with what stands for them in the result: the text itself, an index, a member or a key. An array in a collection begins with its block. */
function matchEntries(operand: Value, position: number): (readonly [string, Value])[] {
  const entry = (item: Value, index: Value): readonly [string, Value] => {
    const block = isArray(item) ? item[0] : item;
    if (typeof block !== "string") {
      throw new BuiltinError(`operand ${position}: element must be string or non-empty array`);
    }
    return [block, index];
  };
  if (typeof operand === "string") return [[operand, operand]];
  if (isArray(operand)) return operand.map((item, index) => entry(item, index));
  if (operand instanceof RegoSet) return operand.members().map((item) => entry(item, item));
  if (operand instanceof RegoObject) return operand.entries().map(([key, item]) => entry(item, key));
  return [];
}

/** A bare IPv4 address stands for the network of its class. */
function mergeOperand(element: Value): Block {
  if (typeof element !== "string") throw new BuiltinError("element must be string");
  const address = parseAddress(element);
  if (address === undefined) return blockOf(element);
  if (address.bits !== 32) throw new BuiltinError("IPv6 invalid: needs prefix length");
  const top = address.value >> 24n;
  return { address, prefix: top < 0x80n ? 8 : top < 0xc0n ? 16 : 24 };
}
