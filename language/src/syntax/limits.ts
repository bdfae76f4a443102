/** Longest policy file that is read. */
export const sourceCharsMax = 1_000_000;
/** Deepest nesting of brackets: the parser and the compiler recurse. */
export const nestingMax = 100;
/** Deepest nesting of template strings in template strings. */
export const templateNestingMax = 20;
/** Errors of a file that are shown. */
export const syntaxErrorsMax = 100;
