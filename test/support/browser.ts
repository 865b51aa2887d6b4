/**
 * A real browser, for what only a browser can tell. It is the system's Chromium: playwright-core drives one and brings none.
 * Where there is none, a test is left out, and said to be; in CI it fails.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, expect } from 'vitest';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../scripts/tools/docs/chromium.ts';
import { skipUnless } from './skip.ts';

type TestContext = Parameters<typeof skipUnless>[1];

/** How a page is looked at. */
interface Look {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
  readonly javaScriptEnabled?: boolean;
}

export type OpenPage = (context: TestContext, html: string, look?: Look) => Promise<Page>;

const VIEWPORT = { width: 1_280, height: 800 } as const;

/** A page that is kept from test to test, and where it is. */
interface Tab {
  readonly page: Page;
  address: string;
}

/**
 * Opens pages for the tests of one file, and fails the test in which a page complains or asks for anything but itself. A page is opened
 * in the tab of the page before, with or without script: a tab of its own for each is a process of its own, which takes the processor
 * three times as long as the page does. What a document leaves behind ends with it; what is set from outside is set each time.
 */
export function useBrowser(): OpenPage {
  const folder = mkdtempSync(join(tmpdir(), 'alb-target-sync-page-'));
  const complaints: string[] = [];
  const tabs = new Map<boolean, Tab>();
  let browser: Browser | undefined;
  let opened = 0;
  afterEach(async ({ task }) => {
    const kept = new Set([...tabs.values()].map(({ page }) => page));
    const pages = browser?.contexts().flatMap((context) => context.pages()) ?? [];
    await Promise.all(pages.filter((page) => !kept.has(page)).map((page) => page.close()));
    // In the midst of what it did, with a button of the mouse held down perhaps: nothing for the next test.
    if (task.result?.state === 'fail') {
      tabs.clear();
      await Promise.all((browser?.contexts() ?? []).map((context) => context.close()));
    }
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });
  return async (test, html, { viewport = VIEWPORT, colorScheme = 'light', javaScriptEnabled = true } = {}) => {
    const path = findChromium(process.env);
    skipUnless(path !== undefined, test, 'no Chromium');
    browser ??= await chromium.launch({ args: CHROMIUM_ARGUMENTS, ...(path === undefined ? {} : { executablePath: path }) });
    const tab = tabs.get(javaScriptEnabled) ?? (await newTab(browser, javaScriptEnabled, complaints));
    tabs.set(javaScriptEnabled, tab);
    const { page } = tab;
    await page.mouse.move(0, 0);
    await page.setViewportSize(viewport);
    await page.emulateMedia({ media: null, colorScheme });
    opened += 1;
    // Each has an address of its own: to come back to one, with another filter behind its #, would not load it anew.
    const file = join(folder, `page-${opened}.html`);
    writeFileSync(file, html);
    tab.address = pathToFileURL(file).href;
    await page.goto(tab.address);
    if (javaScriptEnabled) await page.locator('html[data-ready]').waitFor();
    return page;
  };
}

async function newTab(browser: Browser, javaScriptEnabled: boolean, complaints: string[]): Promise<Tab> {
  const context = await browser.newContext({ viewport: VIEWPORT, javaScriptEnabled });
  const tab: Tab = { page: await context.newPage(), address: 'about:blank' };
  listen(tab, complaints);
  return tab;
}

/** Red, green and blue of a colour as the browser has worked it out. */
export async function colourOf(page: Page, selector: string, property: string): Promise<number[]> {
  const code = `getComputedStyle(document.querySelector(${JSON.stringify(selector)}))[${JSON.stringify(property)}]`;
  return (String(await page.evaluate(code)).match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
}

function listen(tab: Tab, complaints: string[]): void {
  const { page } = tab;
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`${error.stack}`));
  page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  page.on('request', (request) => {
    // An icon in a data: address is none of the network's business.
    const url = request.url();
    if (!url.startsWith(tab.address) && !url.startsWith('data:')) complaints.push(`request: ${url}`);
  });
}
