/** What is told in events: clusters, accounts, times; their order, and the letters that they are written in. */
import { gzipSync } from 'node:zlib';
import type { JsonObject } from '../../../functions/core/json.ts';
import { BIND, CLUSTER, cellOf, csv, DETAILS, LIFE, lifeIn, ndjson, PLAIN, utf16le } from './capture.ts';
import { type Input, kind } from './input.ts';

const OTHER_ACCOUNT = CLUSTER.replace('111122223333', '444455556666');
const OTHER_REGION = CLUSTER.replaceAll('eu-west-1', 'us-west-2');
const CLUSTERS = kind('clusters of one name', [
  { name: 'in two accounts', files: { a: PLAIN, b: ndjson(lifeIn(OTHER_ACCOUNT)) }, groups: 2 },
  { name: 'in two regions', files: { all: PLAIN + ndjson(lifeIn(OTHER_REGION)) }, groups: 2 },
  {
    name: 'of which a line names one by its ARN',
    files: { a: PLAIN, b: ndjson(lifeIn(OTHER_ACCOUNT)) },
    args: ['--bind', `target-group=web cluster=${OTHER_ACCOUNT} service=app port=8080`],
    says: [/no line of binding means its task/],
  },
  {
    name: 'of which a line names none',
    files: { a: PLAIN, b: ndjson(lifeIn(OTHER_ACCOUNT)) },
    args: BIND,
    code: 1,
    changes: 'none',
    says: [/^NOT PLAYED/, /In --bind, line 1, "service=app" cannot be used; expected cluster=arn:\S+ or cluster=arn:/],
  },
]);

function masked(mask: string, text = PLAIN): string {
  return text.replaceAll('111122223333', mask);
}

const MASKS = kind('masked account numbers', [
  ...['XXXXXXXXXXXX', '<account>', '***', '', '[REDACTED]', 'ACCOUNT_ID'].map((mask) => ({
    name: mask === '' ? 'left out' : mask,
    files: { masked: masked(mask) },
    says: [/masked in \d+ events/, /one made-up account, 000000000000/],
  })),
  {
    name: 'each task with another mask, one of them zeros',
    files: {
      masked: ndjson(LIFE)
        .split('\n')
        .map((line, index) => masked(['***', '<account>', '000000000000'][index % 3] ?? '', line))
        .join('\n'),
    },
    says: [/one made-up account/],
  },
  { name: 'only beside the detail', files: { masked: PLAIN.replaceAll('"account":"111122223333"', '"account":"***"') } },
  {
    name: "only in the tasks' own names",
    files: { masked: PLAIN.replaceAll(/("taskArn":"arn:aws:ecs:eu-west-1:)\d+/g, '$1XXXX') },
    never: /unreadable: [1-9]/,
  },
  { name: 'with the region', files: { masked: masked('***').replaceAll('eu-west-1:', '<region>:') } },
  { name: 'zeros alone, as emulators have them', files: { zeros: masked('000000000000') }, never: /masked/ },
  {
    name: 'with the tasks themselves',
    files: { masked: PLAIN.replaceAll(/"taskArn":"[^"]*"/g, '"taskArn":"***"') },
    code: 1,
    changes: 'none',
    says: [/^NOT PLAYED/, /its taskArn is "\*\*\*"; expected a task ARN/],
  },
]);

const half = Math.floor(LIFE.length / 2);
const [BEFORE, AFTER] = [ndjson(LIFE.slice(0, half)), ndjson(LIFE.slice(half))];
const ENCODINGS = kind('encodings', [
  { name: 'a file that PowerShell has added to', files: { capture: Buffer.concat([Buffer.from(BEFORE), utf16le(AFTER)]) } },
  {
    name: 'one that something else has added to again',
    files: { capture: Buffer.concat([utf16le(`\uFEFF${BEFORE}`), Buffer.from(AFTER)]) },
  },
  { name: 'two files of PowerShell in one', files: { capture: utf16le(`\uFEFF${BEFORE}\uFEFF${AFTER}`) } },
  {
    name: 'UTF-16 with a mark behind UTF-8 with one',
    files: { capture: Buffer.concat([Buffer.from(`\uFEFF${BEFORE}`), utf16le(`\uFEFF${AFTER}`)]) },
  },
  { name: 'UTF-16 without a mark', files: { capture: utf16le(PLAIN) } },
  { name: 'UTF-16 of the other byte order', files: { capture: utf16le(`\uFEFF${PLAIN}`).swap16() } },
  { name: 'the same without a mark', files: { capture: utf16le(PLAIN).swap16() } },
  { name: 'gzip of it, padded with zeros', files: { capture: Buffer.concat([gzipSync(utf16le(PLAIN)), Buffer.alloc(64)]) } },
  {
    name: 'one byte a character, with letters that are no UTF-8',
    files: { capture: Buffer.from(PLAIN.replaceAll('"version":"0"', '"version":"0","x":"Joué"'), 'latin1') },
  },
]);

const at = (time: unknown): string => ndjson(LIFE.map((event) => ({ ...event, time })));
const inDetail = (time: unknown): string =>
  ndjson(LIFE.map((event, index) => ({ ...event, time, detail: { ...DETAILS[index], updatedAt: time } })));
const TIMES = kind('times that cannot be', [
  { name: 'the zero of Go', files: { events: inDetail('0001-01-01T00:00:00Z') }, says: [/times cannot be .*left out/] },
  { name: 'the zero of Unix', files: { events: inDetail(0) }, says: [/times cannot be/] },
  { name: 'the end of days', files: { events: inDetail('9999-12-31T23:59:59Z') }, says: [/times cannot be/] },
  { name: 'words', files: { events: inDetail('yesterday') } },
  { name: 'nothing', files: { events: inDetail(null) }, never: /cannot be/ },
  { name: 'only beside the detail', files: { events: at('1969-12-31T23:59:59Z') } },
]);

const told = (rewrite: (ms: number) => unknown): JsonObject[] =>
  LIFE.map((event, index) => {
    const time = rewrite(Date.parse(String(DETAILS[index]?.['updatedAt'])));
    return { ...event, time, detail: { ...DETAILS[index], updatedAt: time } };
  });
const ORDERS = kind('newest first', [
  {
    name: 'with whole seconds since 1970',
    files: { events: JSON.stringify(told((ms) => Math.floor(ms / 1_000)).toReversed()) },
  },
  { name: 'with milliseconds since 1970', files: { events: ndjson(told((ms) => ms).toReversed()) } },
  { name: 'with numbers as text', files: { events: ndjson(told((ms) => String(ms / 1_000)).toReversed()) } },
  {
    name: 'with times of another zone',
    files: { events: ndjson(told((ms) => new Date(ms + 3_600_000).toISOString().replace('Z', '+01:00')).toReversed()) },
  },
  {
    name: 'with times without a zone, which are UTC',
    files: { events: ndjson(told((ms) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')).toReversed()) },
  },
  {
    name: 'as Logs Insights sorts',
    files: {
      csv: csv(['@timestamp', '@message'], cellOf)
        .split('\n')
        .filter((row) => row !== '')
        .toReversed()
        .toSorted((one, other) => Number(other.startsWith('@')) - Number(one.startsWith('@')))
        .join('\n'),
    },
  },
  {
    name: 'without any times',
    files: {
      events: ndjson(
        LIFE.toReversed().map(({ time, ...event }) => {
          const entries = Object.entries(event['detail'] ?? {}).filter(([key]) => !key.endsWith('At'));
          return { ...event, detail: Object.fromEntries(entries) };
        }),
      ),
    },
  },
]);

export const VALUES: readonly Input[] = [...CLUSTERS, ...MASKS, ...ENCODINGS, ...TIMES, ...ORDERS];
