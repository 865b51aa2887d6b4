/** An input that people bring: what is typed, what is in the files, and what has to come out. */

export interface Input {
  readonly kind: string;
  readonly name: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly args?: readonly string[];
  readonly code: number;
  /** `life`: the same changes as of the plain capture, in each of so many groups; `running`: both tasks are registered. */
  readonly changes: 'life' | 'running' | 'none';
  readonly groups?: number;
  /** What the text says. */
  readonly says?: readonly RegExp[];
  readonly never?: RegExp;
}

/** Rows of one kind: those that give the changes of the plain capture, unless they say otherwise. */
export function kind(name: string, rows: readonly (Partial<Input> & Pick<Input, 'name' | 'files'>)[]): Input[] {
  return rows.map((row) => ({ code: 0, changes: 'life', ...row, kind: name }));
}
