import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LineContext, parseBinding, parseInstanceBinding } from '../../functions/core/binding.ts';
import { type ClusterArn, parseClusterArn } from '../../functions/core/values.ts';
import { holds } from '../support/arbitraries.ts';
import { clusterArn, aContext as context, HOME, lineOf, unwrap } from '../support/values.ts';

const PROD = clusterArn('prod');
const STAGING = clusterArn('staging');

/** The cluster that the line means. */
function clusterOf(text: string, words: Partial<LineContext>): ClusterArn | undefined {
  return lineOf(parseBinding(text, context(words), 'tag'))[0]?.selector.cluster;
}

function mistake(word: string, expected: string): unknown {
  return { ok: false, problem: { resource: 'the tag', word, expected } };
}

const CLUSTER = "cluster=prod, of the stack's parameter ClusterArns";

describe('the cluster of a line', () => {
  const SPOKE = '444455556666';
  const elsewhere = clusterArn('prod', { account: SPOKE });
  const line = 'service=app port=80';
  const open = { clusters: [] };

  it('may be named, by its name or by its ARN, where the parameter has it', () => {
    const several = { clusters: [PROD, STAGING] };
    expect(clusterOf(`cluster=staging ${line}`, several)).toBe(STAGING);
    expect(clusterOf(`cluster=${STAGING} ${line}`, several)).toBe(STAGING);
  });

  it.each(['dev', 'PROD', clusterArn('dev'), clusterArn('prod', { region: 'eu-west-2' })])(
    'is not %s, which it has not',
    (name) => {
      expect(parseBinding(`cluster=${name} ${line}`, context(), 'tag')).toEqual(mistake(`cluster=${name}`, CLUSTER));
    },
  );

  it('is not guessed where the parameter has two of one name: then its ARN says which', () => {
    const twins = { clusters: [PROD, clusterArn('prod', { region: 'eu-west-2' })] };
    const expected = "its ARN, of the stack's parameter ClusterArns";
    expect(parseBinding(`cluster=prod ${line}`, context(twins), 'tag')).toEqual(mistake('cluster=prod', expected));
    for (const arn of twins.clusters) expect(clusterOf(`cluster=${arn} ${line}`, twins)).toBe(arn);
  });

  it('may be any of the own account and region where the parameter names none', () => {
    expect(clusterOf(`cluster=dev ${line}`, open)).toBe(clusterArn('dev'));
    expect(clusterOf(`cluster=${PROD} ${line}`, open)).toBe(PROD);
    const farther = clusterArn('prod', { region: 'eu-west-2' });
    expect(clusterOf(`cluster=${farther} ${line}`, open)).toBe(farther);
  });

  it.each(['', 'a.b', 'x/y', `${PROD}/x`])('is not made of %j, even there', (name) => {
    const expected = 'the name or the ARN of a cluster';
    expect(parseBinding(`cluster=${name} ${line}`, context(open), 'tag')).toEqual(mistake(`cluster=${name}`, expected));
  });

  it('is known by its ARN alone where nobody knows the account: a tool that reads a line', () => {
    const nowhere = { clusters: [], home: undefined };
    expect(clusterOf(`cluster=${elsewhere} ${line}`, nowhere)).toBe(elsewhere);
    const expected = 'the name or the ARN of a cluster';
    expect(parseBinding(`cluster=prod ${line}`, context(nowhere), 'tag')).toEqual(mistake('cluster=prod', expected));
  });

  it.each([
    ['the parameter names', `cluster=${elsewhere} ${line}`, { clusters: [PROD, elsewhere] }],
    ['the line alone names', `cluster=${elsewhere} ${line}`, open],
    ['is the only one', line, { clusters: [elsewhere] }],
    ['alone has the service', line, { clusters: [PROD, elsewhere], clustersOf: new Map([['app', [elsewhere]]]) }],
  ])('of another account takes a role to read it, also one that %s', (_, text, words) => {
    const expected = "a cluster of account 111122223333, or the stack's parameter SpokeRoleName";
    expect(parseBinding(text, context(words), 'tag')).toEqual(mistake(`cluster=${elsewhere}`, expected));
    expect(clusterOf(text, { ...words, readsAccounts: true })).toBe(elsewhere);
    expect(clusterOf(text, { ...words, home: undefined })).toBe(elsewhere);
  });

  it('is never one of another partition: no role reaches there', () => {
    const far = unwrap(parseClusterArn('arn:aws-cn:ecs:cn-north-1:111122223333:cluster/prod'));
    const words = { clusters: [], readsAccounts: true };
    const expected = mistake(`cluster=${far}`, 'a cluster of partition aws');
    expect(parseBinding(`cluster=${far} ${line}`, context(words), 'tag')).toEqual(expected);
    expect(clusterOf(`cluster=${far} ${line}`, { ...words, home: { ...HOME, partition: 'aws-cn' } })).toBe(far);
  });

  describe('that is left out', () => {
    const two = { clusters: [], anyCluster: [PROD, STAGING] };

    it('is the only one that there is', () => {
      expect(clusterOf(line, {})).toBe(PROD);
      expect(clusterOf(line, { clusters: [], anyCluster: [STAGING] })).toBe(STAGING);
      expect(clusterOf('family=app port=80', { clusters: [], anyCluster: [STAGING] })).toBe(STAGING);
    });

    it('is the only one of several that has the service', () => {
      expect(clusterOf(line, { ...two, clustersOf: new Map([['app', [STAGING]]]) })).toBe(STAGING);
    });

    it.each([
      ['the clusters', { clusters: [], anyCluster: undefined }],
      ['which of them have the service', { ...two, clustersOf: new Map([['api', [PROD]]]) }],
    ])('leaves the line unread while nobody knows %s', (_, words) => {
      expect(parseBinding(line, context(words), 'tag')).toEqual({ ok: false, problem: 'unread' });
      expect(parseInstanceBinding('service=app', context(words))).toEqual({ ok: false, problem: 'unread' });
    });

    it.each([
      ['there is none', { clusters: [], anyCluster: [] }, 'service=app', 'a cluster'],
      [
        'none has the service',
        { ...two, clustersOf: new Map([['app', []]]) },
        'service=app',
        'a cluster that has it: cluster=prod or cluster=staging',
      ],
      [
        'two have it',
        { ...two, clustersOf: new Map([['app', [PROD, STAGING]]]) },
        'service=app',
        'cluster=prod or cluster=staging',
      ],
    ])('is a mistake where %s', (_, words, word, expected) => {
      expect(parseBinding(line, context(words), 'tag')).toEqual(mistake(word, expected));
    });

    it('has to be named for a family where there are several, since every cluster may run it', () => {
      const words = { ...two, clustersOf: new Map([['app', [PROD]]]) };
      const expected = 'cluster=prod or cluster=staging';
      expect(parseBinding('family=app port=80', context(words), 'tag')).toEqual(mistake('(no cluster=)', expected));
      expect(parseBinding('family=app port=80', context({ clusters: [], anyCluster: [] }), 'tag')).toEqual(
        mistake('(no cluster=)', 'a cluster'),
      );
    });
  });

  it('that a mistake proposes can be written as it stands, whichever names the clusters have', () => {
    const all = ['prod', 'test', 'far'].flatMap((name) =>
      ['111122223333', '444455556666'].map((account) => clusterArn(name, { account })),
    );
    holds(
      fc.property(fc.subarray(all, { minLength: 2 }), (clusters) => {
        const words = context({
          clusters,
          anyCluster: clusters,
          clustersOf: new Map([['app', clusters]]),
          readsAccounts: true,
        });
        const read = parseBinding(line, words, 'tag');
        if (read.ok || read.problem === 'unread') throw new Error('Several clusters have the service.');
        const proposed = read.problem.expected.split(' or ');
        expect(proposed.map((word) => clusterOf(`${word} ${line}`, words))).toEqual(clusters);
      }),
    );
  });

  it('is none beyond the parameter, and none of another account without a role, whatever the line', () => {
    const all = [PROD, STAGING, clusterArn('prod', { account: '444455556666' }), clusterArn('far', { region: 'us-east-1' })];
    const named = fc.constantFrom('', ...['prod', 'staging', 'far', ...all].map((name) => `cluster=${name} `));
    const subset = fc.subarray(all);
    const readsAccounts = fc.boolean();
    holds(
      fc.property(named, subset, subset, subset, readsAccounts, (text, clusters, found, having, reads) => {
        const anyCluster = clusters.length > 0 ? clusters : found;
        const clustersOf = new Map([['app', having.filter((each) => anyCluster.includes(each))]]);
        const words = context({ clusters, anyCluster, clustersOf, readsAccounts: reads });
        const line = parseBinding(`${text}service=app port=80`, words, 'tag');
        if (!line.ok) return;
        for (const { selector } of line.value) {
          expect(clusters.length === 0 || clusters.includes(selector.cluster)).toBe(true);
          expect(reads || selector.cluster.includes(':111122223333:')).toBe(true);
        }
      }),
      1_000,
    );
  });
});
