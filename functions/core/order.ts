/** The order of lists that somebody compares, logs or reads: by text, the same on every machine. */

/** By the text of each; those of one text stay as they were. */
export function sortedBy<Item>(items: Iterable<Item>, textOf: (item: Item) => string): Item[] {
  return [...items].sort((one, other) => (textOf(one) < textOf(other) ? -1 : 1));
}
