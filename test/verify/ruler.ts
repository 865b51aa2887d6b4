/** Asks EventBridge's own matcher what the pattern of the rule takes: AWS has published it as a library for Java. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { matches } from '../support/pattern.ts';
import { hasCaptured, patternCases } from '../support/pattern-cases.ts';
import { command, OUTPUT, ROOT } from './command.ts';

const SOURCE = join(ROOT, 'test/verify/ruler');
const JARS = join(OUTPUT, 'ruler');
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy-dependencies';
/** Of the files that pom.xml brings. Maven itself compares with what the registry says, which is no proof of what we once tried. */
const SHA256: Readonly<Record<string, string>> = {
  'event-ruler-1.8.1.jar': 'cec3fc54e85d27904b053a159553039a861b08e574d813cf74c47deb277ec432',
  'fastdoubleparser-2.0.0.jar': 'bd7d695c336843f75477767a59cfdf909c0c6aa5fde2b9f4f021c9f30974ea08',
  'jackson-annotations-2.18.0.jar': 'a09367d2eeb526873abf737ff754c5085f82073a382ee72c3bbe15412217671f',
  'jackson-core-2.18.0.jar': '215bbd7c8fd65be504cb92ff3aa1c4b790fc7b14cca72f4546aac4143c101bb5',
  'jackson-databind-2.18.0.jar': '2bf1927b7f3224683ed0157a1ec3b0ede75179da3e597d78c572d56ed00f9f3c',
  'jsr305-3.0.2.jar': '766ad2a0783f2687962c8ad74ceecc38a28b9f72a2d085ee438b7813e928d0c7',
};

export async function askRuler(): Promise<string> {
  await fetchJars();
  const cases = patternCases();
  const examples = join(JARS, 'cases.jsonl');
  writeFileSync(examples, cases.map(({ pattern, event }) => `${JSON.stringify({ pattern, event })}\n`).join(''));
  const classPath = Object.keys(SHA256).map((name) => join(JARS, name));
  const answers = (await runJava('java', ['-cp', classPath.join(':'), join(SOURCE, 'Match.java'), examples]))
    .trim()
    .split('\n');
  if (answers.length !== cases.length) throw new Error(`The matcher answered ${answers.length} of ${cases.length} questions.`);
  const wrong = cases.filter(({ wanted }, index) => answers[index] !== String(wanted));
  if (wrong.length > 0) throw new Error(`The rule is wrong about ${wrong.map(({ name }) => name).join('; ')}.`);
  const apart = cases.filter(({ pattern, event }, index) => answers[index] !== String(matches(pattern, event)));
  if (apart.length > 0)
    throw new Error(`The matcher of the tests disagrees about ${apart.map(({ name }) => name).join('; ')}.`);
  const wanted = cases.filter((each) => each.wanted).length;
  const captured = hasCaptured() ? 'with' : 'without';
  return `${wanted} of ${wanted} wanted taken, 0 of ${cases.length - wanted} others, ${captured} captured events`;
}

/** Exactly the files whose checksums stand above. */
async function fetchJars(): Promise<void> {
  mkdirSync(JARS, { recursive: true });
  if (!isComplete())
    await runJava('mvn', [
      '--batch-mode',
      '--quiet',
      '--strict-checksums',
      '--file',
      join(SOURCE, 'pom.xml'),
      COPY,
      `-DoutputDirectory=${JARS}`,
    ]);
  const brought = readdirSync(JARS).filter((name) => name.endsWith('.jar'));
  for (const name of brought) {
    if (sha256(name) !== SHA256[name])
      throw new Error(
        `${name} is not the file that was tried: its SHA-256 is ${sha256(name)}. Delete ${JARS}, then look into it.`,
      );
  }
  if (!isComplete()) throw new Error(`Maven brought ${brought.join(', ')}; expected ${Object.keys(SHA256).join(', ')}.`);
}

function isComplete(): boolean {
  const there = readdirSync(JARS);
  return Object.keys(SHA256).every((name) => there.includes(name));
}

function sha256(name: string): string {
  return createHash('sha256')
    .update(readFileSync(join(JARS, name)))
    .digest('hex');
}

async function runJava(program: string, args: readonly string[]): Promise<string> {
  try {
    return await command(program, args);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(`AWS's matcher needs a JDK (17 or newer) and Maven: install them, or see what went wrong.\n${said}`);
  }
}
