/** Longest policy file that is read. */
export const sourceCharsMax = 1_000_000;
/** Deepest nesting of brackets: the parser and the compiler recurse. */
export const nestingMax = 100;
/** Deepest nesting of template strings in template strings. */
export const templateNestingMax = 20;
/** Errors of a file that are shown. */
export const syntaxErrorsMax = 100;
/** Files of a program, and characters of all of them. */
export const programFilesMax = 2_000;
export const programCharsMax = 4_000_000;
/** Imports, rules and decision statements of a program. */
export const statementsMax = 20_000;
/** Conditions of one body: each becomes a block within the one before. */
export const conditionsMax = 200;
/** `else` branches of one rule. */
export const branchesMax = 1_000;
/** Calls, operators, references, comprehensions and templates of one statement. */
export const partsMax = 4_000;
