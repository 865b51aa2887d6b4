/** The report page for those who do not use a mouse, do not see it, see it in the dark, or hold it on paper. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { renderPage } from '../../scripts/cli/report/page.ts';
import { colourOf, useBrowser } from '../support/browser.ts';
import { churnReport } from '../support/timelines.ts';

const REPORT = churnReport({ tasks: 60, lengthMs: 300_000 });
const SIXTY = REPORT.timeline;
const PAGE = renderPage(REPORT);

/** Text and shapes on what they are drawn on. WCAG 2.2 asks for 4.5 (text) and 3 (shapes). */
const TEXT = ['--ink', '--soft', '--link'];
const SHAPES = [
  '--pending',
  '--running-line',
  '--registered',
  '--draining',
  '--alarm',
  '--calls',
  '--event',
  '--focus',
  '--line',
];
/** What lies side by side inside a bar. */
const NEIGHBOURS = [
  ['--registered', '--running'],
  ['--alarm', '--surface'],
  ['--running-line', '--running'],
] as const;

/** Roles of which every one has to say which it is. */
const NAMED = new Set([
  'button',
  'link',
  'searchbox',
  'combobox',
  'slider',
  'image',
  'region',
  'form',
  'table',
  'list',
  'heading',
]);

describe('the report page', () => {
  const open = useBrowser();

  it('is walked with the keyboard: along a task, between tasks, into time and out again', async (test) => {
    const page = await open(test, PAGE);
    const name = () => page.locator(':focus').getAttribute('aria-label');
    const press = async (...keys: readonly string[]) => {
      for (const key of keys) await page.keyboard.press(key);
      return name();
    };
    await page.locator('#reset').focus();
    expect(await press('Tab')).toMatch(/^12:00:00.000 – /);
    const [first, second] = (await page.locator('.lane > span:first-child').allTextContents()).map(
      (text) => text.split(' ')[0],
    );
    expect(await press('ArrowDown', 'ArrowDown', 'ArrowDown')).toBe(`Pending, ${first}`);
    expect(await press('ArrowDown')).toBe(`Pending, ${second}`);
    expect(await press('ArrowUp', 'ArrowRight')).toBe(`Running, ${first}`);
    expect(await press('End')).toMatch(`, ${first}`);
    expect(await press('Home')).toBe(`Pending, ${first}`);
    await press('ArrowRight', 'Enter');
    expect(await page.locator('#status').textContent()).not.toContain('12:00:00.000 to 12:05:00.000');
    expect(await name()).toBe(`Running, ${first}`);
    await press('0');
    expect(await page.locator('#status').textContent()).toContain('12:00:00.000 to 12:05:00.000');
    expect(await page.locator('#tip').isVisible()).toBe(true);
    await press('Escape');
    expect(await page.locator('#tip').isVisible()).toBe(false);
    // One stop for all of the picture: the next Tab leaves it.
    expect(await press('Tab')).toBeNull();
  });

  it('says of what has the focus what it is and why', async (test) => {
    const page = await open(test, PAGE);
    await page.locator('.ring').focus();
    for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('End');
    const description = (await treeOf(page)).find(({ isFocused }) => isFocused)?.description;
    expect(description).toContain('Because');
    expect(description).toContain('arn:aws:ecs:');
  });

  it('keeps what has the focus clear of the head that stays on top', async (test) => {
    const page = await open(test, PAGE);
    await page.locator('.ring').focus();
    for (let step = 0; step < 6; step += 1) await page.keyboard.press('PageDown');
    for (let step = 0; step < 6; step += 1) await page.keyboard.press('PageUp');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const [ring, head] = [await page.locator(':focus').boundingBox(), await page.locator('.top').boundingBox()];
    if (ring === null || head === null) throw new Error('Nothing has the focus.');
    const isCounted = (await page.locator('.top .ring').count()) > 0;
    expect(isCounted || ring.y >= head.y + head.height - 1).toBe(true);
  });

  it('has a name for everything that can be used, looked at or jumped to', async (test) => {
    // What is far out of view is not laid out, and then the tree does not have it yet.
    const page = await open(test, PAGE, { viewport: { width: 1_280, height: 8_000 } });
    for (const name of ['changes', 'events']) await page.locator(`#${name} summary`).click();
    const tree = await treeOf(page);
    const unnamed = tree.filter(({ role, name }) => NAMED.has(role) && name === '');
    expect(unnamed).toEqual([]);
    const count = (role: string): number => tree.filter((node) => node.role === role).length;
    expect(count('main')).toBe(1);
    // What is in a fold comes later in the tree than on the page.
    const headings = tree.filter(({ role }) => role === 'heading').map(({ name }) => name);
    expect(new Set(headings)).toEqual(
      new Set([
        ...[
          'In step: service checkout-api and service web → target groups api and web',
          'Findings',
          'mistake never-healthy 10.0.0.4:8080',
        ],
        ...['notice foreign 10.9.9.9:8080', 'How long it took', 'RUNNING to registered', 'Order to stop to out of the group'],
        ...['Tasks over time', 'service:checkout-api 17 tasks', 'service:web 31 tasks', 'family:nightly-report 12 tasks'],
        ...['Changes', 'Events'],
      ]),
    );
    expect(count('table')).toBe(2 + 2);
    expect(count('columnheader')).toBe(2 * 2 + 6 + 6);
    const pictures = tree.filter(({ role }) => role === 'image').map(({ name }) => name);
    expect(pictures).toHaveLength(60 + 3);
    expect(pictures.filter((name) => /^pending 12:0\d:\d\d\.\d{3}, /.test(name))).toHaveLength(60);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has contrast enough in ${colorScheme} colours`, async (test) => {
      const page = await open(test, PAGE, { colorScheme });
      const colours = await readColours(page);
      const contrast = (one: string, other: string): number => {
        const [light = 0, dark = 0] = [luminance(colours.get(one)), luminance(colours.get(other))].sort((a, b) => b - a);
        return (light + 0.05) / (dark + 0.05);
      };
      for (const text of TEXT) expect(contrast(text, '--surface'), text).toBeGreaterThan(4.5);
      for (const text of TEXT) expect(contrast(text, '--page'), text).toBeGreaterThan(4.5);
      for (const shape of SHAPES) expect(contrast(shape, '--surface'), shape).toBeGreaterThan(3);
      for (const [one, other] of NEIGHBOURS) expect(contrast(one, other), `${one} on ${other}`).toBeGreaterThan(3);
      expect(await faintTexts(page)).toEqual([]);
      const isDark = luminance(colours.get('--surface')) < 0.2;
      expect(isDark).toBe(colorScheme === 'dark');
      expect(await colourOf(page, 'html', 'backgroundColor')).toEqual(colours.get('--page'));
    });
  }

  it('needs no scrolling sideways on a narrow screen', async (test) => {
    const page = await open(test, PAGE, { viewport: { width: 320, height: 640 } });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    expect(await page.getByRole('searchbox').isVisible()).toBe(true);
  });

  it('prints light, complete and in a file of a sensible size', async (test) => {
    const page = await open(test, PAGE, { colorScheme: 'dark' });
    expect(await page.locator('#changes table').isVisible()).toBe(false);
    const paper = await page.pdf({ preferCSSPageSize: true });
    // The hatching of the screen made it 52 MB.
    expect(paper.length).toBeLessThan(600_000);
    await page.emulateMedia({ media: 'print' });
    expect(await colourOf(page, '.tiles div', 'backgroundColor')).toEqual([255, 255, 255]);
    expect(await page.locator('#changes table').isVisible()).toBe(true);
    expect(await page.locator('#controls').isVisible()).toBe(false);
    expect(await page.evaluate("getComputedStyle(document.querySelector('.stale')).fill")).not.toContain('url');
  });

  it('prints the rows that a screen would ask for first', async (test) => {
    const page = await open(test, PAGE);
    expect(await page.locator('#events tbody tr').count()).toBe(100);
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await page.locator('#events tbody tr').count()).toBe(SIXTY.events.length);
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    expect(await page.locator('#events tbody tr').count()).toBe(100);
  });
});

interface AccessNode {
  readonly role: string;
  readonly name: string;
  readonly description: string;
  readonly isFocused: boolean;
}

/** What the browser tells a screen reader. */
async function treeOf(page: Page): Promise<AccessNode[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  return nodes
    .filter(({ ignored }) => !ignored)
    .map(({ role, name, description, properties = [] }) => ({
      role: String(role?.value ?? ''),
      name: String(name?.value ?? ''),
      description: String(description?.value ?? ''),
      isFocused:
        role?.value !== 'RootWebArea' && properties.some((each) => each.name === 'focused' && each.value.value === true),
    }));
}

/** Every text on the page with its contrast, where that is less than 4.5: what is set on a ground of its own is set right. */
async function faintTexts(page: Page): Promise<string[]> {
  const texts: unknown = await page.evaluate(`[...document.querySelectorAll('body *')]
    .filter((each) => each.checkVisibility({ opacityProperty: true }) && [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''))
    .map((each) => {
      let ground = each;
      while (ground !== null && getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)') ground = ground.parentElement;
      const { color, fill } = getComputedStyle(each);
      return [each.outerHTML.slice(0, 60), each.matches('svg *') ? fill : color, getComputedStyle(ground ?? document.documentElement).backgroundColor];
    })`);
  if (!Array.isArray(texts) || texts.length < 100) throw new Error('The page has hardly any text.');
  return texts.flatMap(([html, ink, ground]: readonly string[]) => {
    const [light = 0, dark = 0] = [ink, ground].map((colour) => luminance(numbersOf(colour))).sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05) >= 4.5 ? [] : [`${html}: ${ink} on ${ground}`];
  });
}

function numbersOf(colour = ''): number[] {
  return (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
}

/** The colours of the scheme, as the browser works them out. */
async function readColours(page: Page): Promise<ReadonlyMap<string, readonly number[]>> {
  const names = [...new Set(['--surface', '--page', ...TEXT, ...SHAPES, ...NEIGHBOURS.flat()])];
  const read = (name: string): Promise<number[]> => colourOf(page, `#probe${name}`, 'color');
  for (const name of names) {
    const probe = `document.createElement('i')`;
    await page.evaluate(
      `{ const i = ${probe}; i.id = 'probe${name}'; i.style.color = 'var(${name})'; document.body.append(i); }`,
    );
  }
  return new Map(await Promise.all(names.map(async (name) => [name, await read(name)] as const)));
}

/** Relative luminance, as WCAG 2.2 defines it. */
function luminance(colour: readonly number[] = []): number {
  const [red = 0, green = 0, blue = 0] = colour.map((each) => {
    const share = each / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
