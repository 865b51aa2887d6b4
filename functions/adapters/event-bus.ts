/** Sends announcements to an event bus of the stack's account. */
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Reporter } from '../app/invocation.ts';
import {
  type Announcement,
  announceChanges,
  announceFindings,
  byKindAndSubject,
  type StandingFindings,
} from '../core/announcement.ts';
import { chunks } from '../core/batches.ts';

/** PutEvents takes up to ten entries (EventBridge API reference). */
const ENTRIES_MAX = 10;
/** What could not be sent waits for the next invocation; more than this is no news any more. */
const WAITING_MAX = 1_000;
/** Sending must not cost the invocation its answer. */
const SEND_TIME_MS = 1_000;

export class EventBus implements Pick<Reporter, 'passed' | 'ended'> {
  readonly #client: EventBridgeClient;
  readonly #name: string;
  readonly #now: () => number;
  #waiting: Announcement[] = [];
  #standing: StandingFindings = new Map();

  constructor(name: string, now: () => number, client = new EventBridgeClient({ maxAttempts: 1 })) {
    this.#client = client;
    this.#name = name;
    this.#now = now;
  }

  passed(pass: Parameters<Reporter['passed']>[0]): void {
    this.#waiting.push(...announceChanges(pass));
  }

  ended({ standing }: Parameters<Reporter['ended']>[0]): void {
    if (standing === undefined) return;
    const after = byKindAndSubject(standing.findings);
    this.#waiting.push(...announceFindings(this.#standing, after, this.#now()));
    this.#standing = after;
  }

  /** Sends what waits. The reason why not all could be sent, if so: nothing else suffers for it. */
  async flush(): Promise<string | undefined> {
    const waiting = this.#waiting.slice(-WAITING_MAX);
    this.#waiting = [];
    for (const [index, chunk] of chunks(waiting, ENTRIES_MAX).entries()) {
      const failed = await this.#send(chunk);
      if (failed === undefined) continue;
      this.#waiting = waiting.slice(index * ENTRIES_MAX);
      return `PutEvents on event bus ${this.#name} failed (${failed}). ${this.#waiting.length} events wait for the next invocation.`;
    }
    return undefined;
  }

  async #send(announcements: readonly Announcement[]): Promise<string | undefined> {
    const entries = announcements.map(({ type, detail }) => ({
      EventBusName: this.#name,
      Source: 'alb-target-sync',
      DetailType: type,
      Detail: JSON.stringify(detail),
    }));
    try {
      const command = new PutEventsCommand({ Entries: entries });
      const answer = await this.#client.send(command, { abortSignal: AbortSignal.timeout(SEND_TIME_MS) });
      const refused = answer.Entries?.find(({ ErrorCode }) => ErrorCode !== undefined);
      return refused && `${refused.ErrorCode}: ${refused.ErrorMessage ?? 'no message'}`.slice(0, 300);
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 300) : 'unknown';
    }
  }
}
