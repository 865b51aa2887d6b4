import { describe, expect, it } from 'vitest';
import { Account, targetGroupArn } from '../../../scripts/simulator/account.ts';
import { Service } from '../../../scripts/simulator/api.ts';
import { VirtualClock } from '../../../scripts/simulator/clock.ts';
import { countWrites, shareOfRepeats } from './repeated-writes.ts';

describe('the count of writes', () => {
  it('takes a target for repeated that was already as the call would have it, and none that ELB refuses', () => {
    const service = new Service(new Account(new VirtualClock()));
    const group = service.account.elb.addGroup({ arn: targetGroupArn('web') });
    const counts = countWrites(service);
    const write = (name: 'RegisterTargets' | 'DeregisterTargets', ...ids: string[]): void => {
      service.perform(name, { TargetGroupArn: group.arn, Targets: ids.map((Id) => ({ Id, Port: 8080 })) });
    };
    write('RegisterTargets', '10.0.0.5', '10.0.0.6');
    expect(counts).toEqual({ targets: 2, repeated: 0 });
    write('RegisterTargets', '10.0.0.6', '10.0.0.7');
    expect(counts).toEqual({ targets: 4, repeated: 1 });
    write('DeregisterTargets', '10.0.0.5');
    write('DeregisterTargets', '10.0.0.5');
    // It drains by now: to register it again is a change.
    write('RegisterTargets', '10.0.0.5');
    expect(counts).toEqual({ targets: 7, repeated: 2 });
    expect(() => write('RegisterTargets', '203.0.113.7')).toThrow('not a valid private IP address');
    expect(shareOfRepeats(counts)).toBe('2 of 7, 28.6 %');
  });
});
