/** What happens between two accounts takes both sides: whom a spoke's roles let in, and from whom the hub's bus takes events. */
import type { SettingsText } from '../../scripts/simulator/deployment.ts';
import type { DeniedCase } from './denied.ts';
import type { IamRequest } from './requests.ts';
import { busPolicyOf, type Role, roleOf, SPOKES, sessionOf, spokeRoleOf, trustOf } from './role.ts';

export interface BothSides {
  /** What has to be allowed for the product to work. */
  readonly wanted: readonly DeniedCase[];
  readonly denied: readonly DeniedCase[];
}

const STRANGER = '999988887777';
const BUS = 'arn:aws:events:eu-west-1:111122223333:event-bus/default';
const SOURCES = ['aws.ecs', 'aws.tag'];

export function betweenAccounts(settings: SettingsText): BothSides {
  const sides = [...SPOKES.map((spoke) => readingOf(settings, spoke)), ...SPOKES.map((spoke) => sendingOf(settings, spoke))];
  return { wanted: sides.flatMap(({ wanted }) => wanted), denied: sides.flatMap(({ denied }) => denied) };
}

/** The hub assumes the role that it reads by. */
function readingOf(settings: SettingsText, spoke: (typeof SPOKES)[number]): BothSides {
  const hub = roleOf(settings);
  const { name = '', externalId = '' } = settings.spokeRole ?? {};
  const assume = (kind: string, told: string | undefined, caller: Role = hub): DeniedCase => {
    const context = { 'aws:ResourceAccount': spoke.id, ...(told !== undefined && { 'sts:ExternalId': told }) };
    const request: IamRequest = { action: 'sts:AssumeRole', resource: `arn:aws:iam::${spoke.id}:role/${name}`, context };
    return { party: 'between', kind, role: caller, request, other: trustOf(settings, spoke) };
  };
  const calling = (principal: string): Role => ({ ...hub, principal, accountId: principal.split(':')[4] ?? '' });
  return {
    wanted: [assume('hub assumes the role of the spoke', externalId)],
    denied: [
      assume('wrong external ID', `${externalId}-2`),
      assume('no external ID', undefined),
      assume('other role of the hub', externalId, calling(sessionOf('other'))),
      assume('user of the hub', externalId, calling('arn:aws:iam::111122223333:user/operator')),
      assume('role of that name in another account', externalId, calling(hub.principal.replace('111122223333', STRANGER))),
      assume('other spoke', externalId, calling(hub.principal.replace('111122223333', otherThan(spoke).id))),
    ],
  };
}

/** EventBridge sends what the spoke's rules match, by a role of the spoke, to the hub's bus. */
function sendingOf(settings: SettingsText, spoke: (typeof SPOKES)[number]): BothSides {
  const sender = spokeRoleOf(settings, spoke, 'SendRole');
  const put = (kind: string, source: string, more: Partial<DeniedCase> = {}, resource = BUS): DeniedCase => {
    const request = { action: 'events:PutEvents', resource, context: { 'events:source': [source] } };
    return { party: 'between', kind, role: sender, request, other: busPolicyOf(settings), ...more };
  };
  const serving = (kind: string, service: string, account: string): DeniedCase => {
    const context = { 'aws:SourceAccount': account };
    const request = { action: 'sts:AssumeRole', resource: `arn:aws:iam::${spoke.id}:role/SendRole`, context };
    const role: Role = { principal: service, accountId: spoke.id, statements: [] };
    return { party: 'between', kind, role, request, other: trustOf(settings, spoke, 'SendRole') };
  };
  const ofStranger = { ...sender, principal: sessionOf('SendRole', STRANGER), accountId: STRANGER };
  return {
    wanted: [
      ...SOURCES.map((source) => put('spoke sends events', source)),
      serving('EventBridge sends for the spoke', 'events.amazonaws.com', spoke.id),
    ],
    denied: [
      put('event of another source', 'aws.ec2'),
      put('event of another source', 'my.app'),
      put('event of an account that is no spoke', 'aws.ecs', { role: ofStranger }),
      put('event to a hub without spokes', 'aws.ecs', { other: busPolicyOf(withoutSpokes(settings)) }),
      put('event to another bus', 'aws.ecs', {}, BUS.replace('default', 'other')),
      serving('other service sends', 'lambda.amazonaws.com', spoke.id),
      serving('EventBridge sends for another account', 'events.amazonaws.com', STRANGER),
    ],
  };
}

function otherThan(spoke: (typeof SPOKES)[number]): (typeof SPOKES)[number] {
  return spoke === SPOKES[0] ? SPOKES[1] : SPOKES[0];
}

export function withoutSpokes({ spokeRole: _, ...rest }: SettingsText): SettingsText {
  return rest;
}
