/** Lists by the text of their items: in an order that is the same on every machine, or each text once. */

/** By the text of each; those of one text stay as they were. */
export function sortedBy<Item>(items: Iterable<Item>, textOf: (item: Item) => string): Item[] {
  // Each text is made once: a thousand registrations would be named twenty thousand times.
  const named = Array.from(items, (item) => ({ item, text: textOf(item) }));
  return named.sort((one, other) => (one.text < other.text ? -1 : 1)).map(({ item }) => item);
}

/** Of those of one text the last, where the first one stood. */
export function distinctBy<Item>(items: readonly Item[], textOf: (item: Item) => string): Item[] {
  return [...new Map(items.map((item) => [textOf(item), item])).values()];
}
