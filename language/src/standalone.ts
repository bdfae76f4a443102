/** What a standalone module runs (`policy build --target js`): compiled policies without the compiler. */
export { givenColumns, givenInput, givenTime } from "./standalone/input.ts";
export { type OpenedParts, StandaloneProgram } from "./standalone/open-program.ts";
export { fromValue } from "./values.ts";
