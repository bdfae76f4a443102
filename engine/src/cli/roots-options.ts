/** `--principal` and `--target`, for whom and where a statement is decided. */
import { type Input, toValue } from "@penstock/language";
import { UsageError } from "./exit-codes.ts";
import { parseJsonFile } from "./program-files.ts";

export interface RootsOptions {
  readonly principal?: string;
  readonly target?: string;
}

/** @throws UsageError for what is no JSON */
export function rootsFrom({ principal, target }: RootsOptions): Partial<Input> {
  return {
    ...(principal === undefined ? {} : { principal: toValue(principalFrom(jsonOrFile(principal, "--principal"))) }),
    ...(target === undefined ? {} : { target: toValue(jsonOrFile(target, "--target")) }),
  };
}

function jsonOrFile(given: string, option: string): unknown {
  if (!given.trimStart().startsWith("{")) return parseJsonFile(given);
  try {
    return JSON.parse(given);
  } catch (error) {
    throw new UsageError(`${option} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** `groups` is a set in the vocabulary, and JSON has none. */
function principalFrom(given: unknown): unknown {
  if (typeof given !== "object" || given === null || !("groups" in given) || !Array.isArray(given.groups)) return given;
  return { ...given, groups: new Set(given.groups) };
}
