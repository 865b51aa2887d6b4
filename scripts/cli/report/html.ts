/** Text on its way into HTML. */

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** The text as it may stand between tags and inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** `1 task`, `2,000 tasks`. */
export function countOf(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** `100 of 4,012 changes`, or `4,012 changes`. */
export function shareOf(shown: number, of: number, noun: string): string {
  return shown === of ? countOf(of, noun) : `${shown.toLocaleString('en')} of ${countOf(of, noun)}`;
}
