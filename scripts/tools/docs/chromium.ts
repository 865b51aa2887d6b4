/** Where the system's Chromium is, and how it is started. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const PLACES = [
  '/usr/bin/chromium',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
/** No sandbox, since CI is root; and nothing that would make the browser talk to anybody by itself. */
export const CHROMIUM_ARGUMENTS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

/** Where Chromium is: as the variable CHROMIUM says, on the path, or where it usually is. Undefined where it may be missing. */
export function findChromium(environment: Environment, isProgram: (path: string) => boolean = mayRun): string | undefined {
  const { CHROMIUM: told, CI: ci, PATH: path = '' } = environment;
  if (told) {
    if (isProgram(told)) return told;
    throw new Error(`CHROMIUM names ${told}, which is no program that can be run: correct it, or unset it to search the path.`);
  }
  const onPath = path.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const found = [...onPath, ...PLACES].find(isProgram);
  if (found === undefined && ci && ci !== 'false') {
    throw new Error(
      'Looked for Chromium on the path and in its usual places and found none: install it, or set CHROMIUM to it.',
    );
  }
  return found;
}

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
