/** Which target groups a replay has: one for each feeder of the capture, or those that lines name. */

import { describe, expect, it } from 'vitest';
import { linesOfParameter, type Settings } from '../../../functions/core/binding-sources.ts';
import { NO_COPIES, scopeOf } from '../../../functions/core/configuration.ts';
import { arnParts } from '../../../functions/core/values.ts';
import { clustersOf, settingsFor } from '../../../scripts/cli/replay/bindings.ts';

const PROD = 'arn:aws:ecs:eu-west-1:111122223333:cluster/prod';
const TEST = 'arn:aws-cn:ecs:cn-north-1:444455556666:cluster/test';
const DEFINITION = 'arn:aws:ecs:eu-west-1:111122223333:task-definition/report:12';

function lines(settings: Settings): string[] {
  const { bindings, mistakes } = linesOfParameter(scopeOf(settings, NO_COPIES));
  expect(mistakes).toEqual([]);
  return bindings.map(({ group, binding: { selector, port } }) => {
    return `${arnParts(group).name} <- ${arnParts(selector.cluster).name} ${selector.kind}=${selector.name} ${port}`;
  });
}

describe('the target groups of a replay', () => {
  it('are one for each service and for each family that no service started', () => {
    const details = [
      { clusterArn: PROD, group: 'service:web', taskDefinitionArn: DEFINITION },
      { clusterArn: PROD, group: 'service:web', taskDefinitionArn: DEFINITION },
      { clusterArn: PROD, group: 'family:report', taskDefinitionArn: DEFINITION },
      { clusterArn: PROD, group: 'my-own', taskDefinitionArn: DEFINITION },
      { clusterArn: PROD },
    ];
    expect(lines(settingsFor(details, [], 9090))).toEqual([
      'report <- prod family=report 9090',
      'web <- prod service=web 9090',
    ]);
  });

  it('are in the partition, account and region of their cluster', () => {
    const { targetGroups } = settingsFor([{ clusterArn: TEST, group: 'service:web' }], [], 80);
    expect(targetGroups[0]).toMatch(/^arn:aws-cn:elasticloadbalancing:cn-north-1:444455556666:targetgroup\/web\//);
  });

  it('have names of their own where services of two clusters share one, or theirs are too long or of other letters', () => {
    const long = 'a_very_long_service_name_that_has_more_than_32_letters';
    const details = [
      { clusterArn: PROD, group: 'service:web' },
      { clusterArn: TEST, group: 'service:web' },
      { clusterArn: PROD, group: `service:${long}` },
      { clusterArn: PROD, group: `service:${long}2` },
    ];
    const told = lines(settingsFor(details, [], 80));
    const names = told.map((line) => line.split(' ')[0] ?? '');
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9-]{1,32}$/);
    expect(told).toContain(`${names.find((name) => name.startsWith('a-very'))} <- prod service=${long} 80`);
  });

  it('are those of the lines where lines are given, each with its name or the one name', () => {
    const details = [{ clusterArn: PROD, group: 'service:web' }];
    const binds = ['target-group=one service=web port=80', 'target-group=two family=report port=81'];
    expect(lines(settingsFor(details, binds, 9090))).toEqual(['one <- prod service=web 80', 'two <- prod family=report 81']);
    expect(lines(settingsFor(details, ['service=web port=80'], 9090))).toEqual(['replay <- prod service=web 80']);
  });

  it('are none where no cluster can be read', () => {
    for (const binds of [[], ['service=web port=80']]) {
      const settings = settingsFor([{ clusterArn: 'masked', group: 'service:web' }, undefined, 7], binds, 80);
      expect([settings.clusters, settings.targetGroups]).toEqual([[], []]);
    }
  });

  it('belong to the clusters that the events name', () => {
    expect(clustersOf([{ detail: { clusterArn: TEST } }, { detail: { clusterArn: PROD } }, { detail: {} }, 1])).toEqual([
      TEST,
      PROD,
    ]);
  });
});
