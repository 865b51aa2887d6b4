/** The report page in a real browser: what it shows, what the filters leave, and what mouse and keyboard do. */
import { describe, expect, it } from 'vitest';
import { renderPage } from '../../scripts/cli/report/page.ts';
import { colourOf, useBrowser } from '../support/browser.ts';
import { churn, churnReport, reportOf, START_MS, taskArnOf } from '../support/timelines.ts';

const SIZES = [
  { tasks: 5, lengthMs: 120_000 },
  { tasks: 60, lengthMs: 300_000 },
  { tasks: 2_000, lengthMs: 3_600_000 },
] as const;
const REPORT = churnReport(SIZES[1]);
const SIXTY = REPORT.timeline;
const PAGE = renderPage(REPORT);
const NIGHTLY = SIXTY.tasks.filter(({ group }) => group === 'family:nightly-report').length;

describe('the report page', () => {
  const open = useBrowser();

  for (const size of SIZES) {
    it(`shows ${size.tasks} tasks with their changes and events`, async (test) => {
      const report = churnReport(size);
      const { timeline } = report;
      const page = await open(test, renderPage(report));
      const { changes, events } = timeline;
      const count = (number: number) => number.toLocaleString('en');
      expect(await page.title()).toMatch(/^In step: .* · alb-target-sync$/);
      expect(await page.locator('.lane').count()).toBe(size.tasks);
      expect(await page.locator('#status').textContent()).toMatch(
        `${count(size.tasks)} lanes, 2 findings, ${count(changes.length)} changes, ${count(events.length)} events`,
      );
      expect(await page.locator('#changes tbody tr').count()).toBe(Math.min(100, changes.length));
      expect(await page.locator('#events tbody tr').count()).toBe(Math.min(100, events.length));
      expect(await page.locator('#findings li').count()).toBe(2);
      expect(await page.locator('.lane').first().isVisible()).toBe(true);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    });
  }

  it('draws the same in the browser as in the file', async (test) => {
    const drawn =
      "[...document.querySelectorAll('.lane > svg')].map((svg) => [...svg.children].map(({ className }) => className.baseVal).join())";
    const [still, live] = [await open(test, PAGE, { javaScriptEnabled: false }), await open(test, PAGE)];
    await live.getByRole('button', { name: 'Zoom in' }).click();
    await live.getByRole('button', { name: 'Reset' }).click();
    expect(await live.evaluate(drawn)).toEqual(await still.evaluate(drawn));
  });

  it('finds a task by a word, and shows its rows and no others', async (test) => {
    const page = await open(test, PAGE);
    const [task] = SIXTY.tasks;
    const id = task?.arn.split('/').at(-1) ?? '';
    await page.getByRole('searchbox', { name: 'Filter' }).fill(id.slice(-8));
    expect(await page.locator('.lane:visible > span').allTextContents()).toEqual([`${id.slice(-8)} ${task?.ip}`]);
    const rows = await page.locator('#changes tbody tr').allTextContents();
    expect(rows).toHaveLength(SIXTY.changes.filter(({ taskArn }) => taskArn === task?.arn).length);
    for (const row of rows) expect(row).toContain(id.slice(-8));
    expect(await page.locator('#status').textContent()).toContain('1 of 60 lanes');
    await page.getByRole('searchbox', { name: 'Filter' }).fill('no such task');
    expect(await page.locator('#empty').isVisible()).toBe(true);
  });

  it('filters by group and kind, and says how much is left', async (test) => {
    const page = await open(test, PAGE);
    await page.getByRole('combobox', { name: 'ECS group' }).selectOption({ label: 'family:nightly-report' });
    expect(await page.locator('.lane:visible').count()).toBe(NIGHTLY);
    expect(await page.locator('#changes tbody tr').count()).toBe(0);
    expect(await page.locator('#status').textContent()).toContain(`${NIGHTLY} of 60 lanes, 1 of 2 findings, 0 of 78 changes`);
    await page.getByRole('combobox', { name: 'ECS group' }).selectOption({ label: 'all' });
    await page.getByRole('combobox', { name: 'Kind' }).selectOption({ label: 'ignored' });
    const ignored = SIXTY.events.filter(({ reading }) => reading === 'ignored').length;
    expect(await page.locator('#events summary').textContent()).toContain(`${ignored} of ${SIXTY.events.length} events`);
  });

  it('says on hover what a bar is, when and why', async (test) => {
    const page = await open(test, PAGE);
    const lane = page.locator('.lane', { has: page.locator('.registered') }).first();
    await lane.scrollIntoViewIfNeeded();
    const box = await lane.locator('svg').boundingBox();
    const bar = await lane.locator('.registered').boundingBox();
    if (box === null || bar === null) throw new Error('Nothing to point at.');
    await page.mouse.move(bar.x + bar.width / 2, box.y + box.height * 0.4);
    const note = await page.locator('#tip').textContent();
    expect(note).toMatch(/Registered in (web|api)/);
    expect(note).toContain('is RUNNING (desired RUNNING) and not a target');
    await page.mouse.move(5, 5);
    expect(await page.locator('#tip').isVisible()).toBe(false);
  });

  it('zooms where one drags, and shows no lane that had nothing then', async (test) => {
    const page = await open(test, PAGE);
    const drag = async (): Promise<string | null> => {
      await page.locator('#chart').evaluate((chart) => chart.scrollIntoView());
      const axis = await page.locator('#axis').boundingBox();
      const chart = await page.locator('.counts > svg').boundingBox();
      if (axis === null || chart === null) throw new Error('No axis.');
      await page.mouse.move(axis.x + axis.width * 0.25, chart.y + 20);
      await page.mouse.down();
      await page.mouse.move(axis.x + axis.width * 0.5, chart.y + 25, { steps: 4 });
      await page.mouse.up();
      return page.locator('#status').textContent();
    };
    // On a busy machine the page may still be laid out while the mouse is on its way.
    await expect.poll(drag, { timeout: 20_000, interval: 500 }).toMatch(/ · 12:01:1[45]\.\d+ to 12:02:(29|30)\.\d+ UTC$/);
    expect(await page.locator('.lane:visible').count()).toBeLessThan(60);
    await page.getByRole('button', { name: 'Reset' }).click();
    expect(await page.locator('.lane:visible').count()).toBe(60);
  });

  it('leads from a row of a table to the very mark', async (test) => {
    const page = await open(test, PAGE);
    await page.locator('#changes summary').click();
    const row = page.locator('#changes tbody tr').nth(40);
    const address = await row.locator('td').nth(2).textContent();
    const kind = (await row.locator('td').nth(1).textContent()) === 'register' ? 'Register in' : 'Deregister from';
    await row.getByRole('link').click();
    expect(await page.locator(':focus').getAttribute('aria-label')).toContain(kind);
    expect(await page.locator('#tip').textContent()).toContain(address);
  });

  it('shows more of a long table when asked', async (test) => {
    const page = await open(test, PAGE);
    await page.locator('#events summary').click();
    await page.locator('#events').getByRole('button', { name: 'Show all' }).click();
    expect(await page.locator('#events tbody tr').count()).toBe(SIXTY.events.length);
    expect(await page.locator('#events .more').isVisible()).toBe(false);
  });

  it('shows in red what was in the group after its end', async (test) => {
    const page = await open(test, renderPage(churnReport({ tasks: 300, lengthMs: 600_000 })));
    await page.getByRole('combobox', { name: 'Kind' }).selectOption({ label: 'Registered after its end' });
    const stale = page.locator('.lane:visible .stale');
    expect(await stale.count()).toBeGreaterThan(2);
    const [red = 0, green = 0, blue = 0] = await colourOf(page, '.lane.wrong .stale', 'stroke');
    expect(red).toBeGreaterThan(2 * Math.max(green, blue));
    expect(await colourOf(page, '#p-stale .fill-red', 'fill')).toEqual([red, green, blue]);
  });

  it('shows what a stranger wrote as text, and runs nothing of it', async (test) => {
    const evil = `<img src=x onerror="alert(1)"><script>alert(2)</script></script>' "`;
    const arn = taskArnOf(evil);
    const about = { atMs: START_MS + 10, because: evil, taskArn: arn };
    const timeline = {
      ...{ ...churn({ tasks: 0 }), fromMs: START_MS, toMs: START_MS + 1_000 },
      tasks: [{ arn, group: evil, ip: evil, states: [{ atMs: START_MS, last: 'RUNNING', desired: 'RUNNING' }] }],
      targets: [{ targetGroup: evil, ip: evil, port: 1, fromMs: START_MS + 9, deregisteredMs: undefined, goneMs: undefined }],
      changes: [{ ...about, kind: 'register' as const, targetGroup: evil, ip: evil, port: 1 }],
      events: [{ ...about, id: evil, reading: 'unreadable' as const, file: evil }],
    };
    const findings = [{ kind: evil, subject: evil, message: evil, command: evil }];
    const tables = [{ title: evil, head: [evil], rows: [[evil]] }];
    const page = await open(test, renderPage({ ...reportOf(timeline, evil), headline: evil, findings, tables }));
    expect(await page.locator('h1').textContent()).toBe(`In step: ${evil.replace(':', ' ')} → target group ${evil}`);
    expect(await page.locator('#findings code').textContent()).toBe(evil);
    await page.getByRole('searchbox').fill('onerror');
    await page.locator('#events summary').click();
    expect(await page.locator('#events td').last().textContent()).toBe(evil);
    await page.locator('#events').getByRole('link').click();
    expect(await page.locator('#tip').textContent()).toContain(evil);
    expect(await page.locator('img, main script').count()).toBe(0);
  });

  it('has the findings above the lanes, and the lanes with problems above the others', async (test) => {
    const page = await open(test, PAGE);
    const topOf = async (selector: string): Promise<number> => (await page.locator(selector).first().boundingBox())?.y ?? -1;
    expect(await topOf('#findings li')).toBeGreaterThan(0);
    expect(await topOf('#findings li')).toBeLessThan(800);
    expect(await topOf('#findings li')).toBeLessThan(await topOf('#waits'));
    expect(await topOf('#waits')).toBeLessThan(await topOf('.lane'));
    const isWrong = await page.locator('.lane').evaluateAll((lanes) => lanes.map((lane) => lane.classList.contains('wrong')));
    expect(isWrong[0]).toBe(true);
  });

  it('folds what is like all others away where there are many, and shows it when somebody asks', async (test) => {
    const page = await open(test, renderPage(churnReport({ tasks: 300, lengthMs: 600_000 })));
    const visible = page.locator('.lane:visible');
    const [first] = await page.locator('.fold > summary').all();
    expect(await first?.textContent()).toMatch(/^\d+ tasks without a problem$/);
    const problems = await page.locator('.lane.wrong').count();
    expect(await visible.count()).toBe(problems);
    await first?.click();
    expect(await visible.count()).toBeGreaterThan(problems);
    const ip = churn({ tasks: 300, lengthMs: 600_000 }).tasks.at(-1)?.ip ?? '';
    await page.getByRole('searchbox').fill(ip);
    expect(await visible.count()).toBeGreaterThan(0);
    for (const name of await visible.locator('> span').allTextContents()) expect(name.split(' ')[1]).toBe(ip);
  });

  it('keeps filter and time in its address, and shows what the address says', async (test) => {
    const page = await open(test, PAGE);
    await page.getByRole('searchbox').fill('10.0');
    await page.getByRole('combobox', { name: 'ECS group' }).selectOption('service:web');
    await page.getByRole('combobox', { name: 'Kind' }).selectOption({ label: 'any problem' });
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await page.waitForURL(/#text=10\.0&group=service%3Aweb&kind=problem&from=2026-03-01T12%3A01%3A15\.000Z&to=/);
    const [address, status] = [page.url(), await page.locator('#status').textContent()];
    const other = await page.context().newPage();
    await other.goto(address);
    await other.locator('html[data-ready]').waitFor();
    expect(await other.locator('#status').textContent()).toBe(status);
    expect(await other.getByRole('searchbox').inputValue()).toBe('10.0');
    await other.getByRole('button', { name: 'Reset' }).click();
    await other.getByRole('searchbox').fill('');
    await other.goto(`${address.split('#')[0]}#group=none-of-these&from=yesterday`);
    await other.waitForFunction("document.querySelector('#status').textContent.startsWith('60 lanes')");
  });

  it('leads from a tile to what it counts', async (test) => {
    const page = await open(test, PAGE);
    await page
      .locator('.tiles')
      .getByRole('link', { name: /^median/ })
      .click();
    const wrong = page.locator('.lane:visible');
    await page.waitForFunction("document.querySelector('#kind').value === 'missing'");
    expect(await wrong.count()).toBeGreaterThan(0);
    expect(await wrong.count()).toBe(await page.locator('.lane:visible', { has: page.locator('.missing') }).count());
  });

  it('shows a look at one moment without any chart, and copies its commands', async (test) => {
    const page = await open(test, renderPage({ ...REPORT, timeline: undefined }));
    expect(await page.locator('h1').textContent()).toBe('In step: target group web');
    expect(await page.locator('#chart').count()).toBe(0);
    await page.getByRole('button', { name: 'Copy' }).first().click();
    await page.getByRole('button', { name: /^(Copied|Selected)$/ }).waitFor();
  });

  for (const width of [390, 820, 1_440]) {
    it(`fits ${width} pixels with long names and texts`, async (test) => {
      const long = `${'a-very-long-name-'.repeat(6)}${'x'.repeat(80)}`;
      const [change, event] = [SIXTY.changes[0], SIXTY.events[0]];
      if (change === undefined || event === undefined) throw new Error('The timeline has nothing to make long.');
      const timeline = {
        ...SIXTY,
        tasks: SIXTY.tasks.map((task) => ({ ...task, group: `service:${long}` })),
        changes: [{ ...change, targetGroup: long, because: long }],
        events: [{ ...event, because: long, file: long, id: long }],
      };
      const findings = [{ kind: 'foreign', subject: long, message: long, command: `aws ${long}` }];
      const unread = [{ type: 'file' as const, name: long, isRead: false, why: long }];
      const tables = [{ title: long, head: [long, 'b'], rows: [[long, long]] }];
      const report = { ...reportOf(timeline, long), headline: long, findings, resources: unread, tables };
      const page = await open(test, renderPage(report), { viewport: { width, height: 800 } });
      for (const name of ['changes', 'events']) await page.locator(`#${name} summary`).click();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      const outside = `[...document.querySelectorAll('body *')].filter((each) => {
        const { right, width } = each.getBoundingClientRect();
        return width > 1 && right > innerWidth + 1 && each.closest('svg, .aside, .lane > span') === null;
      }).map((each) => each.outerHTML.slice(0, 80))`;
      expect(await page.evaluate(outside)).toEqual([]);
    });
  }

  it('is complete without its script', async (test) => {
    const page = await open(test, PAGE, { javaScriptEnabled: false });
    expect(await page.locator('#controls').isVisible()).toBe(false);
    expect(await page.locator('.lane').count()).toBe(60);
    expect(await page.locator('#changes tbody tr').count()).toBe(78);
    expect(await page.locator('noscript').textContent()).toContain('need no script');
    expect(await page.locator('.rows a').first().isVisible()).toBe(true);
  });
});
