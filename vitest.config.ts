/** The tests by folder: `npm run check` runs the projects whose name begins with `unit`, `npm test` runs all of them. */
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** From the project with the longest files to the one with the shortest: no core is left with nothing to do at the end. */
const ORDER = ['whole', 'unit', 'unit-isolated'];

/** One project after the other, the longest files first: a worker is handed on only to the next file of its own project. */
class ByProject extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return ORDER.flatMap((name) => sorted.filter(({ project }) => project.name === name));
  }
}

export default defineConfig({
  test: {
    // Nothing but what a project names: vitest's own pattern, which knip knows too, would make a test in a folder of no
    // project look like one that runs.
    include: [],
    allowOnly: false,
    // Many tests start a tool and wait for it, on a machine that others may share: one worker more than cores, and patience.
    maxWorkers: availableParallelism() + 1,
    pool: 'threads',
    sequence: { sequencer: ByProject },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: { provider: 'v8', include: ['functions/**/*.ts'] },
    projects: [
      // What leaves nothing behind may share a worker with its like, which saves a quarter of the work. Not so the adapters,
      // whose tests put mocks into the SDK's classes, and a handler, which lives as long as its module.
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/{app,core,cli/demo,cli/report,template,walls}/**/*.test.ts'],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'unit-isolated', include: ['test/{adapters,sync}/**/*.test.ts'] } },
      // Whatever the function sends in any of these, the role in template.yaml has to allow. One project: a worker that has loaded
      // the SDK and the tables of IAM, and has warmed up, goes on with the next file of it.
      {
        extends: true,
        test: {
          name: 'whole',
          isolate: false,
          include: ['test/{cli,conformance,end-to-end,faults,fuzz,mistakes,policy,proof,tools}/**/*.test.ts'],
          exclude: ['test/cli/{demo,report}/**'],
          setupFiles: ['test/policy/every-call.ts'],
        },
      },
    ],
  },
});
