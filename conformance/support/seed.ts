/**
 * Properties of `npm test` repeat the same cases, so that a pull request fails for what it changed and not by chance. New cases come
 * from the deep runs, or from PENSTOCK_SEED=NUMBER.
 */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env["PENSTOCK_SEED"] ?? 20_261_122) });
