import { describe, expect, it } from 'vitest';
import { Caller } from '../../functions/app/caller.ts';
import { readDrainFindings } from '../../functions/app/drain.ts';
import { FakeAws, fails, ok, START_MS } from '../support/ports.ts';
import { aGroup, groupArn } from '../support/values.ts';

function read(fake: FakeAws, definitions: readonly string[]) {
  return readDrainFindings(new Caller(fake.world, fake.clock, new Map(), START_MS + 60_000), aGroup(), definitions);
}

function slow() {
  return new FakeAws({
    DescribeTargetGroupAttributes: () => ok({ deregistrationDelaySeconds: 30 }),
    DescribeTaskDefinition: ({ definition }) => ok({ stopTimeoutSeconds: definition === 'app:1' ? 29 : 30 }),
  });
}

describe('drain settings', () => {
  it('are found where a container is killed before its target has drained', async () => {
    const fake = slow();
    const findings = await read(fake, ['app:2', 'app:1']);
    expect(findings).toEqual([expect.objectContaining({ kind: 'drain-time', subject: 'web' })]);
    expect(findings?.[0]?.message).toContain('Targets drain for 30 s, but a container of app:1 is killed 29 s');
    expect(fake.inputs('DescribeTargetGroupAttributes')).toEqual([{ group: groupArn() }]);
  });

  it('are asked for each definition once, in order, five of them at most, and no nameless one', async () => {
    const fake = slow();
    await read(fake, ['f:1', 'b:1', 'a:1', '', 'b:1', 'd:1', 'c:1', 'e:1']);
    expect(fake.inputs('DescribeTaskDefinition')).toEqual(
      ['a:1', 'b:1', 'c:1', 'd:1', 'e:1'].map((definition) => ({ definition })),
    );
  });

  it('are none of a group without tasks', async () => {
    expect(await read(slow(), [])).toEqual([]);
  });

  it('are unknown when the group cannot be read, and then nothing else is asked', async () => {
    const fake = new FakeAws({ DescribeTargetGroupAttributes: () => fails('denied') });
    expect(await read(fake, ['app:1'])).toBeUndefined();
    expect(fake.asked).toHaveLength(1);
  });

  it('are unknown when a definition cannot be read', async () => {
    const fake = new FakeAws({
      DescribeTargetGroupAttributes: () => ok({ deregistrationDelaySeconds: 30 }),
      DescribeTaskDefinition: () => fails('refused'),
    });
    expect(await read(fake, ['app:1', 'app:2'])).toBeUndefined();
    expect(fake.inputs('DescribeTaskDefinition')).toHaveLength(1);
  });

  it('name what could not be read by its own name', async () => {
    const fake = new FakeAws({ DescribeTargetGroupAttributes: () => fails('unavailable') });
    await read(fake, ['app:1']);
    expect(fake.times('DescribeTargetGroupAttributes')).toEqual([0, 250, 750]);
  });
});
