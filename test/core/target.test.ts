import { describe, expect, it } from 'vitest';
import { descriptorFor, isDraining, targetOf } from '../../functions/core/target.ts';
import { at, ip, port, target } from '../support/values.ts';

describe('a target', () => {
  it('keeps the descriptor to the letter, and is compared in canonical spelling', () => {
    const descriptor = { id: '2001:DB8:0::1', port: port(8080), zone: 'eu-west-1a' };
    const read = targetOf(descriptor, 'unhealthy', 'Target.Timeout');
    expect(read).toEqual({ descriptor, address: at('2001:db8::1'), state: 'unhealthy', reason: 'Target.Timeout' });
    expect(read.descriptor).toBe(descriptor);
  });

  it('whose id is no address of an interface still has one key of its own', () => {
    expect(targetOf({ id: 'i-0123', port: port(80) }, 'healthy', undefined).address).toBe('i-0123:80');
  });

  it.each(['draining'])('is draining in state %s', (state) => {
    expect(isDraining(target('10.0.0.1', state))).toBe(true);
  });

  it.each(['initial', 'healthy', 'unhealthy', 'unhealthy.draining', 'unused', 'unavailable', ''])(
    'is registered in state "%s"',
    (state) => {
      expect(isDraining(target('10.0.0.1', state))).toBe(false);
    },
  );
});

describe('the descriptor of a new target', () => {
  it('leaves the zone to ELB, unless the line says otherwise', () => {
    expect(descriptorFor(ip('10.0.0.1'), port(8080), undefined)).toStrictEqual({ id: '10.0.0.1', port: 8080 });
  });

  it.each(['all', 'eu-west-1a'])('names the zone %s for an address outside the VPC', (zone) => {
    expect(descriptorFor(ip('10.0.0.1'), port(8080), zone)).toStrictEqual({ id: '10.0.0.1', port: 8080, zone });
  });
});
