/** Set-up of the projects that play the function: whatever it sends in any of their tests, the role has to allow. */
import { afterAll, expect } from 'vitest';
import { deniedOf, Recorder } from './recorded.ts';

const recorder = new Recorder();

afterAll(async () => {
  recorder.stop();
  expect(await deniedOf(recorder.recorded)).toEqual([]);
});
