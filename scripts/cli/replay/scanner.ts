/**
 * Finds where a JSON text ends, byte by byte and as strictly as JSON.parse, so that it can stop and go on between two chunks,
 * and so that the first byte at which a damaged text cannot be JSON is known: what follows it may be readable again.
 */
import type { Window } from './window.ts';

/** How deep values may lie in each other. A task event needs 8; what a hostile file can do to a call stack begins in the thousands. */
export const DEPTH_MAX = 200;
/** A single value of more than this is not held in memory to be understood. */
const VALUE_BYTES_MAX = 256 * 1_048_576;
/** No number that means something is longer, and no key that is looked for. */
const SCALAR_BYTES_MAX = 100;
const KEY_BYTES_MAX = 20;
/** So much of a long list is handed over at once. */
const PART_BYTES = 1_048_576;

const [TAB, NEWLINE, RETURN, SPACE, QUOTE, COMMA, COLON] = [0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x3a];
const [OPEN_LIST, BACKSLASH, CLOSE_LIST, LETTER_U, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5c, 0x5d, 0x75, 0x7b, 0x7d];
const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
const SCALAR_BYTES: ReadonlySet<number> = new Set(Buffer.from('+-.0123456789Eaeflnrstu'));
const ESCAPABLE: ReadonlySet<number> = new Set(Buffer.from('"\\/bfnrtu'));
const HEX: ReadonlySet<number> = new Set(Buffer.from('0123456789abcdefABCDEF'));
const AFTER_BACKSLASH = -1;
/** 1 for each byte that stands for itself in a string. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => (byte < SPACE || byte === QUOTE || byte === BACKSLASH ? 0 : 1));

/** The keys under which envelopes hold their lists. Such a list can be handed over in parts, and outlives a damaged end. */
const LIST_KEYS: ReadonlySet<string> = new Set(['events', 'logEvents', 'Messages', 'Records', 'records', 'Entries', 'results']);

/** The list that the value is, or has under one of those keys. */
export interface List {
  readonly key: string | undefined;
  readonly depth: number;
  isOpen: boolean;
  /** Where the elements begin and end that were not handed over yet, how many they are, and how many went before them. */
  from: number;
  to: number;
  untaken: number;
  taken: number;
}

export type Failure = 'ended' | 'invalid' | 'deep' | 'large';
export type Outcome = 'more' | 'part' | 'done' | Failure;
type State = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end';

export class Scanner {
  /** Where the value begins, and how far it has been read. */
  readonly start: number;
  position: number;
  /** Where the objects and lists begin that are open at the position. */
  readonly openers: number[] = [];
  list: List | undefined;
  readonly #kinds: number[] = [];
  #state: State = 'value';
  #stringFrom = -1;
  /** 0 for none, AFTER_BACKSLASH, or how many hexadecimal digits are to come. */
  #escape = 0;
  #isKey = false;
  #key = '';

  constructor(start: number) {
    this.start = start;
    this.position = start;
  }

  /** Reads on. After `more` and `part` it is to be called again. */
  scan(window: Window): Outcome {
    while (this.position < window.end) {
      const outcome = this.#stringFrom >= 0 ? this.#string(window) : this.#token(window);
      if (outcome !== undefined) return outcome;
    }
    if (window.isComplete) return 'ended';
    return window.end - this.neededFrom > VALUE_BYTES_MAX ? 'large' : 'more';
  }

  /** The elements between `from` and `to` of the list have been handed over. */
  takePart(): void {
    if (this.list === undefined) return;
    this.list.taken += this.list.untaken;
    this.list.untaken = 0;
  }

  /** The offset from which on bytes are still needed. */
  get neededFrom(): number {
    return this.list === undefined || this.list.taken === 0 ? this.start : this.list.from;
  }

  #token(window: Window): Outcome | undefined {
    const byte = window.at(this.position);
    switch (byte) {
      case SPACE:
      case NEWLINE:
      case RETURN:
      case TAB:
        this.#skipSpace(window);
        return undefined;
      case QUOTE:
        return this.#quote();
      case OPEN_OBJECT:
      case OPEN_LIST:
        return this.#open(byte);
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        return this.#close(byte);
      case COMMA:
        return this.#comma();
      case COLON:
        if (this.#state !== 'colon') return 'invalid';
        this.#state = 'value';
        this.position += 1;
        return undefined;
      default:
        return this.#scalar(window);
    }
  }

  #skipSpace({ bytes, base, end }: Window): void {
    let index = this.position - base;
    const limit = end - base;
    for (; index < limit; index += 1) {
      const byte = bytes[index];
      if (byte !== SPACE && byte !== NEWLINE && byte !== RETURN && byte !== TAB) break;
    }
    this.position = base + index;
  }

  #quote(): Outcome | undefined {
    this.#isKey = this.#state === 'key' || this.#state === 'key or end';
    if (!this.#isKey && !this.#expectsValue()) return 'invalid';
    this.#stringFrom = this.position;
    this.position += 1;
    return undefined;
  }

  #string(window: Window): Outcome | undefined {
    const { bytes, base } = window;
    const limit = window.end - base;
    let index = this.position - base;
    for (;;) {
      if (this.#escape === 0) index = skipPlain(bytes, index, limit);
      this.position = base + index;
      if (index >= limit) return undefined;
      const byte = bytes[index] ?? 0;
      index += 1;
      if (this.#escape !== 0) {
        if (!this.#takeEscaped(byte)) return 'invalid';
      } else if (byte === BACKSLASH) {
        this.#escape = AFTER_BACKSLASH;
      } else {
        return byte === QUOTE ? this.#endString(window) : 'invalid';
      }
    }
  }

  #takeEscaped(byte: number): boolean {
    if (this.#escape !== AFTER_BACKSLASH) {
      this.#escape -= 1;
      return HEX.has(byte);
    }
    this.#escape = byte === LETTER_U ? 4 : 0;
    return ESCAPABLE.has(byte);
  }

  #endString(window: Window): Outcome | undefined {
    const from = this.#stringFrom + 1;
    const to = this.position;
    this.#stringFrom = -1;
    this.position += 1;
    if (!this.#isKey) return this.#endValue();
    if (this.openers.length === 1) this.#key = to - from > KEY_BYTES_MAX ? '' : window.text(from, to);
    this.#state = 'colon';
    return undefined;
  }

  /** A number, true, false or null. Strict, so that what follows a damaged one is not taken into it. */
  #scalar(window: Window): Outcome | undefined {
    if (!this.#expectsValue()) return 'invalid';
    let to = this.position;
    while (to < window.end && SCALAR_BYTES.has(window.at(to)) && to - this.position <= SCALAR_BYTES_MAX) to += 1;
    if (to === window.end && !window.isComplete) return 'more';
    if (!SCALAR.test(window.text(this.position, to))) return 'invalid';
    this.position = to;
    return this.#endValue();
  }

  #open(byte: number): Outcome | undefined {
    if (!this.#expectsValue()) return 'invalid';
    if (this.openers.length === DEPTH_MAX) return 'deep';
    this.openers.push(this.position);
    this.#kinds.push(byte);
    this.position += 1;
    this.#state = byte === OPEN_LIST ? 'value or end' : 'key or end';
    if (byte === OPEN_LIST) this.#startList();
    return undefined;
  }

  #startList(): void {
    const depth = this.openers.length;
    const isInObject = depth === 2 && this.#kinds[0] === OPEN_OBJECT && LIST_KEYS.has(this.#key);
    if (depth !== 1 && !isInObject) return;
    const key = depth === 1 ? undefined : this.#key;
    this.list = { key, depth, isOpen: true, from: this.position, to: this.position, untaken: 0, taken: 0 };
  }

  #close(byte: number): Outcome | undefined {
    const isList = byte === CLOSE_LIST;
    if (this.#kinds.at(-1) !== (isList ? OPEN_LIST : OPEN_OBJECT)) return 'invalid';
    if (this.#state !== 'comma or end' && this.#state !== (isList ? 'value or end' : 'key or end')) return 'invalid';
    const list = this.#listHere();
    // The rest of a list of which parts have been handed over, before it is closed.
    if (list !== undefined && list.taken > 0 && list.untaken > 0) return 'part';
    if (list !== undefined) list.isOpen = false;
    this.openers.pop();
    this.#kinds.pop();
    this.position += 1;
    return this.#endValue();
  }

  #comma(): Outcome | undefined {
    if (this.#state !== 'comma or end') return 'invalid';
    this.#state = this.#kinds.at(-1) === OPEN_OBJECT ? 'key' : 'value';
    this.position += 1;
    const list = this.#listHere();
    if (list?.untaken === 0) list.from = this.position;
    return undefined;
  }

  #endValue(): Outcome | undefined {
    if (this.openers.length === 0) return 'done';
    this.#state = 'comma or end';
    const list = this.#listHere();
    if (list === undefined) return undefined;
    list.to = this.position;
    list.untaken += 1;
    return list.to - list.from >= PART_BYTES ? 'part' : undefined;
  }

  /** The list, where the position is directly in it. */
  #listHere(): List | undefined {
    return this.list?.isOpen && this.list.depth === this.openers.length ? this.list : undefined;
  }

  #expectsValue(): boolean {
    return this.#state === 'value' || this.#state === 'value or end';
  }
}

/** The first place from `index` on at which a string may end, or cannot go on without a closer look. */
function skipPlain(bytes: Buffer, index: number, limit: number): number {
  let at = index;
  while (at < limit && PLAIN[bytes[at] ?? 0] === 1) at += 1;
  return at;
}
