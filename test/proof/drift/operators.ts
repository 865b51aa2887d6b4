/** Who changes things in a generated history: the service that starts and stops tasks, and operators at the console. */
import { type Account, clusterArn } from '../../../scripts/simulator/account.ts';
import type { CloudMapServiceRecord } from '../../../scripts/simulator/cloud-map.ts';
import { present, type TaskRecord } from '../../../scripts/simulator/ecs.ts';
import type { Random } from '../../../scripts/simulator/random.ts';
import type { DriftTruth } from './oracle.ts';
import { type DriftScenario, PORT } from './scenario.ts';

/** Whatever is done is done by then, so that there is time to find it. */
const QUIET_MS = 150_000;

export class DriftOperators {
  readonly #account: Account;
  readonly #truth: DriftTruth;
  readonly #scenario: DriftScenario;
  readonly #random: Random;
  #count = 0;

  constructor(account: Account, truth: DriftTruth, scenario: DriftScenario, random: Random) {
    this.#account = account;
    this.#truth = truth;
    this.#scenario = scenario;
    this.#random = random;
  }

  /** Puts everything that will happen on the clock. */
  begin(keepAnew: () => void): void {
    const busyMs = this.#scenario.lastsMs - QUIET_MS;
    const soon = (run: () => void): void => {
      this.#account.clock.after(this.#random.whole(0, busyMs), run);
    };
    for (let each = 0; each < this.#scenario.tasks; each += 1) {
      // Most begin early: a drift needs a task that has run for a while.
      this.#account.clock.after(this.#random.whole(0, this.#random.chance(0.7) ? 20_000 : busyMs), () => this.#start());
    }
    for (let each = this.#random.whole(0, this.#scenario.tasks); each > 0; each -= 1) soon(() => this.#stop());
    const deeds = this.#scenario.withPeople ? this.#random.whole(1, 3) : 0;
    for (let each = 0; each < deeds; each += 1) soon(() => this.#meddle());
    if (this.#scenario.recreates) soon(() => this.#recreate(keepAnew));
  }

  #start(): void {
    this.#count += 1;
    const ipv6 = `2001:db8::${this.#count.toString(16)}`;
    const { addresses } = this.#scenario;
    this.#account.ecs.start({
      clusterArn: clusterArn('prod'),
      group: 'service:app',
      definition: 'app:1',
      ...(addresses === 'ipv4' ? {} : { ipv6 }),
      ...(addresses === 'both' ? { ipv4: `10.1.0.${this.#count}` } : {}),
      timing: {
        provisioningMs: this.#random.whole(1_000, 9_000),
        pendingMs: this.#random.whole(1_000, 20_000),
        activatingMs: this.#random.chance(0.5) ? this.#random.whole(1_000, 43_000) : undefined,
        deactivatingMs: this.#random.chance(0.5) ? this.#random.whole(1_000, 20_000) : undefined,
        stoppingMs: this.#random.whole(500, 40_000),
        deprovisioningMs: this.#random.whole(2_000, 30_000),
      },
    });
  }

  /** Stops a task, or lets it crash; half of them are replaced, perhaps at the same address. */
  #stop(): void {
    const task = this.#random.pick(this.#live());
    if (task === undefined) return;
    if (this.#random.chance(0.3)) this.#account.ecs.crash(task);
    else this.#account.ecs.stop(task);
    if (this.#random.chance(0.6)) this.#start();
  }

  #meddle(): void {
    const { service } = this.#truth;
    const instance = this.#random.pick([...service.instances.values()]);
    const { cloudMap } = this.#account;
    const deed = this.#random.pick(['remove', 'move', 'port', 'foreign'] as const);
    this.#count += 1;
    const foreign = { AWS_INSTANCE_IPV4: `10.9.0.${this.#count}`, owner: 'somebody' };
    if (deed === 'foreign' || instance === undefined) cloudMap.register(service, `by-hand-${this.#count}`, foreign);
    else if (deed === 'remove') cloudMap.deregister(service, instance.id);
    else cloudMap.register(service, instance.id, this.#changed(instance.attributes, deed));
  }

  #changed(attributes: Readonly<Record<string, string>>, deed: 'move' | 'port'): Record<string, string> {
    const { AWS_INSTANCE_PORT: port, AWS_INSTANCE_IPV4: ipv4 } = attributes;
    if (deed === 'port' && port !== undefined) return { ...attributes, AWS_INSTANCE_PORT: String(PORT + 1) };
    return ipv4 === undefined
      ? { ...attributes, AWS_INSTANCE_IPV6: `2001:db8:9::${this.#count.toString(16)}` }
      : { ...attributes, AWS_INSTANCE_IPV4: `10.8.0.${this.#count}` };
  }

  /** The service is deleted and made anew under its old id; ECS registers only the tasks that start from then on. */
  #recreate(keepAnew: () => void): void {
    const old: CloudMapServiceRecord = this.#truth.service;
    this.#account.cloudMap.removeService(old);
    this.#account.clock.after(this.#random.whole(100, 5_000), () => {
      const { namespaceId, records, healthCheck } = old;
      const service = this.#account.cloudMap.addService(old.arn, old.name, { namespaceId, records, healthCheck });
      for (const [key, value] of old.tags) service.tags.set(key, value);
      this.#truth.service = service;
      keepAnew();
      this.#truth.note();
    });
  }

  #live(): TaskRecord[] {
    return [...this.#account.ecs.tasks.values()].filter((task) => present(task).desired === 'RUNNING');
  }
}
