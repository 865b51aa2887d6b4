/** The parts of the documents that are made from the templates, between two marks that nobody sees. */

/** The text with its made part replaced. */
export function withMade(text: string, name: string, made: string): string {
  const [begin, end] = [`<!-- made by npm run docs: ${name} -->`, `<!-- end of ${name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`The document has no place for ${name}: it needs the lines ${begin} and ${end}.`);
  return `${text.slice(0, from)}${begin}\n\n${made}\n\n${text.slice(to)}`;
}
