import { defineConfig } from "vitest/config";

/** Files that replace modules, define networks that others would then find, or tell all that there are. */
const ALONE = [
  "test/likelihood/likelihood.test.ts",
  "test/models/define.test.ts",
  "test/models/parameters.test.ts",
  "test/train/failing.test.ts",
];

const ALL = {
  setupFiles: ["test/setup.ts"],
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // A page may show what it says a moment later.
  expect: { poll: { timeout: 10_000 } },
};

export default defineConfig({
  test: {
    globalSetup: ["test/cli/build.ts"],
    // Two cores: ONNX Runtime brings threads of its own.
    maxWorkers: 2,
    projects: [
      // Loading the program anew for every file took a third of the time.
      {
        test: {
          ...ALL,
          name: "shared",
          include: ["test/**/*.test.ts"],
          exclude: ALONE,
          isolate: false,
        },
      },
      { test: { ...ALL, name: "alone", include: ALONE } },
    ],
  },
});
