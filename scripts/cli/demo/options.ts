/** `npm start` takes no options: it says so, instead of running for somebody who asks for help or has mistyped something. */
import { parseArgs } from 'node:util';
import { typed } from '../errors.ts';
import { Ending } from '../exit.ts';
import { type CommandSpec, HELP_OPTION, parseOptions, toldHelp } from '../options.ts';

const START = {
  name: 'start',
  examples: ['npm start', `${typed('drift', '--simulated')}`],
  about:
    'Plays the main job on the embedded simulated account: a service scales out, rolls over and scales in, events come late, twice ' +
    'or never, and Cloud Map drifts. No AWS account, no Docker. It writes the report page reports/demo.html.',
  options: HELP_OPTION,
  exits: [
    [0, 'tasks and targets are in step in the end'],
    [1, 'they are not'],
    [252, 'an option is wrong'],
  ],
} as const satisfies CommandSpec;

/** Ends the process unless the scenario is to be played. */
export function readOptions(args: readonly string[]): void {
  try {
    const { values } = parseOptions(START, () => parseArgs({ args: [...args], options: START.options }));
    if (toldHelp(START, values)) process.exit(0);
  } catch (error) {
    if (!(error instanceof Ending)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(error.code);
  }
}
