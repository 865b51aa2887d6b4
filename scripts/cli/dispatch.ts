/** Which command the words of a command line ask for. */
import { readFileSync } from 'node:fs';
import { isObject } from '../../functions/core/json.ts';
import { badSyntax, IN_STEP } from './exit.ts';

const HELP = `alb-target-sync COMMAND [options]

  replay [FILE...]   play captured events against a simulated account, or see what an account needs now
  plan               what a pass would change in an account now, and why
  drift              tasks, targets and Cloud Map instances side by side: what differs, and since when
  sample             make ECS task state change events
  help [COMMAND]     this text, or a command's
  version            the version

None of them writes to AWS. replay and sample need no account and no credentials.`;

type Command = (args: readonly string[]) => Promise<number>;

/** Each is loaded when it is asked for: the SDK alone takes longer to load than a capture to play. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['replay', async () => (await import('./replay/command.ts')).replayCommand],
  ['plan', async () => (await import('./plan/command.ts')).planCommand],
  ['drift', async () => (await import('./drift/command.ts')).driftCommand],
  ['sample', async () => (await import('./sample/command.ts')).sampleCommand],
]);

/** Runs the command and returns the exit code. */
export async function dispatch([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined) throw badSyntax(HELP);
  const command = COMMANDS.get(name);
  if (command !== undefined) return (await command())(args);
  const [asked] = args;
  const helped = name === 'help' && asked !== undefined ? COMMANDS.get(asked) : undefined;
  if (helped !== undefined) return (await helped())(['--help']);
  if (['help', '--help', '-h'].includes(name)) return say(HELP);
  if (['version', '--version', '-v'].includes(name)) return say(version());
  throw badSyntax(`There is no command "${name}".\n\n${HELP}`);
}

function say(text: string): number {
  console.log(text);
  return IN_STEP;
}

function version(): string {
  const text: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return isObject(text) ? `alb-target-sync ${String(text['version'])}` : '';
}
