/**
 * A real browser, for what only a browser can tell. It is the system's Chromium: playwright-core drives one and brings none.
 * Where there is none, a test is left out, and said to be; in CI it fails.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, expect } from 'vitest';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../scripts/tools/docs/chromium.ts';
import { skipUnless } from './skip.ts';

type TestContext = Parameters<typeof skipUnless>[1];

export type OpenPage = (context: TestContext, html: string, options?: BrowserContextOptions) => Promise<Page>;

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
    browser ??= await chromium.launch({ args: CHROMIUM_ARGUMENTS, ...(path === undefined ? {} : { executablePath: path }) });
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
