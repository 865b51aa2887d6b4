/** The tests by folder: `npm run check` runs the projects whose name begins with `unit`, `npm test` runs all of them. */
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const HANDLER = 'test/sync/handler.test.ts';
const WATCH = 'test/cli/watch.test.ts';
/** They wait for seconds and hardly work: they come first, beside types and lint, which take the cores meanwhile. */
const WAITING = [HANDLER, WATCH];
/** From the project with the longest files to the one with the shortest: no core is left with nothing to do at the end. */
const ORDER = ['unit-isolated', 'whole', 'unit'];

/** One project after the other, the longest files first: a worker is handed on only to the next file of its own project. */
class ByProject extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isWaiting = ({ moduleId }: TestSpecification) => WAITING.some((file) => moduleId.endsWith(file));
    const inOrder = [...sorted.filter(isWaiting), ...sorted.filter((file) => !isWaiting(file))];
    return ORDER.flatMap((name) => inOrder.filter(({ project }) => project.name === name));
  }
}

export default defineConfig({
  test: {
    // Nothing but what a project names: vitest's own pattern, which knip knows too, would make a test in a folder of no
    // project look like one that runs.
    include: [],
    allowOnly: false,
    // As many as cores. Each loads and compiles everything for itself: a third one on two cores would take a tenth more of both.
    maxWorkers: Math.max(2, availableParallelism()),
    pool: 'threads',
    sequence: { sequencer: ByProject },
    // A machine may be shared with others.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: { provider: 'v8', include: ['functions/**/*.ts'] },
    projects: [
      // What leaves nothing behind may share a worker with its like, which saves a quarter of the work. Not so the handler, which
      // lives as long as its module.
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/{adapters,app,core,cli/demo,cli/report,sync,template,walls}/**/*.test.ts'],
          exclude: [HANDLER],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'unit-isolated', include: [HANDLER] } },
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
