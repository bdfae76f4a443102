/** Every cache of the engine with its bound. The parser's own limits stand in `sql/postgres/`. */
export const engineLimits = {
  /** Texts kept with their facts, for each catalog and search_path. */
  texts: 5_000,
  /** Characters of all those texts together; a longer text is not kept. */
  textChars: 16_000_000,
  /** Texts that wait for the next of several enforcers. */
  sharedTexts: 100,
  /** Rewritten forms kept of one text: one for each set of masks. */
  rewritesPerText: 16,
  /** Verdicts kept for one session and search_path. */
  verdictsPerSession: 500,
  verdictTextChars: 1_000_000,
  /** A longer text is not kept for each session: what is the same for all of them is, see `textChars`. */
  verdictOneTextChars: 10_000,
  /** Verdicts kept of texts that differ in their free literals only: one for each set of those that are not free. */
  templatesPerShape: 16,
  /** Different search_paths before the caches start anew. */
  searchPaths: 64,
} as const;
