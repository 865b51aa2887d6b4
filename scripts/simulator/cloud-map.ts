/**
 * The simulated Cloud Map: services with instances. Writes take effect some time after they are answered, and lists may be
 * behind; how long is chosen by whoever runs the simulation, since AWS documents neither.
 */
import { ApiError } from './api-error.ts';
import type { VirtualClock } from './clock.ts';
import { Tags } from './tags.ts';

export interface InstanceRecord {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly registeredAtMs: number;
}

interface RecordType {
  readonly Type: 'A' | 'AAAA' | 'SRV';
  readonly TTL: number;
}

/** What a service is made with. */
export interface ServiceSpec {
  readonly namespaceId: string;
  /** None in an HTTP namespace. */
  readonly records: readonly RecordType[];
  readonly healthCheck: 'custom' | 'route53' | 'none';
}

export interface CloudMapServiceRecord extends ServiceSpec {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly tags: Tags;
  /** As they are now. */
  readonly instances: Map<string, InstanceRecord>;
  readonly health: Map<string, string>;
  /** Every state of the instances, for lists that are behind. */
  readonly history: { readonly atMs: number; readonly instances: readonly InstanceRecord[] }[];
}

export interface OperationRecord {
  readonly id: string;
  readonly type: 'REGISTER_INSTANCE' | 'DEREGISTER_INSTANCE';
  status: 'PENDING' | 'SUCCESS';
}

const USUAL: ServiceSpec = { namespaceId: 'ns-prod', records: [{ Type: 'A', TTL: 60 }], healthCheck: 'custom' };

export class CloudMap {
  readonly services = new Map<string, CloudMapServiceRecord>();
  readonly operations = new Map<string, OperationRecord>();
  /** How far behind the present the next list is. */
  lagMs: () => number = () => 0;
  /** How long the next write takes from its answer to its effect. */
  effectMs: () => number = () => 0;
  readonly #clock: VirtualClock;
  #changed: () => void = () => undefined;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Calls back after every change of an instance. */
  onChange(listener: () => void): void {
    this.#changed = listener;
  }

  addService(arn: string, name: string, spec: Partial<ServiceSpec> = {}): CloudMapServiceRecord {
    const createdAtMs = this.#clock.now();
    const fresh = { tags: new Tags(this.#clock), instances: new Map(), health: new Map(), history: [] };
    const service = { ...USUAL, ...spec, id: idOf(arn), arn, name, createdAtMs, ...fresh };
    this.services.set(service.id, service);
    return service;
  }

  /** Deleting a service takes its instances with it, as `terraform apply -replace` does; ECS is not told. */
  removeService(service: CloudMapServiceRecord): void {
    this.services.delete(service.id);
    service.instances.clear();
    this.#changed();
  }

  service(idOrArn: unknown): CloudMapServiceRecord {
    const id = typeof idOrArn === 'string' ? idOf(idOrArn) : '';
    const service = this.services.get(id);
    if (service === undefined) throw new ApiError('ServiceNotFound', `No service with the ID ${id} exists`, 404);
    return service;
  }

  register(service: CloudMapServiceRecord, id: string, attributes: Readonly<Record<string, string>>): string {
    return this.#operate('REGISTER_INSTANCE', service, () => {
      service.instances.set(id, { id, attributes, registeredAtMs: this.#clock.now() });
      const begins = attributes['AWS_INIT_HEALTH_STATUS'];
      if (service.healthCheck === 'custom' && !service.health.has(id)) service.health.set(id, begins ?? 'HEALTHY');
    });
  }

  deregister(service: CloudMapServiceRecord, id: string): string {
    if (!service.instances.has(id)) throw new ApiError('InstanceNotFound', `No instance with the ID ${id} exists`, 404);
    return this.#operate('DEREGISTER_INSTANCE', service, () => {
      service.instances.delete(id);
      service.health.delete(id);
    });
  }

  /** The instances as a list tells them that is behind by what `lagMs` says. */
  listed(service: CloudMapServiceRecord): readonly InstanceRecord[] {
    const lagMs = this.lagMs();
    if (lagMs === 0) return [...service.instances.values()];
    const atMs = this.#clock.now() - lagMs;
    return service.history.findLast((each) => each.atMs <= atMs)?.instances ?? [];
  }

  #operate(type: OperationRecord['type'], service: CloudMapServiceRecord, effect: () => void): string {
    const operation: OperationRecord = { id: `operation-${this.operations.size + 1}`, type, status: 'PENDING' };
    this.operations.set(operation.id, operation);
    const take = (): void => {
      effect();
      service.history.push({ atMs: this.#clock.now(), instances: [...service.instances.values()] });
      operation.status = 'SUCCESS';
      this.#changed();
    };
    const effectMs = this.effectMs();
    if (effectMs === 0) take();
    else this.#clock.after(effectMs, take);
    return operation.id;
  }
}

function idOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
