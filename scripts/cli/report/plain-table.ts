/** Tables that nothing filters: short enough to be read as they are. */
import { escapeHtml } from './html.ts';
import { shortIds } from './ids.ts';

export interface PlainTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function drawPlainTable({ title, head, rows }: PlainTable): string {
  if (rows.length === 0) return '';
  const label = escapeHtml(title);
  const lines = rows.map((row) => {
    return `<tr>${row.map((text, index) => cell(shortIds(text), { whole: text, head: head[index] })).join('')}`;
  });
  return `<section class="card"><h2>${label}</h2><table class="plain" aria-label="${label}"><thead><tr>${head.map((name) => `<th scope="col">${escapeHtml(name)}`).join('')}</thead>
<tbody>${lines.join('\n')}</tbody></table></section>`;
}

/** What is cut short stands whole in the title; where there is no room for a head, the cell says itself what it is. */
export function cell(
  text: string,
  { whole = text, head = '' }: { readonly whole?: string; readonly head?: string | undefined } = {},
): string {
  const attributes = [['title', whole === text ? '' : whole] as const, ['data-head', head] as const];
  const written = attributes.map(([name, value]) => (value === '' ? '' : ` ${name}="${escapeHtml(value)}"`));
  return `<td${written.join('')}>${escapeHtml(text)}`;
}
