/** The stretches of time that a lane is made of. */
import type { Life, Tenure } from './tenure.ts';
import type { ChangeMark, TargetSpan } from './timeline.ts';

/** In the order in which they are painted: what matters most lies on top. */
export const STRETCH_KINDS = [
  'pending',
  'running',
  'stopping',
  'registered',
  'draining',
  /** Running, and not yet in the target group, for no longer than registrations take. */
  'waiting',
  /** Running, and not in a target group that it belongs in, for longer than that, or once more. */
  'missing',
  /** Registered after the end of the task, or for a task of another group that held the address before. */
  'stale',
] as const;

/** A registration that takes longer is slow: it is counted, shown in red, and its task stands first. */
export const SLOW_MS = 5_000;

export type StretchKind = (typeof STRETCH_KINDS)[number];

export interface Stretch {
  readonly kind: StretchKind;
  readonly fromMs: number;
  /** Past the end of the timeline, or infinite, where it lasts on. */
  readonly toMs: number;
  /** Undefined for the life of the task itself. */
  readonly targetGroup: string | undefined;
  /** Undefined where there is no target, as in `waiting` and `missing`. */
  readonly told: ToldSpan | undefined;
}

/** A span with the changes that began and ended it, as far as they are known. */
export interface ToldSpan {
  readonly span: TargetSpan;
  readonly registered: ChangeMark | undefined;
  readonly deregistered: ChangeMark | undefined;
}

/** A piece of a span, and who held the address then; nobody that is known, where it is somebody else's target. */
export interface HeldStretch {
  readonly stretch: Stretch;
  readonly holder: Tenure | undefined;
}

const NEVER = Number.POSITIVE_INFINITY;

export function lifeStretches(life: Life): Stretch[] {
  const { startMs, runningMs, stoppingMs, endMs } = life;
  return [
    stretchOf('pending', startMs, Math.min(runningMs, stoppingMs, endMs)),
    stretchOf('running', runningMs, Math.min(stoppingMs, endMs)),
    stretchOf('stopping', Math.max(stoppingMs, startMs), endMs),
  ].filter(isSome);
}

/** Cuts the span where the address changes hands, where its holder ends, and where draining begins. */
export function spanStretches(
  told: ToldSpan,
  tenures: readonly Tenure[],
  groupOf: (arn: string) => string | undefined,
): HeldStretch[] {
  const { fromMs, deregisteredMs = NEVER, goneMs = NEVER, targetGroup } = told.span;
  const registrant = told.registered === undefined ? undefined : groupOf(told.registered.taskArn);
  return holdersFrom(tenures).flatMap(({ holder, fromMs: heldMs, untilMs }) => {
    const cut = (kind: StretchKind, startMs: number, stopMs: number): Stretch =>
      stretchOf(kind, Math.max(startMs, heldMs), Math.min(stopMs, untilMs), targetGroup, told);
    const isAnothers = holder !== undefined && registrant !== undefined && registrant !== holder.task.group;
    const endMs = holder?.life.endMs ?? NEVER;
    return [
      cut(isAnothers ? 'stale' : 'registered', fromMs, Math.min(deregisteredMs, endMs)),
      cut('stale', Math.max(fromMs, endMs), deregisteredMs),
      cut('draining', deregisteredMs, goneMs),
    ]
      .filter(isSome)
      .map((stretch) => ({ stretch, holder }));
  });
}

/** When the task was running and not registered in this target group, up to the end of what is known. */
export function missingStretches(
  life: Life,
  targetGroup: string,
  { registered, knownMs }: { readonly registered: readonly Stretch[]; readonly knownMs: number },
): Stretch[] {
  const covered = registered
    .filter((stretch) => stretch.kind === 'registered' && stretch.targetGroup === targetGroup)
    .toSorted((one, other) => one.fromMs - other.fromMs);
  const untilMs = Math.min(life.stoppingMs, life.endMs);
  const gapOf = (fromMs: number, toMs: number): Stretch => {
    const isFirst = fromMs === life.runningMs;
    const isShort = Math.min(toMs, knownMs) - fromMs <= SLOW_MS;
    return stretchOf(isFirst && isShort ? 'waiting' : 'missing', fromMs, toMs, targetGroup);
  };
  const gaps: Stretch[] = [];
  let openMs = life.runningMs;
  for (const { fromMs, toMs } of covered) {
    gaps.push(gapOf(openMs, Math.min(fromMs, untilMs)));
    openMs = Math.max(openMs, toMs);
  }
  return [...gaps, gapOf(openMs, untilMs)].filter(isSome);
}

/** The holders without a gap: before the first one nobody is known. */
function holdersFrom(tenures: readonly Tenure[]): { holder: Tenure | undefined; fromMs: number; untilMs: number }[] {
  const nobody = { holder: undefined, fromMs: Number.NEGATIVE_INFINITY, untilMs: tenures[0]?.fromMs ?? NEVER };
  return [nobody, ...tenures.map((holder) => ({ holder, fromMs: holder.fromMs, untilMs: holder.untilMs }))];
}

function stretchOf(kind: StretchKind, fromMs: number, toMs: number, targetGroup?: string, told?: ToldSpan): Stretch {
  return { kind, fromMs, toMs, targetGroup, told };
}

function isSome({ fromMs, toMs }: Stretch): boolean {
  return fromMs < toMs;
}
