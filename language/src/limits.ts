/**
 * What a policy may cost, so that none, hostile or mistaken, holds up the proxy. A step is what takes about 50 ns on an ordinary machine: one turn
 * of a loop, one call, 16 characters read or written. See `docs/limits.md`.
 */
export const languageLimits = {
  /** Steps for the decision on one statement, or for the labels or masks of one relation: about 100 ms. */
  evaluationStepsMax: 2_000_000,
  /** And for each column that the rules are asked about. */
  columnStepsMax: 5_000,
  /** Steps of one test, `decide` apart, and of a query in the command line. */
  testStepsMax: 200_000_000,
  /** Steps for compiling all patterns that policies write out: about two seconds. */
  patternStepsMax: 40_000_000,
  /** Elements of a collection that one call makes. */
  elementsMax: 1_000_000,
  /** Characters (UTF-16 code units) of a text that one call makes: twice those of the longest statement. */
  textCharsMax: 4 * 1024 * 1024,
  /** Bits of an integer that arithmetic makes. */
  integerBitsMax: 8_192,
  /** Effects (denials, approvals, notifications, limits) of one evaluation: rules that fire more often say nothing new. */
  effectsMax: 1_000,
  /** Groups that one `approve` names. */
  groupsMax: 1_000,
  /** Relations on which a `label` rule may break the bound of steps before it is not tried on others. */
  labelFailuresMax: 8,
} as const;
