/** docs/conformance.md: what was asked, of whom, and what rests on documentation alone. */
import type { Check } from './check.ts';
import type { Ledger } from './ledger.ts';

/** Somebody else's AWS, with what it is known to get wrong. */
export interface Oracle {
  readonly name: string;
  readonly ledger: Ledger;
}

export function renderConformancePage(checks: readonly Check[], oracles: readonly Oracle[]): string {
  const confirmed = checks.filter(({ name }) => oracles.some(({ ledger }) => !Object.hasOwn(ledger, name)));
  const alone = checks.filter((check) => !confirmed.includes(check));
  return [
    ...INTRODUCTION,
    ...backends(checks, oracles),
    `${confirmed.length} of ${checks.length} checks (${percent(confirmed.length, checks.length)}) are confirmed by an emulator of somebody else; ${alone.length} rest on documentation alone.`,
    '',
    '## On documentation alone',
    '',
    'What only the simulated account does as AWS documents it. None of it was verified against AWS.',
    '',
    `| check | source | ${oracles.map(({ name }) => `why ${name} differs`).join(' | ')} |`,
    `| --- | --- | ${oracles.map(() => '---').join(' | ')} |`,
    ...alone.map(({ name, source }) => row(name, source, ...oracles.map(({ ledger }) => ledger[name] ?? ''))),
    '',
    '## Confirmed',
    '',
    '| check | source | by |',
    '| --- | --- | --- |',
    ...confirmed.map(({ name, source }) => row(name, source, confirming(name, oracles))),
    '',
  ].join('\n');
}

const INTRODUCTION = [
  '# What the simulated account is held to',
  '',
  '<!-- Written by `npm run tables`; a test compares. -->',
  '',
  'Demo, replay and most tests run against a simulated account, so what it answers has to be what AWS answers. Each check in',
  '[test/conformance](../test/conformance) states an expectation with its source, which is never an emulator, and is asked of every',
  'backend. A ledger lists what a backend is known to get wrong; one that fails unlisted, or passes though it is listed, is an error.',
  '',
  '`npm test` asks the simulated account, in process and over HTTP by the SDK for JavaScript. `npm run verify` asks it by botocore,',
  "whose models of AWS's APIs every answer is compared with, and asks moto and ministack. Any other emulator is asked by",
  '`npm run conformance -- --endpoint-url URL [--ledger FILE]`.',
  '',
];

function backends(checks: readonly Check[], oracles: readonly Oracle[]): string[] {
  const own = ['simulated account in process', 'over HTTP, asked by the SDK for JavaScript', 'over HTTP, asked by botocore'];
  return [
    '| backend | checks | passed | in the ledger |',
    '| --- | --- | --- | --- |',
    ...own.map((name) => row(name, checks.length, checks.length, 0)),
    ...oracles.map(({ name, ledger }) => {
      const listed = Object.keys(ledger).length;
      return row(name, checks.length, checks.length - listed, listed);
    }),
    '',
  ];
}

function confirming(name: string, oracles: readonly Oracle[]): string {
  return oracles
    .filter(({ ledger }) => !Object.hasOwn(ledger, name))
    .map((oracle) => oracle.name)
    .join(', ');
}

function row(...cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

function percent(part: number, whole: number): string {
  return `${Math.round((part / whole) * 100)} %`;
}
