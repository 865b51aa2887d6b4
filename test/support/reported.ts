/** Passes and findings that the function reports, and the lines that it writes for them. */
import { afterEach, beforeEach, expect, vi } from 'vitest';
import type { ReadConfiguration } from '../../functions/app/read-configuration.ts';
import { type BoundGroup, NO_COPIES } from '../../functions/core/configuration.ts';
import type { Failure } from '../../functions/core/failure.ts';
import type { Finding } from '../../functions/core/finding.ts';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { NOTHING_OPEN } from '../../functions/core/next-pass.ts';
import type { Change, Proof } from '../../functions/core/plan.ts';
import { NOTHING_WRITTEN, type Pass } from '../../functions/core/report.ts';
import { addressOf } from '../../functions/core/values.ts';
import { GROUP, port, taskArn } from './sdk.ts';
import { binding } from './values.ts';

export const NOW_MS = 1_772_366_400_000;

/** What the process has written in this test. */
export interface Written {
  readonly lines: readonly JsonObject[];
  /** The lines of the log with this message. */
  records(message: string): JsonObject[];
  /** The lines that are metrics. */
  metrics(): JsonObject[];
}

/** Catches what the process writes in each test of the file. */
export function useLines(): Written {
  const lines: JsonObject[] = [];
  beforeEach(() => {
    lines.length = 0;
    const keep = (text: unknown): boolean => {
      // Each write has to be one whole line, or the log service would cut a record into pieces.
      expect(text).toMatch(/^[^\n]+\n$/);
      const line: unknown = JSON.parse(String(text));
      if (isObject(line)) lines.push(line);
      return true;
    };
    vi.spyOn(process.stdout, 'write').mockImplementation(keep);
    vi.spyOn(process.stderr, 'write').mockImplementation(keep);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  return {
    lines,
    records: (message) => lines.filter((line) => line['message'] === message),
    metrics: () => lines.filter((line) => '_aws' in line),
  };
}

export const BOUND: BoundGroup = {
  group: { arn: GROUP, name: 'web', family: 'ipv4', protocol: 'HTTP', unhealthyAfterMs: 95_000 },
  bindings: [],
  bindingsReadAtMs: undefined,
};

export function change(kind: Change['kind'], number: number): Change {
  const id = `10.0.1.${number}`;
  const because: Proof = {
    rule: kind === 'register' ? 'task is running' : 'task is stopping',
    task: taskArn(number),
    version: 4,
    last: 'RUNNING',
    desired: kind === 'register' ? 'RUNNING' : 'STOPPED',
    describedAtMs: NOW_MS - 250,
    binding: 'service=app port=8080',
  };
  const descriptor = { id, port: port(8080) };
  const base = {
    address: addressOf(id, 8080),
    descriptor,
    because,
    binding: binding('service=app port=8080'),
    sinceMs: undefined,
  };
  return kind === 'register'
    ? { ...base, kind, draining: false, taskZone: undefined }
    : { ...base, kind, endedAtMs: undefined, state: 'healthy' };
}

export const NOTHING: Pass = {
  group: BOUND.group,
  trigger: 'messages',
  startedAtMs: NOW_MS - 400,
  endedAtMs: NOW_MS,
  hints: 3,
  snapshot: undefined,
  planned: [],
  written: NOTHING_WRITTEN,
  held: [],
  findings: [],
  failures: [],
  behind: [],
  open: NOTHING_OPEN,
};

export function failure(kind: Failure['kind']): Failure {
  return { kind, operation: 'ListTasks', resource: 'service=app', message: 'ThrottlingException: Rate exceeded' };
}

export const STALE: Finding = { kind: 'stale', subject: 'i-1', message: 'Its task has stopped.', sinceMs: NOW_MS - 90_000 };
export const FOREIGN: Finding = {
  kind: 'foreign',
  subject: '10.0.1.9:8080',
  message: 'Somebody else.',
  sinceMs: NOW_MS - 90_000,
};

/** A pass in which everything happened at once. */
export const BUSY: Pass = {
  ...NOTHING,
  written: {
    done: [change('register', 1), change('register', 2), change('deregister', 3)],
    refused: [{ change: change('register', 4), failure: failure('refused') }],
    failures: [],
    aged: [],
  },
  held: [
    { change: change('deregister', 5), because: 'a read failed' },
    { change: change('deregister', 6), because: 'contested' },
  ],
  findings: [FOREIGN],
  failures: [failure('throttled')],
};

export function reading(findings: readonly Finding[], failures: readonly Failure[]): ReadConfiguration {
  const configuration = { groups: [BOUND], unread: [GROUP], cloudMapServices: [], findings, isUndiscovered: false };
  return { configuration, failures, copies: NO_COPIES, groupsReadAtMs: NOW_MS, readAtMs: NOW_MS };
}
