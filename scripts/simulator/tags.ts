/** The tags of a resource with their past: what the tagging API tells may be behind. */

import { ApiError } from './api-error.ts';
import type { VirtualClock } from './clock.ts';

/** Keys and values of tags (ELB API reference, Tag; ECS and CloudWatch Logs ask for the same). */
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

type TagTexts = ReadonlyMap<string, string>;

export class Tags extends Map<string, string> {
  readonly #clock: VirtualClock;
  readonly #history: { readonly atMs: number; readonly tags: TagTexts }[] = [];

  constructor(clock: VirtualClock) {
    super();
    this.#clock = clock;
  }

  /** Refuses what AWS does: a line with a comma, for instance, can stand in no tag. */
  override set(key: string, value: string): this {
    for (const text of [key, value]) {
      if (!TAG_TEXT.test(text))
        throw new ApiError('ValidationError', `"${text}" is no text for a tag: it must match ${TAG_TEXT.source}`);
    }
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
