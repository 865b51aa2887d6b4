/** What Stryker runs against each mutant: the tests of the pure parts and of the order of a pass, in one worker. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/{app,core}/**/*.test.ts'], testTimeout: 20_000 },
});
