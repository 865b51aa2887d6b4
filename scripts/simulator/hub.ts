/**
 * A hub's door in process: each call goes to the account and region that it names, by the role that the hub has been given there. Sessions are
 * kept, renewed and given up as `functions/adapters/places.ts` does it, on virtual time.
 */
import type { AwsApi } from '../../functions/app/ports.ts';
import type { SpokeRole } from '../../functions/core/binding-sources.ts';
import { arnParts, type CloudMapServiceArn, type ClusterArn } from '../../functions/core/values.ts';
import type { Accounts } from './accounts.ts';
import { errorOf } from './api.ts';
import { ApiError } from './api-error.ts';
import { createSimulatedAws, type Line } from './aws-api.ts';
import type { Home } from './home.ts';

const SESSION_MS = 3_600_000;
const RENEWED_BEFORE_MS = 300_000;
const DENIED_FOR_MS = 60_000;
const DENIALS = /^(?:AccessDenied|ExpiredToken|InvalidClientTokenId|UnrecognizedClient)/;

export interface HubDoor {
  readonly accounts: Accounts;
  readonly home: Home;
  readonly role: SpokeRole;
  readonly logGroup: string;
  /** The way to an account and region. */
  lineTo(place: Home): Line;
}

interface Session {
  readonly key: string;
  readonly begunAtMs: number;
}

export function createHubAws(door: HubDoor): AwsApi {
  const { accounts, home, logGroup } = door;
  const sessions = new Map<string, Session>();
  const apis = new Map<string, AwsApi>();
  const own = createSimulatedAws(accounts.in(home), door.lineTo(home), logGroup);
  const at = (arn: ClusterArn | CloudMapServiceArn | undefined): AwsApi => {
    if (arn === undefined) return own;
    const { account: id, region } = arnParts(arn);
    if (id === home.id && region === home.region) return own;
    const key = `${id} ${region}`;
    const known =
      apis.get(key) ?? createSimulatedAws(accounts.in({ id, region }), lineOf(door, { id, region }, sessions), logGroup);
    apis.set(key, known);
    return known;
  };
  return {
    ...own,
    ListTasks: (input) => at(input.selector.cluster).ListTasks(input),
    DescribeTasks: (input) => at(input.cluster).DescribeTasks(input),
    DescribeServices: (input) => at(input.cluster).DescribeServices(input),
    DescribeTaskDefinition: (input) => at(input.cluster).DescribeTaskDefinition(input),
    ListServices: (input) => at(input.cluster).ListServices(input),
    GetResources: (input) => at(input.cluster).GetResources(input),
    ListTagsForResource: (input) => at(input.service).ListTagsForResource(input),
    ListInstances: (input) => at(input.service).ListInstances(input),
  };
}

function lineOf(door: HubDoor, place: Home, sessions: Map<string, Session>): Line {
  const line = door.lineTo(place);
  if (place.id === door.home.id) return line;
  const { clock } = door.accounts.in(door.home).account;
  return {
    ...line,
    accessKeyId: () => {
      const known = sessions.get(place.id);
      if (known !== undefined && clock.now() - known.begunAtMs < SESSION_MS - RENEWED_BEFORE_MS) return known.key;
      sessions.delete(place.id);
      const fresh = { key: assume(door, place), begunAtMs: clock.now() };
      sessions.set(place.id, fresh);
      return fresh.key;
    },
    answered: (name, input, output, code) => {
      const known = sessions.get(place.id);
      const isOver = known !== undefined && DENIALS.test(code) && clock.now() - known.begunAtMs >= DENIED_FOR_MS;
      if (isOver) sessions.delete(place.id);
      line.answered?.(name, input, output, code);
    },
  };
}

/** The key of a session. Throws what STS answers where it gives none. */
function assume({ accounts, home, role }: HubDoor, place: Home): string {
  const service = accounts.in(home);
  const fault = service.admit('AssumeRole');
  if (fault !== undefined) throw errorOf(fault, 'AssumeRole') ?? new ApiError('ServiceUnavailable', 'no answer in time', 503);
  const { Credentials } = service.perform('AssumeRole', {
    RoleArn: `arn:aws:iam::${place.id}:role/${role.name}`,
    RoleSessionName: 'alb-target-sync',
    DurationSeconds: SESSION_MS / 1_000,
    ExternalId: role.externalId,
  });
  return Credentials.AccessKeyId;
}
