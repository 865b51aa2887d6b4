/**
 * A real browser, for what only a browser can tell. It is the system's Chromium: playwright-core drives one and brings none.
 * Where there is none, a test is left out, and said to be; in CI it fails.
 */
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, expect } from 'vitest';
import { skipUnless } from './skip.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type TestContext = Parameters<typeof skipUnless>[1];

export type OpenPage = (context: TestContext, html: string, options?: BrowserContextOptions) => Promise<Page>;

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const PLACES = [
  '/usr/bin/chromium',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
/** No sandbox, since CI is root; and nothing that would make the browser talk to anybody by itself. */
const ARGUMENTS = [
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

/** Opens pages for the tests of one file, and fails the test in which a page complains or asks for anything but itself. */
export function useBrowser(): OpenPage {
  const folder = mkdtempSync(join(tmpdir(), 'alb-target-sync-page-'));
  const complaints: string[] = [];
  let browser: Browser | undefined;
  afterEach(async () => {
    await Promise.all((browser?.contexts() ?? []).map((context) => context.close()));
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });
  return async (test, html, options = {}) => {
    const path = findChromium(process.env);
    skipUnless(path !== undefined, test, 'no Chromium');
    browser ??= await chromium.launch({ args: ARGUMENTS, ...(path === undefined ? {} : { executablePath: path }) });
    const file = join(folder, 'page.html');
    writeFileSync(file, html);
    const context = await browser.newContext({ viewport: { width: 1_280, height: 800 }, ...options });
    const page = await context.newPage();
    listen(page, pathToFileURL(file).href, complaints);
    await page.goto(pathToFileURL(file).href);
    if (options.javaScriptEnabled !== false) await page.locator('html[data-ready]').waitFor();
    return page;
  };
}

/** Red, green and blue of a colour as the browser has worked it out. */
export async function colourOf(page: Page, selector: string, property: string): Promise<number[]> {
  const code = `getComputedStyle(document.querySelector(${JSON.stringify(selector)}))[${JSON.stringify(property)}]`;
  return (String(await page.evaluate(code)).match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
}

function listen(page: Page, address: string, complaints: string[]): void {
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`${error.stack}`));
  page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  page.on('request', (request) => {
    // An icon in a data: address is none of the network's business.
    if (!request.url().startsWith(address) && !request.url().startsWith('data:')) complaints.push(`request: ${request.url()}`);
  });
}

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
