import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/outside-setup.ts', 'test/support/keys-setup.ts', 'test/support/fuzz-setup.ts'],
    // Against hangs only: no test owns a limit that a busy machine could miss. A million inputs take longer than the usual.
    testTimeout: 600_000 * Math.max(1, Number(process.env['FUZZ_INPUTS'] ?? 0) / 100_000),
    hookTimeout: 600_000,
    pool: 'forks',
    // As many as there are processors: Vitest leaves one of them to itself, which of two is half.
    maxWorkers: availableParallelism(),
    // Loading the modules anew for each file took a third of the suite's time. Spies are taken back after each test.
    isolate: false,
    restoreMocks: true,
    // Modules as Vitest makes them, kept below node_modules: made anew for each run they took a tenth of the suite’s time.
    experimental: { fsModuleCache: true },
    setupFiles: ['test/support/each-file.ts'],
    reporters: ['default', ...(process.env['CI'] ? ['junit'] : []), './test/support/skips-reporter.ts'],
    outputFile: { junit: 'out/vitest.xml' },
  },
});
