/** A value, or the problem that kept it away: how everything that can be refused or fail answers. */

export type Result<Value, Problem> = { readonly ok: true; readonly value: Value } | Refused<Problem>;

export interface Refused<Problem> {
  readonly ok: false;
  readonly problem: Problem;
}

export function ok<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

export function err<Problem>(problem: Problem): Refused<Problem> {
  return { ok: false, problem };
}

/** The values of those that have one. */
export function valuesOf<Value>(results: readonly Result<Value, unknown>[]): Value[] {
  return results.flatMap((result) => (result.ok ? [result.value] : []));
}

/** The problems of those that have one. */
export function problemsOf<Problem>(results: readonly Result<unknown, Problem>[]): Problem[] {
  return results.flatMap((result) => (result.ok ? [] : [result.problem]));
}
