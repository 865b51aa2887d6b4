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
  const lines = rows.map((row) => `<tr>${row.map((text) => cell(shortIds(text), text)).join('')}`);
  return `<section class="card"><h2>${label}</h2><table aria-label="${label}"><thead><tr>${head.map((name) => `<th scope="col">${escapeHtml(name)}`).join('')}</thead>
<tbody>${lines.join('\n')}</tbody></table></section>`;
}

/** What is cut short stands whole in the title. */
export function cell(text: string, whole = text): string {
  return `<td${whole === text ? '' : ` title="${escapeHtml(whole)}"`}>${escapeHtml(text)}`;
}
