import type { Files } from '../../scripts/tools/template/templates.ts';

/** A mistake that somebody could make: one line of one template, and the rule that has to notice. */
export interface Mistake {
  readonly name: string;
  readonly file: string;
  /** The edit is made at the first place of `find` after this text, so that the right resource is hit. */
  readonly after: string;
  readonly find: string;
  readonly put: string;
  /** The name of the rule that notices, or the beginning of it. */
  readonly caughtBy: string;
}

/** The templates with the mistake in them. */
export function plant({ name, file, after, find, put }: Mistake, files: Files): Files {
  const text = files[file] ?? '';
  const anchor = text.indexOf(after);
  const place = text.indexOf(find, anchor + after.length);
  if (anchor < 0 || place < 0)
    throw new Error(`"${name}" cannot be planted: ${file} has no ${JSON.stringify(find)} after ${JSON.stringify(after)}.`);
  if (find === put) throw new Error(`"${name}" changes nothing.`);
  return { ...files, [file]: text.slice(0, place) + put + text.slice(place + find.length) };
}
