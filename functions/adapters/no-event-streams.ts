/**
 * No event streams: the function calls no operation that has one, and CloudWatch Logs' client loads them for its live tail alone.
 * template.yaml aliases `@smithy/core/event-streams` to this file, which saves 20 kB of the bundle. Each export stands in for the
 * package's export of the same name.
 */

export function eventStreamSerdeProvider(): null {
  return null;
}

export function resolveEventStreamSerdeConfig<Input extends object>(
  input: Input,
): Input & { readonly eventStreamMarshaller: null } {
  return Object.assign(input, { eventStreamMarshaller: null });
}

export class EventStreamSerde {
  constructor() {
    throw new Error(
      'This bundle has no event streams. Call the operation from the sources, or take the alias out of template.yaml.',
    );
  }
}
