/** Pieces of work in the sizes that one call takes. */

/** ListTasks gives up to 100 tasks a page (ECS API reference). */
export const LIST_TASKS_MAX = 100;
/** DescribeTasks takes up to 100 tasks (ECS API reference). */
export const DESCRIBE_TASKS_MAX = 100;
/** DescribeServices takes up to 10 services (ECS API reference). */
export const DESCRIBE_SERVICES_MAX = 10;
/** ListServices gives 10 services a page, and up to 100 where it is asked to (ECS API reference). */
export const LIST_SERVICES_MAX = 100;
/** DescribeTargetGroups takes up to 20 ("You cannot describe more than '20' target groups at a time", reported by several tools). */
export const DESCRIBE_GROUPS_MAX = 20;
/** DescribeTags takes up to 20 resources (ELB API reference). */
export const DESCRIBE_TAGS_MAX = 20;
/** RegisterTargets documents no maximum; 200 is the size that the AWS Load Balancer Controller sends. */
export const WRITE_TARGETS_MAX = 200;

/** The items in order, in pieces of at most `sizeMax`; none for no items. */
export function chunks<Item>(items: readonly Item[], sizeMax: number): Item[][] {
  const pieces: Item[][] = [];
  for (let from = 0; from < items.length; from += sizeMax) pieces.push(items.slice(from, from + sizeMax));
  return pieces;
}

/** Both halves of a piece that was refused as a whole, to find what is wrong with it. */
export function halves<Item>(items: readonly Item[]): readonly [readonly Item[], readonly Item[]] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}
