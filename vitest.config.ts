import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // What hangs is to be noticed; how fast a machine is, is not measured here.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // One more than the processors of a small machine: tests wait for other processes and for clocks as much as they compute.
    maxWorkers: 3,
    // Files that follow each other in a process share what it has loaded, which otherwise takes longer than most tests.
    // They share nothing else: whoever sets a global or the environment puts it back, and no module is replaced.
    isolate: false,
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["packages/*/src/**/*.test.ts", "conformance/src/**/*.test.ts"] },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["test/**/*.test.ts"],
          setupFiles: ["test/support/exercised.ts"],
          globalSetup: ["test/support/exercised-folder.ts"],
        },
      },
    ],
  },
});
