/** The simulated STS and the roles of all accounts that know each other: who may assume which, and whose credentials are whose. */
import { ApiError } from './api-error.ts';
import type { VirtualClock } from './clock.ts';

/** As whom a call is made. */
export interface Caller {
  readonly arn: string;
  readonly accountId: string;
}

export interface RoleRecord {
  readonly arn: string;
  /** What whoever assumes it has to know; undefined where the trust policy does not ask. */
  externalId: string | undefined;
  /** The trust policy: whether this caller may assume the role. */
  trusts: (caller: Caller) => boolean;
  readonly sessionSecondsMax: number;
}

export type RoleSpec = Pick<RoleRecord, 'arn'> & Partial<RoleRecord>;

export interface SessionRecord {
  readonly accessKeyId: string;
  readonly caller: Caller;
  readonly role: RoleRecord;
  readonly expiresAtMs: number;
}

interface Request {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly externalId: string | undefined;
  readonly seconds: number;
}

/** Keys of sessions begin like this; all others are those of the account's own, long-lived callers. */
const SESSION_PREFIX = 'ASIA';
/** Whoever is a role itself gets an hour at most: the function is one (IAM guide, "Role chaining"). */
const CHAINED_SECONDS_MAX = 3_600;
const SECONDS_MIN = 900;

export class Sts {
  readonly roles = new Map<string, RoleRecord>();
  readonly sessions = new Map<string, SessionRecord>();
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Adds a role that everybody may assume unless told otherwise. */
  addRole(spec: RoleSpec): RoleRecord {
    const role: RoleRecord = { externalId: undefined, trusts: () => true, sessionSecondsMax: 3_600, ...spec };
    this.roles.set(role.arn, role);
    return role;
  }

  /** A session of the role for the caller. Throws what STS answers to whoever may not have one. */
  assume(caller: Caller, { roleArn, sessionName, externalId, seconds }: Request): SessionRecord {
    if (seconds < SECONDS_MIN) {
      throw new ApiError(
        'ValidationError',
        `1 validation error detected: Value '${seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to ${SECONDS_MIN}`,
      );
    }
    const role = this.roles.get(roleArn);
    const isAsked = role?.externalId !== undefined && role.externalId !== externalId;
    // A role that does not exist is told apart from one that must not be assumed by nobody.
    if (role === undefined || isAsked || !role.trusts(caller)) {
      const message = `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`;
      throw new ApiError('AccessDenied', message, 403);
    }
    if (seconds > role.sessionSecondsMax) {
      const message = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.';
      throw new ApiError('ValidationError', message);
    }
    if (caller.arn.includes(':assumed-role/') && seconds > CHAINED_SECONDS_MAX) {
      const message = 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining';
      throw new ApiError('ValidationError', message);
    }
    const [, , , , accountId = '', path = ''] = roleArn.split(':');
    const name = path.slice(path.lastIndexOf('/') + 1);
    const session: SessionRecord = {
      accessKeyId: `${SESSION_PREFIX}SIMULATED${String(this.sessions.size + 1).padStart(7, '0')}`,
      caller: { arn: `arn:aws:sts::${accountId}:assumed-role/${name}/${sessionName}`, accountId },
      role,
      expiresAtMs: this.#clock.now() + seconds * 1_000,
    };
    this.sessions.set(session.accessKeyId, session);
    return session;
  }

  /** Whose the key is: a session's, or undefined where it is none that STS has given out. */
  callerOf(accessKeyId: string | undefined): Caller | 'expired' | 'invalid' | undefined {
    if (accessKeyId === undefined || !accessKeyId.startsWith(SESSION_PREFIX)) return undefined;
    const session = this.sessions.get(accessKeyId);
    // With a role its sessions go, too.
    if (session === undefined || this.roles.get(session.role.arn) !== session.role) return 'invalid';
    return session.expiresAtMs <= this.#clock.now() ? 'expired' : session.caller;
  }
}
