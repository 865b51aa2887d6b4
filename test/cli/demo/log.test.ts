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

  it('returns what has been found for the first time, and keeps the last word of it', () => {
    const log: JsonObject[] = [{ message: 'pass', findings: [FINDING] }];
    const { recorder, reader } = reading(log);
    expect(reader.readOn().map(({ kind }) => kind)).toEqual(['foreign']);
    log.push({ message: 'pass', findings: [{ ...FINDING, message: 'Still there.', command: 'aws' }] });
    expect(reader.readOn()).toEqual([]);
    expect(recorder.findings).toEqual([{ ...FINDING, message: 'Still there.', command: 'aws' }]);
  });
});
