/** SDK clients by account and region: the stack's own, other regions, and accounts that have given it a role to read by. */
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { CALL_TIME_MS } from '../app/ports.ts';
import type { SpokeRole } from '../core/binding-sources.ts';
import { arnParts, type CloudMapServiceArn, type ClusterArn, isSamePlace, type Place, placeKey } from '../core/values.ts';
import { kindOf } from './outcome.ts';

/** What every client is made with; the SDK fills in the rest from the environment. */
export interface ClientConfiguration {
  readonly region?: string;
  readonly endpoint?: string;
  readonly profile?: string;
  readonly maxAttempts: number;
  readonly requestHandler: { readonly connectionTimeout: number };
  readonly credentials?: () => Promise<AssumedCredentials>;
}

interface AssumedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

type Session = Omit<AssumedCredentials, 'expiration'>;

/** A role that is assumed with a role's credentials ends after an hour at most (IAM guide, "Role chaining"). */
const SESSION_SECONDS = 3_600;
/** A session is renewed this long before its end: longer than any invocation. */
const RENEWED_BEFORE_MS = 300_000;
/**
 * What a call may not do, a new session may: a role that was deleted and made again, and one whose sessions somebody has revoked, deny the
 * old ones as long as these last. Where the role itself lacks the permission, this is how often STS is asked for nothing.
 */
const DENIED_FOR_MS = 60_000;
const SESSION_NAME = 'alb-target-sync';

/** Goes into the pipeline of a client of the SDK, and hears of the errors of its calls. */
export type Watch = <Args, Output>(next: (args: Args) => Promise<Output>) => (args: Args) => Promise<Output>;

/** Gives the client for whatever lies in a place. Clients are kept: each holds its connections. */
export type ClientFor<Client> = (arn?: ClusterArn | CloudMapServiceArn) => Client;

export class Places {
  readonly #base: ClientConfiguration;
  readonly #home: Place | undefined;
  readonly #role: SpokeRole | undefined;
  /** By account: one session serves its regions. */
  readonly #sessions = new Map<string, { readonly begunAtMs: number; readonly session: Promise<Session> }>();

  constructor(base: ClientConfiguration, home: Place | undefined, role: SpokeRole | undefined) {
    this.#base = base;
    this.#home = home;
    this.#role = role;
  }

  clients<Client>(create: (configuration: ClientConfiguration, watch: Watch) => Client): ClientFor<Client> {
    const clients = new Map<string, Client>();
    return (arn) => {
      const place = this.#placeOf(arn);
      const key = place === undefined ? '' : placeKey(place);
      const known = clients.get(key);
      if (known !== undefined) return known;
      const client = create(place === undefined ? this.#base : this.#configurationFor(place), this.#watchOf(place));
      clients.set(key, client);
      return client;
    };
  }

  #watchOf(place: Place | undefined): Watch {
    return (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if (place !== undefined && kindOf(error) === 'denied') this.#denied(place.account);
        throw error;
      }
    };
  }

  /** The next call assumes the role anew, unless that has just been done. */
  #denied(account: string): void {
    const known = this.#sessions.get(account);
    if (known !== undefined && Date.now() - known.begunAtMs >= DENIED_FOR_MS) this.#sessions.delete(account);
  }

  /** Undefined for the stack's own place. */
  #placeOf(arn: ClusterArn | CloudMapServiceArn | undefined): Place | undefined {
    if (arn === undefined || this.#home === undefined) return undefined;
    const place = arnParts(arn);
    return isSamePlace(place, this.#home) ? undefined : place;
  }

  #configurationFor(place: Place): ClientConfiguration {
    const regional = { ...this.#base, region: place.region };
    if (place.account === this.#home?.account) return regional;
    // Of credentials that last, the SDK keeps a copy of its own to their end. Told that they end now, it asks before each call.
    return { ...regional, credentials: async () => ({ ...(await this.#session(place)), expiration: new Date() }) };
  }

  async #session(place: Place): Promise<Session> {
    const known = this.#sessions.get(place.account);
    if (known !== undefined && Date.now() - known.begunAtMs < SESSION_SECONDS * 1_000 - RENEWED_BEFORE_MS) return known.session;
    const fresh = { begunAtMs: Date.now(), session: this.#assume(place) };
    this.#sessions.set(place.account, fresh);
    try {
      return await fresh.session;
    } catch (error) {
      // The next call asks again: the role may be made, or given back, in the meantime.
      this.#sessions.delete(place.account);
      throw error;
    }
  }

  async #assume({ partition, account }: Place): Promise<Session> {
    if (this.#role === undefined) throw new RoleMissing(account);
    const { name, externalId } = this.#role;
    const command = new AssumeRoleCommand({
      RoleArn: `arn:${partition}:iam::${account}:role/${name}`,
      RoleSessionName: SESSION_NAME,
      DurationSeconds: SESSION_SECONDS,
      ...(externalId !== undefined && { ExternalId: externalId }),
    });
    // Every call to the account waits for this one. Without an end of its own, one connection that died while Lambda had frozen the
    // environment would fail them all until the session is renewed.
    const abortSignal = AbortSignal.timeout(CALL_TIME_MS);
    const { Credentials: given } = await new STSClient(this.#base).send(command, { abortSignal });
    const { AccessKeyId, SecretAccessKey, SessionToken } = given ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new RoleMissing(account);
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  }
}

/** Named like an error of AWS, so that it is told as a refusal. */
class RoleMissing extends Error {
  override readonly name = 'AccessDenied';

  constructor(account: string) {
    super(`no credentials for account ${account}: set the stack's parameter SpokeRoleName, and deploy infra/spoke.yaml there`);
  }
}
