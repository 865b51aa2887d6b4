/** Groups, services and lines of every scenario, and what the lines mean to the judges. */
import { cloudMapServiceArn, targetGroupArn } from '../../scripts/simulator/account.ts';
import type { WantedLine } from './oracle.ts';

export const WEB = targetGroupArn('web');
export const ADMIN = targetGroupArn('admin');
export const CLOUD_MAP = cloudMapServiceArn('app');
export const APP: WantedLine = { kind: 'service', name: 'app', port: 8080, mode: 'enforce' };
export const JOB: WantedLine = { kind: 'family', name: 'job', port: 8080, mode: 'enforce' };
export const API: WantedLine = { kind: 'service', name: 'api', port: 8080, mode: 'enforce' };

/** Every text that the scenario ever writes into a tag, and what it means. */
export const TAG_TEXTS: ReadonlyMap<string, readonly WantedLine[]> = new Map([
  ['service=app port=8080', [APP]],
  ['service=app port=8080 mode=drain', [{ ...APP, mode: 'drain' as const }]],
  ['service=app port=8080 mode=observe', [{ ...APP, mode: 'observe' as const }]],
  ['family=job port=8080', [JOB]],
]);

export const TEXTS_OF_APP = [
  'service=app port=8080',
  'service=app port=8080 mode=drain',
  'service=app port=8080 mode=observe',
] as const;
