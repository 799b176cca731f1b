import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/cli/build.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two cores: ONNX Runtime brings threads of its own.
    maxWorkers: 2,
  },
});
