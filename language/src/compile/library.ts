/** What generated code calls as `R`. */
import * as effects from "./effects.ts";
import * as observing from "./observing.ts";
import * as rowPredicates from "./row-predicates.ts";
import * as runtime from "./runtime.ts";
import * as trace from "./trace.ts";

const forDecisions = { ...runtime, ...effects, ...rowPredicates };
const forAll = { ...forDecisions, ...observing, ...trace };

/** All that code for decisions calls. */
export const decisionLibrary: typeof forDecisions = forDecisions;

/** And what code of tests and of explanations records. */
export const library: typeof forAll = forAll;
