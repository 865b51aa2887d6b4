import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Selector } from '../../../functions/core/binding.ts';
import { deregisterInstanceCommand, registerInstanceCommand } from '../../../functions/core/cloud-map/commands.ts';
import { parseTaskArn } from '../../../functions/core/values.ts';
import { holds } from '../../support/arbitraries.ts';
import { APP, look } from '../../support/looks.ts';
import { ip, runningTask, taskArn, unwrap } from '../../support/values.ts';

const SERVICE = look({});
const MANAGED = look({ isManaged: true });
const NIGHTLY: Selector = { ...APP, kind: 'family', name: 'nightly' };
const TASK = runningTask('t1', '10.0.0.1', { zone: 'eu-west-1a' });
const REGISTER = 'aws servicediscovery register-instance --service-id srv-mysql --instance-id t1 --attributes ';
const OF_CLUSTER = 'REGION=eu-west-1,ECS_CLUSTER_NAME=prod';

describe('the command that removes an instance', () => {
  it('names the service and the instance by their ids', () => {
    expect(deregisterInstanceCommand(SERVICE, 't1')).toBe(
      'aws servicediscovery deregister-instance --service-id srv-mysql --instance-id t1',
    );
  });
});

describe('the command that registers an instance', () => {
  it('writes what ECS writes, and no health', () => {
    expect(registerInstanceCommand(SERVICE, { selector: APP, port: 3306 }, { ...TASK, ipv6: ip('2001:db8::1') })).toBe(
      `${REGISTER}AWS_INSTANCE_IPV4=10.0.0.1,AWS_INSTANCE_IPV6=2001:db8::1,AWS_INSTANCE_PORT=3306,` +
        `AVAILABILITY_ZONE=eu-west-1a,${OF_CLUSTER},ECS_SERVICE_NAME=app,ECS_TASK_DEFINITION_FAMILY=app`,
    );
  });

  it('names no service for a task of a family', () => {
    expect(registerInstanceCommand(SERVICE, { selector: NIGHTLY, port: undefined }, { ...TASK, definition: 'nightly:3' })).toBe(
      `${REGISTER}AWS_INSTANCE_IPV4=10.0.0.1,AVAILABILITY_ZONE=eu-west-1a,${OF_CLUSTER},ECS_TASK_DEFINITION_FAMILY=nightly`,
    );
  });

  it('names the task by its id alone, in the short form of its ARN too', () => {
    const short = unwrap(parseTaskArn('arn:aws:ecs:eu-west-1:111122223333:task/t1'));
    for (const arn of [short, taskArn('t1')]) {
      expect(registerInstanceCommand(SERVICE, { selector: APP, port: undefined }, { ...TASK, arn })).toContain(
        ' --instance-id t1 ',
      );
    }
  });

  it('leaves out what is not known, and nothing else', () => {
    const known = fc.record({
      ipv4: fc.constantFrom(undefined, ip('10.0.0.1')),
      ipv6: fc.constantFrom(undefined, ip('2001:db8::1')),
      zone: fc.constantFrom(undefined, 'eu-west-1a'),
    });
    holds(
      fc.property(known, fc.constantFrom(undefined, 3306), (words, port) => {
        const command = registerInstanceCommand(SERVICE, { selector: APP, port }, { ...TASK, ...words });
        const written = new Map(
          command
            .slice(REGISTER.length)
            .split(',')
            .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
        );
        expect(written.get('AWS_INSTANCE_IPV4')).toBe(words.ipv4);
        expect(written.get('AWS_INSTANCE_IPV6')).toBe(words.ipv6);
        expect(written.get('AWS_INSTANCE_PORT')).toBe(port?.toString());
        expect(written.get('AVAILABILITY_ZONE')).toBe(words.zone);
        expect(command.endsWith(`${OF_CLUSTER},ECS_SERVICE_NAME=app,ECS_TASK_DEFINITION_FAMILY=app`)).toBe(true);
      }),
      50,
    );
  });

  it('is a new deployment where Service Connect keeps the instances: they name a deployment, which only ECS can do', () => {
    expect(registerInstanceCommand(MANAGED, { selector: APP, port: 3306 }, TASK)).toBe(
      'aws ecs update-service --cluster prod --service app --force-new-deployment',
    );
  });
});
