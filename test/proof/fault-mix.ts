/** Which faults a seed has, and how strong: a swarm, so that some seeds have one fault alone and some have all of them. */
import { Random } from '../../scripts/simulator/random.ts';

/** The classes of the first scenarios. Kept apart: their draws must not shift when a class is added. */
export const FIRST_CLASSES = [
  'duplicates',
  'delays',
  'losses',
  'lag',
  'throttling',
  'errors',
  'hangs',
  'lost answers',
  'kills',
  'freezes',
  'cold starts',
  'crashes',
  'quick re-use',
  'refused while draining',
  'small quota',
  'poison targets',
  'person',
  'second stack',
  'native writer',
  'sole owner',
  'rebinding',
  'unreadable tags',
  'service gone',
  'forged hints',
  'mangled messages',
] as const;
const LATER_CLASSES = [
  'short pages',
  'sick tasks',
  'torn reads',
  'forged versions',
  'side by side',
  'outage',
  'one call dead',
  'cloud map',
  'native neighbor',
  'hand-registered',
] as const;
/** Calls without which much still has to go on. */
const MORTAL_CALLS = [
  'DescribeTargetGroups',
  'DescribeTags',
  'DescribeServices',
  'DescribeTargetHealth',
  'ListTasks',
  'DescribeTasks',
  'RegisterTargets',
  'DeregisterTargets',
] as const;
export const FAULT_CLASSES = [...FIRST_CLASSES, ...LATER_CLASSES] as const;
export type FaultClass = (typeof FAULT_CLASSES)[number];

/** Everything that a seed decides. A class that is left out has the strength of no fault. */
export interface FaultMix {
  readonly seed: number;
  readonly classes: ReadonlySet<FaultClass>;
  readonly churnMs: number;
  readonly duplicateP: number;
  readonly delayMaxMs: number;
  readonly lossP: number;
  readonly lagMaxMs: number;
  readonly throttleP: number;
  readonly errorP: number;
  readonly hangP: number;
  readonly lostAnswerP: number;
  readonly killP: number;
  readonly freezeP: number;
  readonly coldStartP: number;
  readonly crashP: number;
  readonly reuseAfterMs: number;
  readonly quota: number;
  readonly poisonP: number;
  readonly pageMax: number;
  /** The call that is throttled each time it is made, as long as the faults last. */
  readonly deadCall: string | undefined;
  /** From when to when every call fails and no event arrives, in milliseconds after the beginning. */
  readonly outage: { readonly fromMs: number; readonly toMs: number };
  readonly boundBy: 'parameter' | 'tags';
  readonly withFamily: boolean;
  readonly withSecondGroup: boolean;
  readonly initialTasks: number;
  readonly drainDelaySeconds: number;
  /** The least that a container takes to stop once it is told to. */
  readonly stoppingMinMs: number;
}

export interface FaultMixOptions {
  /** Classes that this run may have; all by default. */
  readonly allowed?: ReadonlySet<FaultClass> | undefined;
  /** Classes that this run has beside those that it draws. */
  readonly also?: readonly FaultClass[] | undefined;
  readonly churnMs?: number | undefined;
  /** Overrides for a cell of a table, such as "reads 3 s behind". */
  readonly fixed?: Partial<FaultMix> | undefined;
}

/** How many milliseconds a run churns, if nothing shorter is asked for. */
export const CHURN_MS = 150_000;

/** Draws the mix of a seed. Each class draws from a generator of its own, so that leaving one out changes no other. */
export function drawFaultMix(seed: number, options: FaultMixOptions = {}): FaultMix {
  const random = new Random(seed);
  const own = new Map<FaultClass, Random>();
  const classes = new Set([...drawClasses(seed, random, own, options.allowed), ...(options.also ?? [])]);
  for (const each of FIRST_CLASSES) own.set(each, random.fork());
  const basics = random.fork();
  const strength = <Value>(name: FaultClass, none: Value, draw: (own: Random) => Value): Value => {
    const generator = own.get(name);
    return classes.has(name) && generator !== undefined ? draw(generator) : none;
  };
  const { churnMs = CHURN_MS } = options;
  return {
    seed,
    classes,
    churnMs,
    duplicateP: strength('duplicates', 0, (r) => r.pick([0.1, 0.3, 0.9])),
    delayMaxMs: strength('delays', 300, (r) => r.pick([2_000, 20_000, 120_000])),
    lossP: strength('losses', 0, (r) => r.pick([0.05, 0.3, 1])),
    lagMaxMs: strength('lag', 0, (r) => r.pick([300, 1_000, 3_000])),
    throttleP: strength('throttling', 0, (r) => r.pick([0.05, 0.3, 0.7])),
    errorP: strength('errors', 0, (r) => r.pick([0.02, 0.1, 0.4])),
    hangP: strength('hangs', 0, (r) => r.pick([0.01, 0.05])),
    lostAnswerP: strength('lost answers', 0, (r) => r.pick([0.02, 0.1])),
    killP: strength('kills', 0, (r) => r.pick([0.005, 0.03])),
    freezeP: strength('freezes', 0, (r) => r.pick([0.01, 0.05])),
    coldStartP: strength('cold starts', 0, (r) => r.pick([0.1, 0.5])),
    crashP: strength('crashes', 0, (r) => r.pick([0.2, 0.7])),
    reuseAfterMs: strength('quick re-use', classes.has('outage') ? 5_000 : 30_000, (r) => r.pick([5_000, 8_000])),
    quota: strength('small quota', 1_000, (r) => r.whole(3, 6)),
    poisonP: strength('poison targets', 0, (r) => r.pick([0.1, 0.3])),
    outage: strength('outage', { fromMs: 0, toMs: 0 }, (r) => drawOutage(r, churnMs)),
    deadCall: strength<string | undefined>('one call dead', undefined, (r) => r.pick(MORTAL_CALLS)),
    pageMax: strength('short pages', 100, (r) => r.pick([1, 2, 3])),
    boundBy: basics.pick(['parameter', 'tags']),
    withFamily: basics.chance(0.3),
    withSecondGroup: basics.chance(0.2) || classes.has('side by side'),
    initialTasks: basics.whole(0, 8),
    drainDelaySeconds: basics.pick([0, 5, 30]),
    stoppingMinMs: 0,
    ...options.fixed,
  };
}

/** The density comes first. Each later class draws from a generator of its own from the beginning. */
function drawClasses(
  seed: number,
  random: Random,
  own: Map<FaultClass, Random>,
  allowed: ReadonlySet<FaultClass> = new Set(FAULT_CLASSES),
): ReadonlySet<FaultClass> {
  const density = random.pick([0, 0.1, 0.3, 0.6]);
  const first: readonly FaultClass[] = FIRST_CLASSES.filter(() => random.chance(density));
  const later = LATER_CLASSES.filter((each, index) => {
    const generator = new Random(seed ^ Math.imul(index + 1, 0x9e3779b1));
    own.set(each, generator);
    return generator.chance(density);
  });
  return new Set([...first, ...later].filter((each) => allowed.has(each)));
}

/** In the middle, where more goes wrong after it, or at the end, where nothing covers up what it has left. */
function drawOutage(random: Random, churnMs: number): FaultMix['outage'] {
  const lengthMs = random.whole(45_000, 85_000);
  const fromMs = random.chance(0.5) ? churnMs - lengthMs : random.whole(20_000, 60_000);
  return { fromMs, toMs: fromMs + lengthMs };
}
