/** Which licences may be in the archive, and what they ask us to hand on. */
import type { Component } from './components.ts';

/** All of them let the code be used and handed on as we do. Another one is a decision, and not this script's. */
const ALLOWED = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0']);
/** These ask for nothing, not even for their own text. */
const WITHOUT_TEXT = new Set(['0BSD', 'MIT-0']);

/** Throws, naming all of them, where a component must not be handed on, or not without a text that it does not have. */
export function checkLicences(components: readonly Component[]): void {
  const refused = components.filter(({ licence }) => !ALLOWED.has(licence));
  const silent = components.filter(({ licence, notices }) => !WITHOUT_TEXT.has(licence) && notices.length === 0);
  const mistakes = [
    ...refused.map(({ name, version, licence }) => `${name}@${version} is under "${licence}"`),
    ...silent.map(({ name, version, licence }) => `${name}@${version} is under "${licence}" and comes without its text`),
  ];
  if (mistakes.length === 0) return;
  const allowed = [...ALLOWED].join(', ');
  throw new Error(`The bundle must not be handed on: ${mistakes.join('; ')}. Allowed are ${allowed}. Replace the package.`);
}

/** The texts that go with the archive. Minified code has lost its comments, and with them its notices. */
export function noticesOf(components: readonly Component[]): string {
  const texts = components.map(({ name, version, licence, notices }) =>
    [`${name} ${version} (${licence})`, ...notices].join('\n\n'),
  );
  return `${['The bundled function has code of these packages.', ...texts].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}
