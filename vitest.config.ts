import { defineConfig } from "vitest/config";
import { LongFilesFirst } from "./conformance/support/sequencer.ts";

export default defineConfig({
  test: {
    include: ["{language,engine,proxy,conformance,editors}/**/*.test.ts"],
    pool: "threads",
    // As many files at a time as there are processors, and not one less: half of the time, a file waits for a database.
    maxWorkers: "100%",
    sequence: { sequencer: LongFilesFirst },
    globalSetup: ["conformance/support/global-setup.ts"],
    setupFiles: ["conformance/support/seed.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
