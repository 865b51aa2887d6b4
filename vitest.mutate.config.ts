/** What is run against the mutants of one file: the tests that bear its name, in one worker. */
import { defineConfig } from 'vitest/config';

/** `core/plan` for functions/core/plan.ts, whose tests are test/core/plan.test.ts and test/core/plan-*.test.ts. */
const subject = process.env['MUTATED'] ?? '{core,app}/**/*';

export default defineConfig({
  test: { include: [`test/${subject}.test.ts`, `test/${subject}-*.test.ts`], testTimeout: 20_000 },
});
