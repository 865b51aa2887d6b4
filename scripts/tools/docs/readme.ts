/** `npm run readme`: brings up to date what the README quotes of `npm start`, its last screen and a picture of its page. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { CHROMIUM_ARGUMENTS, findChromium } from './chromium.ts';
import { lastScreenOf, quoteInto } from './quote.ts';

const ROOT = join(import.meta.dirname, '../../..');
const README = join(ROOT, 'README.md');
const PICTURE = join(ROOT, 'docs', 'report.png');
/** A README is read over slow lines as well. */
const PICTURE_BYTES_MAX = 60_000;

const demo = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts/cli/demo/main.ts')], {
  encoding: 'utf8',
  env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
});
if (demo.status !== 0)
  throw new Error(`npm start ended with code ${demo.status}: nothing is quoted.\n${demo.stdout}${demo.stderr}`);
writeFileSync(README, quoteInto(readFileSync(README, 'utf8'), lastScreenOf(demo.stdout)));
await takePicture();
const { size } = statSync(PICTURE);
if (size > PICTURE_BYTES_MAX) throw new Error(`${PICTURE} has ${size} bytes, more than ${PICTURE_BYTES_MAX}: show less in it.`);
console.log(`README.md and docs/report.png (${size} bytes) are as npm start has it.`);

/** The last tasks of the deployment of which an event was lost. */
async function takePicture(): Promise<void> {
  const executablePath = findChromium(process.env);
  if (executablePath === undefined) throw new Error('No Chromium to take the picture with: install it, or set CHROMIUM to it.');
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGUMENTS });
  try {
    const page = await browser.newPage({ viewport: { width: 860, height: 1_600 }, colorScheme: 'light' });
    await page.goto(pathToFileURL(join(ROOT, 'reports', 'demo.html')).href);
    await page.locator('html[data-ready]').waitFor();
    await page.getByRole('combobox', { name: 'Kind' }).selectOption('lost');
    await page.getByRole('searchbox').fill('0000003');
    await page.evaluate(`for (const each of document.querySelectorAll('#controls, .hint')) each.hidden = true`);
    await page.locator('#chart').screenshot({ path: PICTURE });
  } finally {
    await browser.close();
  }
}
