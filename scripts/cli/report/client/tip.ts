/** The note on what is pointed at or focused: one element, which the focused thing names as its description. */

import type { Telling } from '../words.ts';
import { byId } from './dom.ts';

/** Where something is on the screen. */
export type Box = Pick<DOMRect, 'left' | 'right' | 'top' | 'bottom' | 'width' | 'height'>;

const GAP = 8;

export class Tip {
  readonly #element = byId('tip');
  #pinned: { readonly telling: Telling; readonly box: () => Box } | undefined;

  /** While something is focused its note stays, can be entered and copied from; a note on what is hovered passes by. */
  pin(telling: Telling, box: () => Box): void {
    this.#pinned = { telling, box };
    this.#show(telling, box());
  }

  unpin(): void {
    this.#pinned = undefined;
    this.hide();
  }

  hover(telling: Telling, box: Box): void {
    this.#show(telling, box);
    this.#element.classList.toggle('pinned', false);
  }

  /** Back to what is focused, if anything is. */
  leave(): void {
    if (this.#pinned === undefined) this.hide();
    else this.#show(this.#pinned.telling, this.#pinned.box());
  }

  hide(): void {
    this.#element.hidden = true;
  }

  /** What moved or scrolled away takes its note along. */
  follow(): void {
    if (this.#pinned !== undefined && !this.#element.hidden) this.#place(this.#pinned.box());
  }

  #show({ title, facts }: Telling, box: Box): void {
    const list = document.createElement('dl');
    for (const [label, value] of facts) list.append(textOf('dt', label), textOf('dd', value));
    this.#element.replaceChildren(textOf('strong', title), list);
    this.#element.classList.toggle('pinned', true);
    this.#element.hidden = false;
    this.#place(box);
  }

  /** Below what it is about, or above where there is no room, and never over it. */
  #place(box: Box): void {
    const { width, height } = this.#element.getBoundingClientRect();
    const left = Math.max(GAP, Math.min(box.left, innerWidth - width - GAP));
    const below = box.bottom + GAP;
    const top = below + height > innerHeight ? Math.max(GAP, box.top - height - GAP) : below;
    this.#element.style.left = `${left}px`;
    this.#element.style.top = `${top}px`;
  }
}

function textOf(name: string, text: string): HTMLElement {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}
