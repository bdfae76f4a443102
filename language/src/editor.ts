/** What editors ask of policies: names and their meaning, completion, renaming, fixes. No protocol, no files. */
export type { CatalogNames, CatalogRelation } from "./editor/catalog-names.ts";
export { noCatalog } from "./editor/catalog-names.ts";
export { complete } from "./editor/complete/complete.ts";
export type { Completion, Completions } from "./editor/complete/completion.ts";
export { describe } from "./editor/describe.ts";
export { fixOf } from "./editor/fixes.ts";
export type { Meaning, Place } from "./editor/meaning.ts";
export { outline, testsOf } from "./editor/outline.ts";
export type { OutlineItem } from "./editor/outline.ts";
export { PolicySet } from "./editor/policy-set.ts";
export { definitionsAt, placesLike } from "./editor/references.ts";
export { rename, renameable } from "./editor/rename.ts";
export type { Edit } from "./editor/rename.ts";
export { signatureAt } from "./editor/signature.ts";
