import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{language,engine,proxy,conformance,editors}/**/*.test.ts"],
    pool: "threads",
    globalSetup: ["conformance/support/global-setup.ts"],
    setupFiles: ["conformance/support/seed.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
