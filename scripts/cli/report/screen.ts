/** What goes to a terminal: colour only where it is wanted, progress only where somebody watches. */
import { constants } from 'node:os';
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Colours the text unless NO_COLOR is set, the terminal is dumb, or the output is piped (FORCE_COLOR overrules). */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** Ends where nobody reads on, as in `npm start | head`: without this, a reader who has seen enough gets a stack trace. */
export function endWhenUnread(): void {
  process.stdout.on('error', (error) => {
    if (!('code' in error) || error.code !== 'EPIPE') throw error;
    process.exit(128 + constants.signals.SIGPIPE);
  });
}

/** A line on standard error that is written over, at most ten times a second; nothing where standard error is piped. */
export function progressLine(label: string): { update(done: number, of?: number): void; end(): void } {
  let shownAtMs = 0;
  const isWatched = process.stderr.isTTY === true;
  return {
    update(done, of) {
      if (!isWatched || performance.now() - shownAtMs < 100) return;
      shownAtMs = performance.now();
      process.stderr.write(
        `\r${label} ${done.toLocaleString('en')}${of === undefined ? '' : ` of ${of.toLocaleString('en')}`} `,
      );
    },
    end() {
      if (isWatched && shownAtMs > 0) process.stderr.write('\r\x1b[2K');
    },
  };
}
