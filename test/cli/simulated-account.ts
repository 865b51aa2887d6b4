/** The simulated account behind its door on loopback, for commands that read an account. */
import { cloudMapServiceArn } from '../../scripts/simulator/account.ts';
import { inProcess } from '../../scripts/simulator/backends.ts';
import type { CloudMapServiceRecord } from '../../scripts/simulator/cloud-map.ts';
import { CLUSTER, Deployment, GROUP, type SettingsText } from '../../scripts/simulator/deployment.ts';
import { present } from '../../scripts/simulator/ecs.ts';
import { HttpDoor } from '../../scripts/simulator/http.ts';

export const MYSQL = cloudMapServiceArn('mysql');
export const LINE = 'service=app port=8080';
export const HERE = ['--cluster', CLUSTER, '--target-group', GROUP] as const;
/** Credentials that the door takes. */
export const ENV = { AWS_ACCESS_KEY_ID: 'simulated', AWS_SECRET_ACCESS_KEY: 'simulated' } as const;

export interface SimulatedAccount {
  readonly deployment: Deployment;
  readonly service: CloudMapServiceRecord;
  readonly endpoint: string;
}

/** How long before the commands the account begins. */
const AGO_MS = 130_000;

const doors: HttpDoor[] = [];

export async function closeAccounts(): Promise<void> {
  for (const door of doors.splice(0)) await door.close();
}

/**
 * One task is registered, two are not, one that is told to stop still is, and there is a target that none of them explains; of
 * the Cloud Map service's two instances, one has another address than its task.
 */
export async function openAccount(settings: Partial<SettingsText> = {}): Promise<SimulatedAccount> {
  const { deployment, service } = newAccount(AGO_MS, settings);
  const [first, second, , leaving] = deployment.start(4);
  await deployment.pass(1_000);
  const registered = [first, leaving].map((task) => (task === undefined ? '' : (present(task).ipv4 ?? '')));
  deployment.account.elb.register(
    deployment.group,
    [...registered, '10.0.9.9'].map((id) => ({ id, port: 8080, zone: undefined })),
  );
  for (const [task, ip] of [
    [first, registered[0]],
    [second, '10.0.9.8'],
  ] as const) {
    deployment.account.cloudMap.register(service, task?.id ?? '', { AWS_INSTANCE_IPV4: ip ?? '', ECS_SERVICE_NAME: 'app' });
  }
  await deployment.pass(70_000);
  if (leaving !== undefined) deployment.account.ecs.change(leaving, { desired: 'STOPPED', last: 'STOPPING' });
  await deployment.pass(10_000);
  return open({ deployment, service });
}

/** Two tasks, two targets and two instances that agree. */
export async function openAccountInStep(agoMs?: number): Promise<SimulatedAccount> {
  const { deployment, service } = newAccount(agoMs);
  deployment.group.deregistrationDelaySeconds = 20;
  for (const task of deployment.start(2)) {
    await deployment.pass(1_000);
    const ip = present(task).ipv4 ?? '';
    deployment.account.elb.register(deployment.group, [{ id: ip, port: 8080, zone: undefined }]);
    deployment.account.cloudMap.register(service, task.id, { AWS_INSTANCE_IPV4: ip, ECS_SERVICE_NAME: 'app' });
  }
  await deployment.pass(120_000);
  return open({ deployment, service });
}

export function newAccount(
  agoMs = AGO_MS,
  settings: Partial<SettingsText> = {},
): { readonly deployment: Deployment; readonly service: CloudMapServiceRecord } {
  const deployment = new Deployment({ settings: { binding: LINE, cloudMapServices: [MYSQL], ...settings } }).use(inProcess());
  deployment.deliver = () => undefined;
  // The commands have the machine's clock: what stopped in the account stopped a moment ago.
  deployment.clock.jump(Date.now() - agoMs);
  const service = deployment.account.cloudMap.addService(MYSQL, 'mysql');
  service.tags.set('alb-target-sync', 'service=app');
  return { deployment, service };
}

export async function open(account: Omit<SimulatedAccount, 'endpoint'>): Promise<SimulatedAccount> {
  const door = new HttpDoor(account.deployment.service);
  doors.push(door);
  return { ...account, endpoint: await door.open() };
}

export function writesOf({ account: { calls } }: Deployment): number {
  const writes = [...calls].filter(([operation]) => !/^(?:\w+\.)?(?:Describe|List|Get|Filter)/.test(operation));
  return writes.reduce((sum, [, count]) => sum + count, 0);
}
