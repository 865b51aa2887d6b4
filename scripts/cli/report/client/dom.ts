/** Finding the parts of the page, which are there by the time that a script asks. */

/** The element with this id. Its kind is the caller's word for it, as the page was written. */
export function byId<Kind extends Element = HTMLElement>(id: string): Kind {
  return part<Kind>(document, `#${id}`);
}

/** The first element that the selector means. */
export function part<Kind extends Element = HTMLElement>(parent: ParentNode, selector: string): Kind {
  const element = parent.querySelector<Kind>(selector);
  if (element === null) throw new Error(`The page has no ${selector}.`);
  return element;
}

export function allOf<Kind extends Element = HTMLElement>(parent: ParentNode, selector: string): Kind[] {
  return [...parent.querySelectorAll<Kind>(selector)];
}

/** What an event came from, where that is an element. */
export function targetOf({ target }: Event): Element | null {
  return target instanceof Element ? target : null;
}

export function onEach(ids: readonly string[], type: string, listener: (id: string) => void): void {
  for (const id of ids) byId(id).addEventListener(type, () => listener(id));
}
