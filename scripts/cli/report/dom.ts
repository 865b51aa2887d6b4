/**
 * The little of a browser that the page's script uses. TypeScript's own description of it would hold for the whole repository:
 * `name`, `status` and `event` would be known words everywhere, and a forgotten import would compile.
 */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
}

/** Any element: what only some have is there for those that have it. */
export interface PageElement {
  readonly id: string;
  readonly style: Record<'left' | 'top' | 'width' | 'height', string> & { setProperty(name: string, value: string): void };
  readonly classList: { toggle(name: string, on: boolean): boolean; add(name: string): void };
  readonly dataset: Record<string, string | undefined>;
  hidden: boolean;
  open: boolean;
  className: string;
  textContent: string;
  innerHTML: string;
  value: string;
  readonly offsetHeight: number;
  append(...nodes: readonly (PageElement | string)[]): void;
  replaceChildren(...nodes: readonly PageElement[]): void;
  remove(): void;
  closest(selector: string): PageElement | null;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  getBoundingClientRect(): Box;
  scrollIntoView(options: { readonly block: 'nearest' | 'center'; readonly behavior?: 'instant' }): void;
  focus(options?: { readonly preventScroll: boolean }): void;
  addEventListener(type: string, listener: (event: PageEvent) => void): void;
  setPointerCapture(pointer: number): void;
}

export interface PageEvent {
  readonly type: string;
  readonly target: PageElement | null;
  readonly clientX: number;
  readonly clientY: number;
  readonly button: number;
  readonly pointerId: number;
  readonly pointerType: string;
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  preventDefault(): void;
}

interface Seen {
  readonly target: PageElement;
  readonly isIntersecting: boolean;
}

interface PageDocument {
  readonly documentElement: PageElement;
  readonly activeElement: PageElement | null;
  createElement(name: string): PageElement;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  addEventListener(type: string, listener: (event: PageEvent) => void): void;
}

interface PageWindow {
  readonly innerWidth: number;
  readonly innerHeight: number;
  readonly navigator: { readonly clipboard?: { writeText(text: string): Promise<void> } };
  readonly IntersectionObserver: new (
    seen: (entries: readonly Seen[]) => void,
    options: { readonly rootMargin: string },
  ) => {
    observe(element: PageElement): void;
  };
  scrollBy(by: { readonly top: number; readonly behavior: 'instant' }): void;
  getSelection(): { selectAllChildren(element: PageElement): void } | null;
  addEventListener(type: string, listener: (event: PageEvent) => void): void;
  requestAnimationFrame(draw: () => void): number;
}

declare const document: PageDocument;
declare const window: PageWindow;

export const page = document;
export const view = window;

/** The element with this id, which the page has by the time that a script asks. */
export function byId(id: string): PageElement {
  const element = page.querySelector(`#${id}`);
  if (element === null) throw new Error(`The page has no element #${id}.`);
  return element;
}

export function onEach(ids: readonly string[], type: string, listener: (id: string) => void): void {
  for (const id of ids) byId(id).addEventListener(type, () => listener(id));
}
