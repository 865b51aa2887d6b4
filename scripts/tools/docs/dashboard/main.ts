/** `npm run dashboard`: draws docs/dashboard.png, the dashboard of infra/operations.yaml over three simulated hours. Needs Chromium. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { NAMES } from '../../template/alarms.ts';
import { FILES, ofType, viewOf } from '../../template/templates.ts';
import { CHROMIUM_ARGUMENTS, findChromium } from '../chromium.ts';
import { drawDashboard } from './draw.ts';
import { playScene, SCENE_MINUTES } from './scene.ts';
import { dashboardOf } from './widgets.ts';

const PICTURE = join(import.meta.dirname, '../../../../docs/dashboard.png');
/** A page is read over slow lines as well. */
const PICTURE_BYTES_MAX = 180_000;

const executablePath = findChromium(process.env);
if (executablePath === undefined) throw new Error('No Chromium to take the picture with: install it, or set CHROMIUM to it.');
const alarms = ofType(viewOf(FILES).root(), 'AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm');
const arns = alarms.map(({ name }) => `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${name}`);
const html = drawDashboard(dashboardOf(arns), await playScene(), SCENE_MINUTES).replaceAll(NAMES.stack, 'alb-target-sync');
const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGUMENTS });
try {
  const page = await browser.newPage({ viewport: { width: 1_008, height: 1_200 }, colorScheme: 'light' });
  await page.setContent(html);
  await page.locator('#dashboard').screenshot({ path: PICTURE });
} finally {
  await browser.close();
}
const { size } = statSync(PICTURE);
if (size > PICTURE_BYTES_MAX) throw new Error(`${PICTURE} has ${size} bytes, more than ${PICTURE_BYTES_MAX}: show less in it.`);
console.log(`docs/dashboard.png (${size} bytes) is as infra/operations.yaml and the simulated account have it.`);
