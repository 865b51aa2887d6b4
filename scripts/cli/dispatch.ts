/** Which command the words of a command line ask for. */
import { readFileSync } from 'node:fs';
import { isObject } from '../../functions/core/json.ts';
import { errors } from './errors.ts';
import { IN_STEP } from './exit.ts';
import { nearest } from './nearest.ts';
import { overviewOf } from './options.ts';

type Command = (args: readonly string[]) => Promise<number>;

/** Each is loaded when it is asked for: the SDK alone takes longer to load than a capture to play. */
const COMMANDS: readonly { readonly name: string; readonly summary: string; readonly load: () => Promise<Command> }[] = [
  {
    name: 'replay',
    summary: 'play captured events against a simulated account, or see what an account needs now',
    load: async () => (await import('./replay/command.ts')).replayCommand,
  },
  {
    name: 'plan',
    summary: 'what a pass would change in an account now, and why',
    load: async () => (await import('./plan/command.ts')).planCommand,
  },
  {
    name: 'drift',
    summary: 'tasks, targets and Cloud Map instances side by side: what differs, and since when',
    load: async () => (await import('./drift/command.ts')).driftCommand,
  },
  {
    name: 'status',
    summary: 'how a deployed stack is: does it run, is it paused, is every group in step, what to do next',
    load: async () => (await import('./status/command.ts')).statusCommand,
  },
  {
    name: 'leftovers',
    summary: 'targets that nothing explains or whose owner is not proved: whose they may be, and the command that removes each',
    load: async () => (await import('./leftovers/command.ts')).leftoversCommand,
  },
  {
    name: 'sample',
    summary: 'make ECS task state change events',
    load: async () => (await import('./sample/command.ts')).sampleCommand,
  },
];

const HELP = ['help', '--help', '-h'];
const VERSION = ['version', '--version', '-v'];

/** Runs the command and returns the exit code. */
export async function dispatch([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined) throw errors.noCommand(overview());
  if (HELP.includes(name)) return help(args);
  if (VERSION.includes(name)) return say(version());
  return (await commandNamed(name))(args);
}

/** The help of the command that is asked about, or all commands. */
async function help([asked]: readonly string[]): Promise<number> {
  return asked === undefined || HELP.includes(asked) ? say(overview()) : (await commandNamed(asked))(['--help']);
}

function commandNamed(name: string): Promise<Command> {
  const command = COMMANDS.find((each) => each.name === name);
  if (command !== undefined) return command.load();
  const names = COMMANDS.map((each) => each.name);
  throw errors.unknownCommand(name, nearest(name, [...names, 'help', 'version']), names);
}

function overview(): string {
  return overviewOf(COMMANDS);
}

function say(text: string): number {
  console.log(text);
  return IN_STEP;
}

function version(): string {
  const text: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return isObject(text) ? `alb-target-sync ${String(text['version'])}` : '';
}
