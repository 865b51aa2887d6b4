/**
 * How many tasks with an interface of their own (network mode awsvpc) a container instance takes, by its type: ECS guide,
 * "Supported instances for increased Amazon ECS container network interfaces" (as of 2023), and for the T family, which has no
 * trunking, EC2's interfaces per instance type less the primary one.
 */

export interface Density {
  readonly plain: number;
  /** Undefined where the type takes no trunk. */
  readonly trunked: number | undefined;
}

/** Sizes that are alike in all families of the table. */
const SIZES: Readonly<Record<string, readonly [plain: number, trunked: number]>> = {
  medium: [1, 4],
  large: [2, 10],
  xlarge: [3, 20],
  '2xlarge': [3, 40],
  '4xlarge': [7, 60],
  '9xlarge': [7, 60],
  '16xlarge': [14, 120],
  '18xlarge': [14, 120],
  '24xlarge': [14, 120],
  '32xlarge': [14, 120],
  '48xlarge': [14, 120],
  metal: [14, 120],
};
const OLDER: Readonly<Record<string, readonly [number, number]>> = { '8xlarge': [7, 60], '12xlarge': [7, 60] };
const NEWER: Readonly<Record<string, readonly [number, number]>> = { '8xlarge': [7, 90], '12xlarge': [7, 120] };

const OLDER_FAMILIES = words(
  'm5 m5a m5ad m5d m6g m6gd c5 c5a c5ad c5d c6g c6gd c6gn c7g r5 r5a r5ad r5d r6g r6gd im4gn is4gen',
);
const NEWER_FAMILIES = words('m6a m6i m6id m6idn m6in c6a c6i c6id c6in r6a r6i r6id r6idn r6in');
/** Named on the page as not supported, though their families are. */
const WITHOUT_TRUNK = words('c5.metal c5a.8xlarge c5ad.8xlarge c5d.metal m5.metal r5.metal r5.8xlarge r5d.metal');
/** The fastest sizes of these families spend one interface more on their second network card. */
const TWO_CARDS = words('m6idn m6in c6in r6idn r6in');
const T_SIZES: Readonly<Record<string, number>> = {
  nano: 1,
  micro: 1,
  small: 2,
  medium: 2,
  large: 2,
  xlarge: 3,
  '2xlarge': 3,
};

/** Undefined for types that the table does not have: they are not judged. */
export function densityOf(type: string): Density | undefined {
  const [family = '', size = ''] = type.split('.');
  if (family === 't3' || family === 't3a' || family === 't4g') {
    const plain = type === 't3a.small' ? 1 : T_SIZES[size];
    return plain === undefined ? undefined : { plain, trunked: undefined };
  }
  const special = OLDER_FAMILIES.has(family) ? OLDER : NEWER_FAMILIES.has(family) ? NEWER : undefined;
  const numbers = special === undefined ? undefined : (special[size] ?? SIZES[size]);
  if (numbers === undefined) return undefined;
  const [plain, trunked] = numbers;
  const isTwoCards = size === '32xlarge' && TWO_CARDS.has(family);
  return { plain: isTwoCards ? plain - 1 : plain, trunked: WITHOUT_TRUNK.has(type) ? undefined : trunked };
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}
