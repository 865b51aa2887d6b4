/** The last screen of `npm start`, in its output and in the README that quotes it. */

/** The verdict. */
const FIRST_LINE = /^(?:In step|NOT in step): /m;
const BEFORE = '<!-- The last screen of npm start, and its page: made by npm run readme. -->\n```text\n';
const AFTER = '```\n';

/** Seconds that the machine took: the only figure that differs from run to run. */
const TOOK = /^\d+\.\d s (?=for )/m;

/** From the verdict to the end. */
export function lastScreenOf(output: string): string {
  const start = output.search(FIRST_LINE);
  if (start < 0)
    throw new Error('npm start printed no verdict: no line of its output begins with "In step: " or "NOT in step: ".');
  return output.slice(start);
}

export function quotedIn(readme: string): string {
  const { start, end } = placeIn(readme);
  return readme.slice(start, end);
}

export function quoteInto(readme: string, screen: string): string {
  const { start, end } = placeIn(readme);
  return readme.slice(0, start) + screen + readme.slice(end);
}

export function withoutSeconds(screen: string): string {
  return screen.replace(TOOK, '… s ');
}

function placeIn(readme: string): { start: number; end: number } {
  const start = readme.indexOf(BEFORE) + BEFORE.length;
  const end = readme.indexOf(AFTER, start);
  if (start < BEFORE.length || end < 0) throw new Error(`README.md has no block to quote into: expected ${BEFORE}${AFTER}`);
  return { start, end };
}
