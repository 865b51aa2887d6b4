/** The tests in a browser may not be left out where it counts. */
import { describe, expect, test } from 'vitest';
import { findChromium } from '../../scripts/tools/docs/chromium.ts';

const only =
  (...programs: readonly string[]) =>
  (path: string): boolean =>
    programs.includes(path);

describe('the browser', () => {
  test('is the one that the variable names, before all others', () => {
    const environment = { CHROMIUM: '/opt/mine', PATH: '/usr/bin' };
    expect(findChromium(environment, only('/opt/mine', '/usr/bin/chromium'))).toBe('/opt/mine');
  });

  test('is found on the path, in its order, and else in its usual places', () => {
    const environment = { PATH: '/a:/b' };
    expect(findChromium(environment, only('/a/google-chrome', '/b/chromium'))).toBe('/a/google-chrome');
    expect(findChromium(environment, only('/usr/bin/chromium'))).toBe('/usr/bin/chromium');
  });

  test('may be missing on a machine of somebody', () => {
    expect(findChromium({ PATH: '/a' }, only())).toBeUndefined();
    expect(findChromium({ PATH: '/a', CI: 'false' }, only())).toBeUndefined();
  });

  test('may not be missing in CI', () => {
    expect(() => findChromium({ PATH: '/a', CI: 'true' }, only())).toThrow('set CHROMIUM');
    expect(() => findChromium({ CI: '1' }, only())).toThrow('set CHROMIUM');
  });

  test('may not be missing where the variable says that it is', () => {
    expect(() => findChromium({ CHROMIUM: '/opt/mine' }, only('/usr/bin/chromium'))).toThrow('CHROMIUM names /opt/mine');
  });
});
