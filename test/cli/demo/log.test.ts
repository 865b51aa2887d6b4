import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../functions/core/json.ts';
import { LogReader } from '../../../scripts/cli/demo/log.ts';
import { Recorder } from '../../../scripts/cli/report/recorder.ts';
import { Deployment } from '../../../scripts/simulator/deployment.ts';

const CHANGE = {
  ...{
    message: 'change',
    timestamp: '2026-01-01T00:00:02.000Z',
    kind: 'deregister',
    targetGroup: 'web',
    ip: '10.0.0.5',
    port: 8080,
  },
  ...{ because: 'task is stopping', taskArn: 'arn', version: 4, lastStatus: 'RUNNING', desiredStatus: 'STOPPED' },
};
const FINDING = { kind: 'foreign', subject: '10.0.99.9:8080', message: 'Nobody has it.' };

function reading(...logs: JsonObject[][]) {
  const recorder = new Recorder(new Deployment().service);
  const runtimes = logs.map((log) => ({ log }));
  return { recorder, runtimes, reader: new LogReader(recorder, runtimes) };
}

describe('the log of the function', () => {
  it('tells of every change why it was made', () => {
    const { recorder, reader } = reading([CHANGE]);
    reader.readOn();
    expect(recorder.changes).toEqual([
      {
        ...{
          atMs: Date.UTC(2026, 0, 1, 0, 0, 2),
          kind: 'deregister',
          targetGroup: 'web',
          ip: '10.0.0.5',
          port: 8080,
          taskArn: 'arn',
        },
        because: 'task is stopping: ECS described it as RUNNING (desired STOPPED), version 4',
      },
    ]);
  });

  it('is read once, environment by environment, and changes are kept in the order of time', () => {
    const later = { ...CHANGE, timestamp: '2026-01-01T00:00:03.000Z', kind: 'register' };
    const { recorder, runtimes, reader } = reading([later]);
    reader.readOn();
    runtimes.push({ log: [CHANGE] });
    reader.readOn();
    reader.readOn();
    expect(recorder.changes.map(({ kind }) => kind)).toEqual(['deregister', 'register']);
  });

  const at = (seconds: number) => ({ timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString() });
  const pass = (seconds: number, findings: JsonObject[], more: JsonObject = {}): JsonObject => {
    return {
      message: 'pass',
      targetGroup: 'web',
      ...at(seconds),
      findings,
      findingCount: findings.length,
      failures: [],
      ...more,
    };
  };

  it('returns what has been found for the first time, and keeps the last word of it and its beginning', () => {
    const log = [pass(1, [FINDING])];
    const { recorder, reader } = reading(log);
    expect(reader.readOn().map(({ kind }) => kind)).toEqual(['foreign']);
    log.push(pass(2, [{ ...FINDING, message: 'Still there.', command: 'aws' }]));
    expect(reader.readOn()).toEqual([]);
    expect(recorder.findings).toEqual([{ ...FINDING, message: 'Still there.', command: 'aws', since: at(1).timestamp }]);
  });

  it('tells that a finding is over when who found it last finds it no more', () => {
    const { recorder, reader } = reading([pass(1, [FINDING]), pass(2, []), pass(3, [])]);
    reader.readOn();
    expect(recorder.findings.map(({ until }) => until)).toEqual([at(2).timestamp]);
  });

  it('takes a finding for open that is found again', () => {
    const { recorder, reader } = reading([pass(1, [FINDING]), pass(2, []), pass(3, [FINDING])]);
    reader.readOn();
    expect(recorder.findings.map(({ since, until }) => [since, until])).toEqual([[at(1).timestamp, undefined]]);
  });

  const open: readonly (readonly [string, ...JsonObject[][]])[] = [
    ['another environment does not find it', [pass(1, [FINDING])], [pass(2, [])]],
    ['another group has none', [pass(1, [FINDING]), pass(2, [], { targetGroup: 'api' })]],
    ['a read failed', [pass(1, [FINDING]), pass(2, [], { failures: ['denied'] })]],
    ['the list was cut', [pass(1, [FINDING]), pass(2, [], { findingCount: 51 })]],
  ];
  for (const [why, ...logs] of open) {
    it(`does not take a finding for over because ${why}`, () => {
      const { recorder, reader } = reading(...logs);
      reader.readOn();
      expect(recorder.findings.map(({ until }) => until)).toEqual([undefined]);
    });
  }
});
