/** Names short enough to read. The whole ARN stands where it is copied from: in commands, in `--json`, and in the note on a thing. */

const ID_CHARACTERS = 8;

/** The last eight characters of a task's id, which is all that tells two tasks apart. */
export function shortTask(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1).slice(-ID_CHARACTERS);
}

/**
 * ARNs by their names and task ids by their last eight digits. In full they stand in `--json` and in commands to paste, and where the
 * reader is to type one: `cluster=ARN` is asked for only where names are not enough.
 */
export function shortIds(text: string): string {
  return text
    .replaceAll(
      /(?<!cluster=)\barn:aws[\w-]*:[a-z]+:[a-z0-9-]*:(?:\d{12}|X{12})?:(?:(?:task|cluster|container-instance|service|targetgroup)\/)?([^\s,;]+)/g,
      '$1',
    )
    .replaceAll(/\b([\w-]+)\/[0-9a-f]{16}(?![0-9a-f])/g, '$1')
    .replaceAll(/\b[0-9a-f]{24}([0-9a-f]{8})\b/g, '…$1');
}
