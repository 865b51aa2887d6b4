/** Parts of a page that a program writes: everything between two markers of one name. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Whether the section of the file says this already. */
export function isCurrent(file: URL, name: string, content: string): boolean {
  const page = readFileSync(file, 'utf8');
  return withSection(page, name, content) === page;
}

/** Writes the section into the file. */
export function writeSection(file: URL, name: string, content: string): void {
  writeFileSync(file, withSection(readFileSync(file, 'utf8'), name, content));
}

/** A table in Markdown; a bar in a cell would end it. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The page with the section's content replaced. Throws where the page has no such section. */
function withSection(page: string, name: string, content: string): string {
  const [begin, end] = [`<!-- begin: ${name} -->`, `<!-- end: ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The page has no section between "${begin}" and "${end}"; add both lines to it.`);
  return `${page.slice(0, from + begin.length)}\n${content.trim()}\n${page.slice(to)}`;
}
