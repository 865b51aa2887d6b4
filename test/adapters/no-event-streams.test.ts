/** What stands in for event streams in the deployed bundle. */
import * as original from '@smithy/core/event-streams';
import { describe, expect, it } from 'vitest';
import * as replacement from '../../functions/adapters/no-event-streams.ts';

describe('the bundle without event streams', () => {
  it('gives a client a configuration as the package does, and refuses the stream itself', () => {
    const input = { region: 'eu-west-1', eventStreamSerdeProvider: replacement.eventStreamSerdeProvider };
    expect(replacement.resolveEventStreamSerdeConfig(input)).toBe(input);
    expect(input).toMatchObject({ region: 'eu-west-1', eventStreamMarshaller: null });
    expect(() => new replacement.EventStreamSerde()).toThrow('no event streams');
  });

  it('has no name that the package has not', () => {
    expect(Object.keys(original)).toEqual(expect.arrayContaining(Object.keys(replacement)));
  });
});
