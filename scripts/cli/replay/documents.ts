/**
 * Cuts a text into the JSON values in it and the words around them: values one after the other with or without anything between
 * them, over one line or many, with words before them as logs have. A damaged value costs itself only, not its neighbours.
 */
import { type Failure, Scanner } from './scanner.ts';
import { Window } from './window.ts';

export interface Where {
  readonly line: number;
  readonly byte: number;
  /** Whether nothing else is in the text; for a part of a list, whether nothing came before the list. */
  readonly isAlone: boolean;
  /** Whether another value is on the same line, so that the line alone would not tell which one is meant. */
  readonly sharesLine: boolean;
}

export type Piece =
  /** A JSON value. Where it is a list, or has one, that came in parts, `before` elements of it were in earlier pieces. */
  | { readonly kind: 'value'; readonly value: unknown; readonly before: number; readonly where: Where }
  /** Words, or a value that cannot be read: then `damage` says why, and the text may be its beginning only. */
  | { readonly kind: 'text'; readonly text: string; readonly damage: Failure | undefined; readonly where: Where };

export interface Manner {
  /** Whether a value that stands among words, or within a damaged one, is to be taken out of there. */
  readonly isKnown: (value: unknown) => boolean;
  /** Whether these words may precede a value without being told. */
  readonly isPrefix: (words: string) => boolean;
}

/** Words that go on for longer than this without an end of line are cut. */
const WORDS_BYTES_MAX = 1_048_576;
/** No prefix of a log line is longer: the name of a log stream has up to 512 characters (PutLogEvents). */
const PREFIX_BYTES_MAX = 1_000;

const [NEWLINE, QUOTE, OPEN_LIST, OPEN_OBJECT] = [0x0a, 0x22, 0x5b, 0x7b];
const SPACES: ReadonlySet<number> = new Set(Buffer.from(' \t\r\n'));
/** The byte order mark, which some programs put before each text that they write. */
const MARK = [0xef, 0xbb, 0xbf] as const;
/** What is left between the elements of a damaged list. */
const PUNCTUATION = /^[\s,\]}]*$/;
const SPACE_ONLY = /^\s*$/;
/** A brace in ordinary words is none of these. */
const LIKE_JSON = /^(?:\{\s*"|\[\s*[{["])/;

/** The pieces of the text, in their order; undefined when the window has to grow (or to be complete) before the next one. */
export function split(window: Window, manner: Manner): Generator<Piece | undefined, void> {
  return new Splitter(window, manner).pieces();
}

/** The one JSON value that the text is; undefined where it is none, or is nested too deeply. */
export function parseWhole(text: string): unknown {
  const scanner = new Scanner(0);
  const window = new Window(Buffer.from(text));
  let outcome = scanner.scan(window);
  while (outcome === 'part') {
    scanner.takePart();
    outcome = scanner.scan(window);
  }
  return outcome === 'done' && SPACE_ONLY.test(window.text(scanner.position, window.end)) ? JSON.parse(text) : undefined;
}

class Splitter {
  readonly #window: Window;
  readonly #manner: Manner;
  #position = 0;
  /** Where the words begin, and end so far, that have not been told yet. */
  #wordsFrom: number | undefined;
  #wordsTo = 0;
  #wordsLine = 1;
  #damage: Failure | undefined;
  /** Up to here the text belongs to a damaged value. Whole values may be in it, but none begins where one is hopeless. */
  #doubtTo = 0;
  readonly #hopeless = new Set<number>();
  #damageToldTo = 0;
  /** A value waits here until it is known whether another one follows on its line, or at all. */
  #held: { readonly value: unknown; readonly where: Where } | undefined;
  #isFirst = true;
  #lineHasValue = false;

  constructor(window: Window, manner: Manner) {
    this.#window = window;
    this.#manner = manner;
  }

  *pieces(): Generator<Piece | undefined, void> {
    for (let byte = yield* this.#next(); byte !== undefined; byte = yield* this.#next()) {
      if (this.#mayBeginValue(byte)) yield* this.#value();
      else yield* this.#words();
    }
    yield* this.#tellWords();
    if (this.#held !== undefined) yield { kind: 'value', before: 0, ...this.#held };
  }

  /** Goes to the next byte that is no white space; undefined at the end. */
  *#next(): Generator<Piece | undefined, number | undefined> {
    const window = this.#window;
    let isNewLine = false;
    for (;;) {
      const byte = window.at(this.#position);
      if (this.#position < window.end && !SPACES.has(byte) && !(yield* this.#isMark(byte))) {
        yield* this.#arrive(byte, isNewLine);
        return byte;
      }
      if (this.#position < window.end) this.#position += 1;
      else if (window.isComplete) return undefined;
      else yield* this.#grow();
      isNewLine ||= byte === NEWLINE;
    }
  }

  /** Takes in what was found of a value that another byte follows, and of words that have come to their end. */
  *#arrive(byte: number, isNewLine: boolean): Generator<Piece | undefined, void> {
    const isOpener = byte === OPEN_OBJECT || byte === OPEN_LIST;
    if (this.#held !== undefined) {
      const { value, where } = this.#held;
      const sharesLine = where.sharesLine || (isOpener && !isNewLine);
      yield { kind: 'value', value, before: 0, where: { ...where, isAlone: false, sharesLine } };
      this.#held = undefined;
    }
    if (!isNewLine) return;
    this.#lineHasValue = false;
    // `aws logs tail --format json` begins a new line between the words and the value.
    if (this.#position >= this.#doubtTo && !(isOpener && this.#isPrefixed())) yield* this.#tellWords();
  }

  #mayBeginValue(byte: number): boolean {
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) return !this.#hopeless.has(this.#position);
    return byte === QUOTE && this.#wordsFrom === undefined && this.#position >= this.#doubtTo;
  }

  *#words(): Generator<Piece | undefined, void> {
    const { bytes, base, end } = this.#window;
    let at = this.#position + 1;
    for (; at < end; at += 1) {
      const byte = bytes[at - base];
      if (byte === NEWLINE || byte === OPEN_OBJECT || byte === OPEN_LIST) break;
    }
    this.#addWords(this.#position, at);
    const isTooLong = at - (this.#wordsFrom ?? at) > WORDS_BYTES_MAX;
    if (isTooLong && at >= this.#doubtTo) yield* this.#tellWords();
  }

  #addWords(from: number, to: number): void {
    if (this.#wordsFrom === undefined) this.#wordsLine = this.#window.lineAt(from);
    this.#wordsFrom ??= from;
    this.#wordsTo = to;
    this.#position = to;
  }

  *#value(): Generator<Piece | undefined, void> {
    const scanner = new Scanner(this.#position);
    const where = this.#here();
    for (;;) {
      const outcome = scanner.scan(this.#window);
      if (outcome === 'more') yield* this.#grow(scanner.neededFrom);
      else if (outcome === 'part') yield* this.#part(scanner, where);
      else if (outcome === 'done') return yield* this.#done(scanner, where);
      else return yield* this.#failed(scanner, outcome, where);
    }
  }

  /** Hands over the elements of a list that have been read. */
  *#part(scanner: Scanner, where: Where): Generator<Piece, void> {
    const { start, list } = scanner;
    if (list === undefined || list.untaken === 0) return;
    yield* this.#tellWords(start);
    const elements: unknown = JSON.parse(`[${this.#window.text(list.from, list.to)}]`);
    const value = list.key === undefined ? elements : { [list.key]: elements };
    yield { kind: 'value', value, before: list.taken, where: { ...where, isAlone: this.#isFirst } };
    scanner.takePart();
  }

  *#done({ start, position, list }: Scanner, where: Where): Generator<Piece, void> {
    if (list === undefined || list.taken === 0) {
      const value: unknown = JSON.parse(this.#window.text(start, position));
      const isInDamage = start < this.#doubtTo;
      // A text in quotes may be words, too.
      const isDoubtful = this.#wordsFrom !== undefined || isInDamage || typeof value === 'string';
      // After a cut, whole neighbours may look like parts of what was cut: they are looked for in it, one by one.
      const isWhole = this.#manner.isKnown(value) && !(isInDamage && Array.isArray(value));
      if (isDoubtful && !isWhole) return this.#addWords(start, isInDamage ? start + 1 : position);
      yield* this.#tellWords(start);
      this.#held = { value, where: { ...where, isAlone: this.#isFirst } };
    }
    this.#position = position;
    this.#isFirst = false;
    this.#lineHasValue = true;
  }

  /**
   * What was whole in the list is handed over. What begins where the damaged value, or one around it, begins is damaged by the
   * same byte; but a value that looked as if it were inside may be the next one, after a text that was cut off.
   */
  *#failed(scanner: Scanner, damage: Failure, where: Where): Generator<Piece, void> {
    const { start, list, openers, position } = scanner;
    yield* this.#part(scanner, where);
    const isPartly = list !== undefined && list.taken > 0;
    const from = isPartly ? list.to : start;
    this.#isFirst &&= !isPartly;
    if (this.#position >= this.#doubtTo) this.#hopeless.clear();
    for (const opener of openers) this.#hopeless.add(opener);
    this.#doubtTo = Math.max(this.#doubtTo, position);
    if (LIKE_JSON.test(this.#window.text(start, Math.min(start + PREFIX_BYTES_MAX, this.#window.end)))) this.#damage ??= damage;
    this.#addWords(from, Math.max(from, start + 1));
  }

  #here(): Where {
    const line = this.#window.lineAt(this.#position);
    return { line, byte: this.#position, isAlone: this.#isFirst, sharesLine: this.#lineHasValue };
  }

  #isPrefixed(): boolean {
    const from = this.#wordsFrom;
    if (from === undefined || this.#damage !== undefined || this.#wordsTo - from > PREFIX_BYTES_MAX) return false;
    return this.#manner.isPrefix(this.#window.text(from, this.#wordsTo));
  }

  /** Tells the words so far, unless they are the prefix of the value that begins at `valueAt`, or told already. */
  *#tellWords(valueAt?: number): Generator<Piece, void> {
    const from = this.#wordsFrom;
    if (from === undefined) return;
    const damage = this.#damage;
    const text = this.#window.text(from, Math.min(this.#wordsTo, from + WORDS_BYTES_MAX));
    const isTold = from < this.#damageToldTo || PUNCTUATION.test(text) || (valueAt !== undefined && this.#isPrefixed());
    this.#wordsFrom = undefined;
    this.#damage = undefined;
    if (damage !== undefined) this.#damageToldTo = this.#doubtTo;
    if (isTold) return;
    const where = { line: this.#wordsLine, byte: from, isAlone: this.#isFirst, sharesLine: this.#lineHasValue };
    this.#isFirst = false;
    yield { kind: 'text', text, damage, where };
  }

  /** Whether a byte order mark begins here; then goes to its last byte. */
  *#isMark(byte: number): Generator<undefined, boolean> {
    if (byte !== MARK[0]) return false;
    while (this.#window.end - this.#position < MARK.length && !this.#window.isComplete) yield* this.#grow();
    const isMark = MARK.every((each, index) => this.#window.at(this.#position + index) === each);
    if (isMark) this.#position += MARK.length - 1;
    return isMark;
  }

  /** Asks for more bytes, and lets go of those that were dealt with. */
  *#grow(neededFrom = this.#position): Generator<undefined, void> {
    this.#window.release(Math.min(neededFrom, this.#wordsFrom ?? neededFrom));
    yield undefined;
  }
}
