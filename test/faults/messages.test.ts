/** Messages that are no events, events of somebody else, forged ones, and ones that carry secrets. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { adoptDetail } from '../../scripts/simulator/adopt.ts';
import { fault } from '../support/faults.ts';
import { APP_LINE, keyOfTask, type Play } from '../support/simulations.ts';

const CANARY = 'hunter2-canary';

/** An SQS batch of these bodies. */
function batchOf(bodies: readonly unknown[]): JsonObject {
  return { Records: bodies.map((body, index) => ({ messageId: `m${index}`, body })) };
}

/** One task that runs and is told of, in the midst of bad company, in one batch. Returns the answer. */
async function serveAmong(play: Play, bodies: readonly string[]): Promise<unknown> {
  const events = play.keepEvents();
  play.deployment.start(1);
  await play.deployment.pass(100);
  const good = JSON.stringify(events[0]);
  return play.deployment.invoke(batchOf([...bodies.slice(0, 3), good, ...bodies.slice(3)]));
}

fault('F06', async (play) => {
  const bodies = [
    `{"password":"${CANARY}"`,
    '',
    `\u0000\u0001\u0002${CANARY}`,
    `\uFEFF{"source":"${CANARY}"}`,
    `{"source":"aws.ecs","detail-type":"ECS Task State Change\u0000","detail":"${CANARY}"}`,
    '\uD800'.repeat(100),
    `"${'x'.repeat(1_048_576)}${CANARY}"`,
    `{"source":"aws.ecs","detail-type":"ECS Task State Change","detail":{"lastStatus":"RUNNING","taskArn":"${CANARY.repeat(70_000)}"}}`,
  ];
  expect(await serveAmong(play, bodies)).toEqual({ batchItemFailures: [] });
  expect(play.setAside).toHaveLength(bodies.length);
  expect(play.deployment.registered).toHaveLength(1);
  const longest = Math.max(...play.setAside.map((because) => because.length));
  expect(longest).toBeLessThan(300);
  expect(play.told).not.toContain('x'.repeat(100));
  expect(play.setAside.slice(0, 4).join()).not.toContain(CANARY);
  return `${bodies.length} set aside, the longest reason ${longest} characters`;
});

fault('F07', async (play) => {
  const event = '"source":"aws.ecs","detail-type":"ECS Task State Change"';
  const polluting = ['__proto__', 'constructor', 'prototype'].map(
    (key) => `{${event},"${key}":{"polluted":true},"detail":{"${key}":{"polluted":true,"lastStatus":"RUNNING"}}}`,
  );
  const bodies = [
    ...polluting,
    '['.repeat(10_000),
    `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
    `{${event},"detail":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`,
    `{${event},"detail":{"lastStatus":"RUNNING","taskArn":${'['.repeat(10_000)}${']'.repeat(10_000)}}}`,
    `{"source":"aws.ecs",${event},"detail":{},"detail":{"lastStatus":"PENDING"}}`,
  ];
  expect(await serveAmong(play, bodies)).toEqual({ batchItemFailures: [] });
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect('polluted' in {}).toBe(false);
  expect(play.setAside).toHaveLength(bodies.length);
  expect(play.deployment.registered).toHaveLength(1);
  // Nothing of a message outlives it but a short reason.
  expect(JSON.stringify(play.setAside).length).toBeLessThan(bodies.length * 200);
  return `${bodies.length} set aside, ${JSON.stringify(play.setAside).length} characters kept of them`;
});

fault('F08', async (play) => {
  const { deployment } = play;
  const events = play.keepEvents();
  deployment.start(1);
  await deployment.pass(100);
  const [event] = events;
  if (event === undefined) throw new Error('The started task has told nothing.');
  const other = (text: string, by: string): unknown => JSON.parse(JSON.stringify(event).replaceAll(text, by));
  const wrong = [
    other('111122223333', '999988887777'),
    other('eu-west-1', 'us-east-1'),
    other(':cluster/prod', ':cluster/test'),
    { ...event, account: '999988887777' },
    { ...event, region: 'us-east-1' },
    { ...event, source: 'aws.ec2' },
    { ...event, 'detail-type': 'ECS Deployment State Change' },
    { ...event, detail: { ...event.detail, group: 'service:other' } },
  ];
  expect(await deployment.invoke(batchOf(wrong.map((each) => JSON.stringify(each))))).toEqual({ batchItemFailures: [] });
  expect(play.setAside).toHaveLength(wrong.length);
  expect(deployment.calls).toBe(0);
  return `${deployment.calls} calls, ${play.setAside.length} of ${wrong.length} counted`;
});

fault(
  'F09',
  async (play) => {
    const { deployment } = play;
    const file = new URL('../fixtures/events/new-unknown-fields.json', import.meta.url);
    const event: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!isObject(event) || !isObject(event['detail'])) throw new Error(`${file.pathname} is not an event.`);
    const { detail } = event;
    const arn = String(detail['taskArn']);
    const variants = [
      detail,
      { ...detail, taskArn: arn.replace(':task/prod/5', ':task/6'), lastStatus: 'RUNNING' },
      { ...detail, taskArn: arn.replace('prod/5', 'prod/7'), lastStatus: 'HIBERNATING' },
      { ...detail, taskArn: arn.replace('prod/5', 'prod/8'), desiredStatus: 'STOPPED', lastStatus: 'HIBERNATING' },
    ].map((each, index) => JSON.parse(JSON.stringify(each).replaceAll('10.20.3.24', `10.0.3.${24 + index}`)));
    for (const variant of variants) adoptDetail(deployment.account, variant);
    deployment.group.targets.clear();
    deployment.account.elb.register(deployment.group, [{ id: '10.0.3.27', port: 8080, zone: undefined }]);
    play.recordRegistered(`10.0.3.27:8080 ${arn.replace('prod/5', 'prod/8')}`);
    // What ELB has just begun to check may be another writer's.
    await deployment.pass(15_000);
    const answer = await deployment.invoke(batchOf(variants.map((each) => JSON.stringify({ ...event, detail: each }))));
    expect(answer).toEqual({ batchItemFailures: [] });
    await deployment.pass(20_000);
    // The running ones, by long and by short ARN, are in; an unknown status is neither running nor proof that the interface is kept.
    expect(deployment.registered).toEqual(['10.0.3.24:8080', '10.0.3.25:8080']);
    return `${deployment.registered.length} of 4 registered`;
  },
  {
    settings: { binding: 'target-group=web service=checkout port=8080' },
    lines: [{ ...APP_LINE, name: 'checkout' }],
  },
);

fault('F44', async (play) => {
  const { deployment } = play;
  const overrides = { containerOverrides: [{ name: 'app', environment: [{ name: 'DB_PASSWORD', value: CANARY }] }] };
  deployment.deliver = (event) => {
    const secret = {
      ...event,
      detail: { ...event.detail, overrides, stoppedReason: CANARY, containers: [{ reason: CANARY }] },
    };
    play.send(secret, JSON.stringify(secret).slice(0, -3), { ...secret, source: 'aws.other' });
  };
  const [task] = deployment.start(2);
  await deployment.pass(3_000);
  play.stop(task);
  await deployment.pass(20_000);
  await deployment.invoke({ check: true });
  expect(play.isInStep).toBe(true);
  expect(play.setAside.length).toBeGreaterThan(0);
  expect(play.told).not.toContain(CANARY);
  expect(play.told.length).toBeGreaterThan(1_000);
  return `0 of ${play.told.split('"taskArn"').length + play.told.split('"task"').length - 2} mentions of tasks with a secret`;
});

fault('F45', async (play) => {
  const { deployment } = play;
  const events = play.keepEvents();
  const [live, dead] = deployment.start(2);
  await deployment.pass(100);
  play.stop(dead);
  await deployment.pass(3_000);
  await deployment.schedule();
  expect(deployment.registered).toEqual([keyOfTask(live)]);
  const [ofLive, ofDead] = events.filter(({ detail }) => detail.lastStatus === 'RUNNING' && detail.desiredStatus === 'RUNNING');
  const before = { writes: play.writes, calls: deployment.calls };
  const forged = (event: typeof ofLive, words: JsonObject): unknown => ({ ...event, detail: { ...event?.detail, ...words } });
  play.send(
    forged(ofLive, { desiredStatus: 'STOPPED', lastStatus: 'STOPPED', version: 9e15 }),
    forged(ofDead, { desiredStatus: 'RUNNING', lastStatus: 'RUNNING', version: 9e15 }),
    forged(ofLive, { taskArn: `${live?.arn.slice(0, -1)}f`, version: 3 }),
    forged(ofLive, {
      group: 'service:app',
      version: 1,
      attachments: [{ type: 'eni', details: [{ name: 'privateIPv4Address', value: '10.0.66.66' }] }],
    }),
  );
  await deployment.pass(30_000);
  expect(play.writes).toBe(before.writes);
  expect(deployment.registered).toEqual([keyOfTask(live)]);
  return `${play.writes - before.writes} writes, ${deployment.calls - before.calls} reads`;
});
