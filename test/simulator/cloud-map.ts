/** The simulated Cloud Map: services with instances, as ECS writes them. */
import { ApiError } from './api-error.ts';
import type { VirtualClock } from './clock.ts';

interface InstanceRecord {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly registeredAtMs: number;
}

export interface CloudMapServiceRecord {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly tags: Map<string, string>;
  readonly instances: Map<string, InstanceRecord>;
}

export class CloudMap {
  readonly services = new Map<string, CloudMapServiceRecord>();
  readonly #clock: VirtualClock;
  #operationCount = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  addService(arn: string, name: string): CloudMapServiceRecord {
    const id = arn.slice(arn.lastIndexOf('/') + 1);
    const service: CloudMapServiceRecord = { id, arn, name, tags: new Map(), instances: new Map() };
    this.services.set(id, service);
    return service;
  }

  service(idOrArn: unknown): CloudMapServiceRecord {
    const id = typeof idOrArn === 'string' ? idOrArn.slice(idOrArn.lastIndexOf('/') + 1) : '';
    const service = this.services.get(id);
    if (service === undefined) throw new ApiError('ServiceNotFound', `No service with the ID ${id} exists`, 404);
    return service;
  }

  register(service: CloudMapServiceRecord, id: string, attributes: Readonly<Record<string, string>>): string {
    service.instances.set(id, { id, attributes, registeredAtMs: this.#clock.now() });
    return this.#nextOperation();
  }

  deregister(service: CloudMapServiceRecord, id: string): string {
    if (!service.instances.delete(id)) throw new ApiError('InstanceNotFound', `No instance with the ID ${id} exists`, 404);
    return this.#nextOperation();
  }

  #nextOperation(): string {
    this.#operationCount += 1;
    return `operation-${this.#operationCount}`;
  }
}
