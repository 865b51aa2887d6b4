/** The tags of a resource with their past: what the tagging API tells may be behind. */
import type { VirtualClock } from './clock.ts';

type TagTexts = ReadonlyMap<string, string>;

export class Tags extends Map<string, string> {
  readonly #clock: VirtualClock;
  readonly #history: { readonly atMs: number; readonly tags: TagTexts }[] = [];

  constructor(clock: VirtualClock) {
    super();
    this.#clock = clock;
  }

  override set(key: string, value: string): this {
    super.set(key, value);
    this.#keep();
    return this;
  }

  override delete(key: string): boolean {
    const wasThere = super.delete(key);
    if (wasThere) this.#keep();
    return wasThere;
  }

  override clear(): void {
    super.clear();
    this.#keep();
  }

  /** Whether the resource ever had a tag. */
  get wereEver(): boolean {
    return this.#history.length > 0;
  }

  /** The tags as they were at the given time; undefined while the resource had never had one. */
  at(atMs: number): TagTexts | undefined {
    return this.#history.findLast((each) => each.atMs <= atMs)?.tags;
  }

  #keep(): void {
    // Taking the tags off a resource that never had one is no event in its life.
    if (this.size === 0 && this.#history.length === 0) return;
    this.#history.push({ atMs: this.#clock.now(), tags: new Map(this) });
  }
}
