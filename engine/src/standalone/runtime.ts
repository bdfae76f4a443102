/**
 * What the module exports that `policy build --target js` writes. esbuild bundles this file into it, with all that it imports: nothing here may
 * need the compiler, Node or a browser.
 */
import type { Effect } from "@penstock/language";
import {
  fromValue,
  givenColumns,
  givenInput,
  givenTime,
  type OpenedParts,
  StandaloneProgram,
} from "@penstock/language/standalone";
import { combine, printRule } from "../decide/combine.ts";
import type { DecisionRecord } from "../decide/decision-record.ts";
import {
  printApproval,
  printError,
  printFilter,
  printLimits,
  printNotification,
  printReason,
} from "../decide/print-decision.ts";

type StandaloneDecision = Omit<DecisionRecord, "sql" | "sqlstate" | "statements">;

export interface StandaloneModule {
  /** As the bundle of the same sources has it. */
  readonly revision: string;
  /**
   * @param input the roots as JSON, and `columns` over which `mask` ranges, where these are more than `query.columns`
   * @param options `now_ns`, the time of the decision; the machine's where it is left out
   * @throws {TypeError} where the input lacks what the policies read, or has what the vocabulary does not know
   */
  readonly decide: (input: unknown, options?: unknown) => StandaloneDecision;
  /**
   * The value at a path below `data` as JSON; `undefined` where a rule has none.
   * @param input the roots, as far as the rule reads them, and anything else that it asks of `input`
   * @throws {TypeError} as `decide`, and for a path that names nothing
   * @throws {Error} where the rule fails
   */
  readonly query: (path: string | readonly string[], input?: unknown, options?: unknown) => unknown;
  /** For each column of a catalog its labels; where there are errors, they may be too few. @throws {TypeError} as `decide` */
  readonly labels: (
    columns: unknown,
  ) => { readonly labels: readonly string[]; readonly errors: DecisionRecord["errors"] }[];
}

export function open(parts: OpenedParts): StandaloneModule {
  const program = new StandaloneProgram(parts);
  return {
    revision: program.revision,
    decide: (input, options) => {
      const given = givenInput(input, program.attributes, false);
      const effects = program.at(givenTime(options), () => program.effects(given));
      return decisionOf(effects, program.hasAllow);
    },
    query: (path, input = {}, options = {}) => {
      const names = namesOf(path);
      const found = program.find(names);
      if (found === undefined)
        throw new TypeError(`\`data.${names.join(".")}\` is no rule and no data of these policies`);
      const given = givenInput(input, found.attributes, true);
      const value = program.at(givenTime(options), () => found.evaluate(given));
      return value === undefined ? undefined : fromValue(value);
    },
    labels: (columns) =>
      program.labels(givenColumns(columns)).map(({ labels, errors }) => ({ labels, errors: errors.flatMap(errorOf) })),
  };
}

/** `data.acme.production`, or its parts where one holds a dot. */
function namesOf(path: string | readonly string[]): readonly string[] {
  const [root, ...names] = typeof path === "string" ? path.split(".") : path;
  if (root === "data") return names;
  throw new TypeError("the path of a rule begins with `data`: `data.package.rule`");
}

export function decisionOf(effects: readonly Effect[], hasAllow: boolean): StandaloneDecision {
  const { reasons, masks, filters, approvals, notifications, limits, rules, errors } = combine(effects, hasAllow);
  return {
    outcome: reasons.length > 0 ? "deny" : approvals.length > 0 ? "approve" : "allow",
    reasons: reasons.map(printReason),
    masks: Object.fromEntries(
      [...masks].map(([path, { mask, rules: of }]) => [path, { ...mask, rules: of.map(printRule) }]),
    ),
    filters: Object.fromEntries([...filters].map(([path, filter]) => [path, printFilter(filter)])),
    approvals: approvals.map(printApproval),
    notifications: notifications.map(printNotification),
    limits: printLimits([limits]),
    rules: rules.map(printRule),
    errors: errors.map(printError),
  };
}

function errorOf(effect: Effect): DecisionRecord["errors"] {
  return effect.kind === "error" ? [printError(effect)] : [];
}
