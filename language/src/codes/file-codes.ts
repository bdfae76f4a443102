import type { CodeEntry } from "./entry.ts";

/** `P0xx`: files that cannot be read as what they are. */
export const fileCodes = {
  P001: {
    severity: "error",
    title: "a file cannot be read",
    explanation:
      "A policy or data file could not be read, a `data.json` is not JSON, or there is no policy at all. Nothing is decided by half of a folder, so the whole folder is refused.",
    file: "data.json",
    wrong: '«»{ "change_windows": [ }\n',
    right: '{ "change_windows": [] }\n',
  },
} as const satisfies Record<string, CodeEntry>;
