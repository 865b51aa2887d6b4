/** Instances of Cloud Map as `list-instances` told them: which lists are of one service, and whose tasks they name. */
import { isObject, type JsonObject } from '../../../functions/core/json.ts';
import { arnParts, type CloudMapServiceArn, type ClusterArn, parseCloudMapServiceArn } from '../../../functions/core/values.ts';
import { count } from '../render.ts';
import { clusterWord } from './bindings.ts';
import type { Item } from './item.ts';

/** A Cloud Map service of which a list was given. */
interface ToldService {
  readonly service: CloudMapServiceArn;
  readonly cluster: ClusterArn;
  /** The ECS service whose tasks the instances are. */
  readonly name: string;
  /** The binding that says so. */
  readonly line: string;
  readonly instances: readonly JsonObject[];
}

export interface ToldInstances {
  readonly services: readonly ToldService[];
  /** What could not be compared, and what had to be guessed, in words. */
  readonly unused: readonly string[];
  readonly remarks: readonly string[];
}

/** An ECS service of the capture. */
export interface Owner {
  readonly cluster: ClusterArn;
  readonly name: string;
}

interface List {
  readonly file: string;
  readonly instances: JsonObject[];
  readonly isLoose: boolean;
  goesOn: boolean;
}

/** An ECS service may have several Cloud Map services: each list is one of them, unless it is the next page of the one before. */
export function toldInstances(
  items: readonly Item[],
  clusters: readonly ClusterArn[],
  owners: readonly Owner[],
): ToldInstances {
  const services: ToldService[] = [];
  const unused: string[] = [];
  const remarks: string[] = [];
  const add = (owner: Owner, instances: readonly JsonObject[]): void => {
    const service = arnOf(owner, services.length);
    const prefix = clusters.length > 1 ? `cluster=${clusterWord(owner.cluster, clusters)} ` : '';
    if (service !== undefined) services.push({ service, ...owner, line: `${prefix}service=${owner.name}`, instances });
  };
  for (const { file, instances } of listsIn(items)) {
    if (instances.length === 0) {
      const [owner, ...others] = owners;
      if (owner === undefined || others.length > 0) {
        unused.push(`${file}: the list of instances is empty, and nothing in it says of which service; it is not compared.`);
        continue;
      }
      remarks.push(
        `${file}: the list of instances is empty. It is taken for that of service ${owner.name}, the only one here.`,
      );
      add(owner, []);
    }
    const owned = Map.groupBy(instances, (instance) => keyOf(ownerOf(instance, clusters, owners)));
    for (const members of owned.values()) {
      const owner = ownerOf(members[0], clusters, owners);
      if (owner !== undefined) add(owner, members);
      else if (clusters.length > 0) unused.push(`${file}: ${whyNot(members, clusters)}`);
    }
  }
  return { services, unused, remarks };
}

function listsIn(items: readonly Item[]): List[] {
  const lists: List[] = [];
  for (const { snapshot, place } of items.filter((item) => item.kind === 'snapshot')) {
    if (snapshot.kind !== 'instances') continue;
    const { isLoose = false, goesOn = false } = snapshot;
    const instances = snapshot.instances.filter(isObject);
    const last = lists.at(-1);
    if (last !== undefined && isNext(last, { file: place.file, instances, isLoose, goesOn })) {
      last.instances.push(...instances);
      last.goesOn = goesOn;
    } else lists.push({ file: place.file, instances, isLoose, goesOn });
  }
  return lists;
}

/** An instance that comes again is one of another service: ids are those of tasks. */
function isNext(last: List, { file, instances, isLoose }: List): boolean {
  if (!isLoose) return last.goesOn;
  return last.isLoose && last.file === file && !last.instances.some(({ Id }) => instances.some((each) => each['Id'] === Id));
}

function keyOf(owner: Owner | undefined): string {
  return owner === undefined ? '' : `${owner.cluster} ${owner.name}`;
}

/** The one ECS service that the attributes mean. */
function ownerOf(
  instance: JsonObject | undefined,
  clusters: readonly ClusterArn[],
  owners: readonly Owner[],
): Owner | undefined {
  const name = attributeOf(instance, 'ECS_SERVICE_NAME');
  const [told, region] = [attributeOf(instance, 'ECS_CLUSTER_NAME'), attributeOf(instance, 'REGION')];
  const possible = clusters.filter((arn) => told === '' || arnParts(arn).name === told);
  const near = possible.filter((arn) => region === '' || arnParts(arn).region === region);
  const candidates = near.length > 0 ? near : possible;
  const owning = candidates.filter((arn) => owners.some((owner) => owner.cluster === arn && owner.name === name));
  const [cluster, ...others] = owning.length > 0 ? owning : candidates;
  return cluster === undefined || others.length > 0 || name === '' ? undefined : { cluster, name };
}

function whyNot(instances: readonly JsonObject[], clusters: readonly ClusterArn[]): string {
  const what = `${count(instances.length, 'instance')} ${instances.length === 1 ? 'is' : 'are'} not compared`;
  const [first] = instances.filter((each) => attributeOf(each, 'ECS_SERVICE_NAME') !== '');
  // Instances of Service Connect do not say whose they are.
  if (first === undefined)
    return `${what}, since no attribute ECS_SERVICE_NAME says whose ${instances.length === 1 ? 'it is' : 'they are'}.`;
  const [cluster, name] = [attributeOf(first, 'ECS_CLUSTER_NAME'), attributeOf(first, 'ECS_SERVICE_NAME')];
  const isKnown = cluster === '' || clusters.some((arn) => arnParts(arn).name === cluster);
  return isKnown
    ? `${what}: there are several clusters that service ${name} may be in.`
    : `${what}: nothing else that was given is about cluster ${cluster}.`;
}

/** Nobody tells the id of a service: it is made of the name. */
function arnOf({ cluster, name }: Owner, number: number): CloudMapServiceArn | undefined {
  const { region, account } = arnParts(cluster);
  const partition = cluster.split(':')[1] ?? 'aws';
  const id = `srv-${name.slice(0, 50)}${number === 0 ? '' : `-${number + 1}`}`;
  const arn = parseCloudMapServiceArn(`arn:${partition}:servicediscovery:${region}:${account}:service/${id}`);
  return arn.ok ? arn.value : undefined;
}

function attributeOf(instance: unknown, key: string): string {
  const attributes = isObject(instance) && isObject(instance['Attributes']) ? instance['Attributes'] : {};
  return typeof attributes[key] === 'string' ? attributes[key] : '';
}
