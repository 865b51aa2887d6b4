/** Opens envelope in envelope, until there are events, snapshots, and what can be neither, each with the way to it. */
import { type Piece, split, type Where } from './documents.ts';
import { gunzipWhole } from './gzip.ts';
import type { Snapshot } from './item.ts';
import { DEPTH_MAX, type Failure } from './scanner.ts';
import { contentsOf, EXPECTED, isKnown, PRINTED } from './shapes.ts';
import { Window } from './window.ts';

/** What was found, and its position in words, such as `line 3, Records[2].body`. */
export type Found = { readonly position: string } & (
  | { readonly kind: 'event'; readonly event: unknown; readonly isDetail?: true }
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'skipped'; readonly what: string }
  | { readonly kind: 'unreadable'; readonly because: string }
);

interface Spot {
  readonly position: string;
  /** Whether the position ends in a line, so that a path cannot simply go on. */
  readonly isLine: boolean;
  /** So many envelopes are around it. */
  readonly depth: number;
  readonly isLogged: boolean;
}

/** SNS in SQS in a log of Lambda's, delivered by a subscription and logged again, is 9 deep. */
const ENVELOPES_MAX = 30;

const WHY: Readonly<Record<Failure, string>> = {
  ended: 'its JSON ends before it is complete',
  invalid: 'it is not valid JSON',
  deep: `it is nested more than ${DEPTH_MAX} levels deep`,
  large: 'it is a single value of more than 256 MB',
};

const TEXT = `it is text; ${EXPECTED}`;
/** When something was logged: `aws logs tail`, an export of a log group to S3, and most logs begin their lines with it. */
const LOG_TIME = /^[^"]*\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^"]*$/;
/** Lambda guide, "Viewing CloudWatch logs for Lambda functions": what Lambda itself writes around an invocation. */
const LAMBDA_LINE = /^(?:START|END|REPORT|INIT_START|INIT_REPORT) /;
/** How the base64 of gzip begins. */
const BASE64_GZIP = /^\s*H4sI[\w+/=\s-]{16,}$/;

/** What people take for JSON and is none: how it looks, what it is, and what to do. */
const LOOKALIKES: readonly (readonly [RegExp, string])[] = [
  [
    PRINTED,
    'it is an event as Python or JavaScript prints it, which is not JSON; log it with json.dumps(event) or JSON.stringify(event)',
  ],
  [
    /^\s*(?:-{20,}|\+-{10,})|^\|{1,2}\s+Describe\w+\s+\|/,
    'it is a table of the AWS CLI; expected the same command with --output json',
  ],
  [
    /^(?:TASKS|TARGETHEALTHDESCRIPTIONS|INSTANCES|ATTACHMENTS|EVENTS)\t/,
    'it is text of the AWS CLI; expected the same command with --output json',
  ],
  [
    /^(?:tasks|TargetHealthDescriptions|Instances|events|detail-type|'?detail'?):/,
    'it is YAML; expected JSON, which the AWS CLI writes with --output json',
  ],
];

/** The pieces of a file, in the order in which `take` is given them. */
export class Unwrapper {
  readonly #spot: Spot;
  /** Words are told at their end, as one thing, however many lines they have. */
  #words: { readonly because: string; readonly where: Where; readonly lastLine: number } | undefined;

  constructor(spot: Spot = { position: '', isLine: false, depth: 0, isLogged: false }) {
    this.#spot = spot;
  }

  *take(piece: Piece): Generator<Found, void> {
    const { where } = piece;
    if (piece.kind === 'value') {
      yield* this.end(false);
      yield* open(piece.value, below(this.#spot, where, where.isAlone), piece.before);
    } else if (BASE64_GZIP.test(piece.text)) {
      yield* this.end(false);
      yield* openBase64(piece.text, below(this.#spot, where, where.isAlone));
    } else if (piece.damage === undefined && lookalike(piece.text) === undefined && this.#isLog(piece.text)) {
      yield* this.end(false);
      yield { kind: 'skipped', what: 'words in a log', position: below(this.#spot, where, where.isAlone).position };
    } else {
      const told = piece.damage === undefined ? lookalike(piece.text) : WHY[piece.damage];
      const before = this.#words?.because === TEXT ? undefined : this.#words?.because;
      this.#words = { because: before ?? told ?? TEXT, where: this.#words?.where ?? where, lastLine: where.line };
    }
  }

  /** Tells the words that have come to their end. */
  *end(isAll = true): Generator<Found, void> {
    if (this.#words === undefined) return;
    const { because, where, lastLine } = this.#words;
    this.#words = undefined;
    const spot = below(this.#spot, where, where.isAlone && isAll);
    const isRange = lastLine > where.line && !(where.isAlone && isAll) && !where.sharesLine;
    const position = isRange ? spot.position.replace(/line (\d+)$/, `lines $1 to ${lastLine}`) : spot.position;
    yield { kind: 'unreadable', because, position };
  }

  #isLog(text: string): boolean {
    return this.#spot.isLogged || LAMBDA_LINE.test(text) || isLogPrefix(text);
  }
}

function lookalike(text: string): string | undefined {
  return LOOKALIKES.find(([pattern]) => pattern.test(text))?.[1];
}

/** What is in a cell of a table, at its position. */
export function openCell(text: string, position: string, isLogged: boolean): Generator<Found, void> {
  return openBytes(Buffer.from(text), { position, isLine: false, depth: 0, isLogged });
}

/** Whether the words are what logs put before what is logged. */
export function isLogPrefix(words: string): boolean {
  return LOG_TIME.test(words);
}

function* open(value: unknown, spot: Spot, before = 0): Generator<Found, void> {
  const { position } = spot;
  if (spot.depth > ENVELOPES_MAX) {
    yield { kind: 'unreadable', because: `more than ${ENVELOPES_MAX} envelopes are around it`, position };
  } else if (typeof value === 'string') {
    yield* openBytes(Buffer.from(value), spot);
  } else {
    for (const content of contentsOf(value, before, spot.isLogged)) {
      if (content.kind === 'inside') yield* open(content.inside, into(spot, content.path, content.isLogged));
      else yield { ...content, position };
    }
  }
}

function* openBytes(bytes: Uint8Array, spot: Spot): Generator<Found, void> {
  const isPrefix = spot.isLogged ? () => true : isLogPrefix;
  const unwrapper = new Unwrapper({ ...spot, depth: spot.depth + 1 });
  for (const piece of split(new Window(bytes), { isKnown, isPrefix })) {
    if (piece !== undefined) yield* unwrapper.take(piece);
  }
  yield* unwrapper.end();
}

function* openBase64(text: string, spot: Spot): Generator<Found, void> {
  const bytes = gunzipWhole(Buffer.from(text, 'base64'));
  if (bytes === undefined) yield { kind: 'unreadable', because: 'its gzip data is damaged', position: spot.position };
  else yield* openBytes(bytes, spot);
}

/** The spot of a piece of a text. */
function below(spot: Spot, { line, byte, sharesLine }: Where, isAlone: boolean): Spot {
  if (isAlone) return spot;
  const place = sharesLine ? `byte ${byte}` : `line ${line}`;
  return { ...spot, position: spot.position === '' ? place : `${spot.position}, ${place}`, isLine: true };
}

/** The spot of what is in a value. */
function into(spot: Spot, path: string, isLogged: boolean): Spot {
  const joint = spot.isLine ? ', ' : spot.position === '' || path.startsWith('[') ? '' : '.';
  return {
    position: `${spot.position}${joint}${path}`,
    isLine: false,
    depth: spot.depth + 1,
    isLogged: spot.isLogged || isLogged,
  };
}
