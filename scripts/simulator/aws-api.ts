/** The account's door in process: the port that a pass calls, with time between a call, its effect and its answer. */

import { instanceFrom } from '../../functions/adapters/cloud-map.ts';
import { definitionFrom, serviceFrom, taskFrom } from '../../functions/adapters/ecs.ts';
import { attributesFrom, describedGroupOf, targetFrom } from '../../functions/adapters/elb.ts';
import { filterInput } from '../../functions/adapters/logs.ts';
import { kindOf } from '../../functions/adapters/outcome.ts';
import { resourcesInput } from '../../functions/adapters/tagging.ts';
import { type AwsApi, CALL_TIME_MS, type Outcome, type TargetsOfGroup } from '../../functions/app/ports.ts';
import { LIST_SERVICES_MAX } from '../../functions/core/batches.ts';
import type { Tag } from '../../functions/core/binding-sources.ts';
import { parseRecord } from '../../functions/core/ownership.ts';
import { err, ok, valuesOf } from '../../functions/core/result.ts';
import { cloudMapServiceIdOf, parseClusterArn, parseTaskArn } from '../../functions/core/values.ts';
import { type ApiName, type ApiOutput, errorOf, type Service } from './api.ts';
import type { Input } from './api-input.ts';

/** The way between the function and the account: how long it takes, and who watches it. */
export interface Line {
  /** Milliseconds from the call to its effect. */
  effectMs(name: ApiName): number;
  /** Milliseconds from the effect to the answer. */
  answerMs(name: ApiName): number;
  /** Told when a call leaves. False cuts the caller off: neither this call nor its answer will ever matter to it. */
  sent?(name: ApiName, input: Input): boolean;
  /** Told when a call takes effect. */
  effected?(name: ApiName, input: Input): void;
  /** Told when an answer arrives, or that none will; the output is undefined then, and the code is the error's. */
  answered?(name: ApiName, input: Input, output: unknown, code: string): void;
  /** With which key the call is signed; without one it is the account's own caller who calls. */
  accessKeyId?(): string | undefined;
  /** Until when the caller is frozen: answers that arrive before are seen then. */
  frozenUntilMs?(): number;
}

/** The log group of a function that nobody has named. */
export const LOG_GROUP = '/aws/lambda/sync';

export const USUAL_LINE: Line = { effectMs: () => 20, answerMs: () => 20 };

export function createSimulatedAws(service: Service, line: Line = USUAL_LINE, logGroup = LOG_GROUP): AwsApi {
  const send = <Name extends ApiName, Value>(name: Name, input: Input, read: (output: ApiOutput<Name>) => Value) =>
    makeCall(service, line, name, input, read);
  return {
    DescribeTargetGroups: ({ groups }) =>
      send('DescribeTargetGroups', { TargetGroupArns: [...groups] }, (output) => output.TargetGroups.map(describedGroupOf)),
    DescribeTags: ({ groups }) =>
      send('DescribeTags', { ResourceArns: [...groups] }, ({ TagDescriptions }) =>
        TagDescriptions.map(({ ResourceArn, Tags }) => ({ group: ResourceArn, tags: Tags.map(tagFrom) })),
      ),
    DescribeTargetGroupAttributes: ({ group }) =>
      send('DescribeTargetGroupAttributes', { TargetGroupArn: group }, ({ Attributes }) => attributesFrom(Attributes)),
    DescribeTargetHealth: ({ group }) =>
      send('DescribeTargetHealth', { TargetGroupArn: group }, (output) => output.TargetHealthDescriptions.map(targetFrom)),
    RegisterTargets: (input) => send('RegisterTargets', targetsInput(input), () => null),
    DeregisterTargets: (input) => send('DeregisterTargets', targetsInput(input), () => null),
    ListTasks: ({ selector, desired, nextToken }) => {
      const filter = selector.kind === 'service' ? { serviceName: selector.name } : { family: selector.name };
      const input = { cluster: selector.cluster, desiredStatus: desired, nextToken, ...filter };
      return send('ListTasks', input, (output) => ({
        items: output.taskArns.flatMap((arn) => {
          const parsed = parseTaskArn(arn);
          return parsed.ok ? [parsed.value] : [];
        }),
        nextToken: output.nextToken,
      }));
    },
    DescribeTasks: ({ cluster, tasks }) =>
      send('DescribeTasks', { cluster, tasks: [...tasks], include: ['TAGS'] }, (output) => output.tasks.map(taskFrom)),
    DescribeServices: ({ cluster, names }) =>
      send('DescribeServices', { cluster, services: [...names] }, (output) => output.services.map(serviceFrom)),
    DescribeTaskDefinition: ({ definition }) =>
      send('DescribeTaskDefinition', { taskDefinition: definition }, ({ taskDefinition }) =>
        definitionFrom(taskDefinition.containerDefinitions),
      ),
    ListClusters: ({ nextToken }) =>
      send('ListClusters', { nextToken }, (output) => ({
        items: valuesOf(output.clusterArns.map(parseClusterArn)),
        nextToken: output.nextToken,
      })),
    ListServices: ({ cluster, nextToken }) =>
      send('ecs.ListServices', { cluster, nextToken, maxResults: LIST_SERVICES_MAX }, (output) => ({
        items: output.serviceArns.map((arn) => arn.slice(arn.lastIndexOf('/') + 1)),
        nextToken: output.nextToken,
      })),
    GetResources: ({ types, tagValue, nextToken }) =>
      send('GetResources', resourcesInput(types, tagValue, nextToken), (output) => ({
        items: output.ResourceTagMappingList.map(({ ResourceARN }) => ResourceARN),
        nextToken: output.PaginationToken || undefined,
      })),
    ListLogGroupTags: () =>
      send('logs.ListTagsForResource', { resourceArn: service.account.logs.arnOf(logGroup) }, ({ tags }) =>
        Object.entries(tags).map(([key, value]) => ({ key, value })),
      ),
    FilterLogEvents: (input) =>
      send('FilterLogEvents', filterInput(logGroup, input), (output) => ({
        items: output.events.flatMap(({ timestamp, message, logStreamName }) =>
          parseRecord(JSON.parse(message), timestamp, logStreamName),
        ),
        nextToken: output.nextToken,
      })),
    ListTagsForResource: ({ service: arn }) =>
      send('ListTagsForResource', { ResourceARN: arn }, ({ Tags }) => Tags.map(tagFrom)),
    ListInstances: ({ service: arn, nextToken }) =>
      send('ListInstances', { ServiceId: cloudMapServiceIdOf(arn), NextToken: nextToken }, (output) => ({
        items: output.Instances.map(instanceFrom),
        nextToken: output.NextToken,
      })),
  };
}

function tagFrom({ Key, Value }: { readonly Key: string; readonly Value: string }): Tag {
  return { key: Key, value: Value };
}

function targetsInput({ group, targets }: TargetsOfGroup): Input {
  return {
    TargetGroupArn: group,
    Targets: targets.map(({ id, port, zone }) => ({ Id: id, Port: port, AvailabilityZone: zone })),
  };
}

function makeCall<Name extends ApiName, Value>(
  service: Service,
  line: Line,
  name: Name,
  input: Input,
  read: (output: ApiOutput<Name>) => Value,
): Promise<Outcome<Value>> {
  const { clock } = service.account;
  const sentAtMs = clock.now();
  return new Promise((resolve) => {
    if (line.sent?.(name, input) === false) return;
    const answer = (atMs: number, outcome: Outcome<Value>, output: unknown): void => {
      const seenAtMs = Math.max(atMs, line.frozenUntilMs?.() ?? 0);
      clock.at(seenAtMs, () => {
        line.answered?.(name, input, output, outcome.ok ? '' : (outcome.problem.message.split(':')[0] ?? ''));
        resolve(outcome);
      });
    };
    const silence = (): void => {
      answer(sentAtMs + CALL_TIME_MS, err({ kind: 'unavailable', message: 'no answer in time' }), undefined);
    };
    clock.after(line.effectMs(name), () => {
      const fault = service.admit(name);
      const refusal = fault === undefined ? undefined : errorOf(fault, name);
      if (fault?.kind === 'hang') return silence();
      const { outcome, output } = refusal === undefined ? effect() : { outcome: outcomeOfError(refusal), output: undefined };
      if (fault?.kind === 'answer lost') return silence();
      const takesMs = line.answerMs(name);
      // Whoever calls gives up after three seconds, and never sees an answer that comes later.
      if (clock.now() + takesMs - sentAtMs >= CALL_TIME_MS) return silence();
      answer(clock.now() + takesMs, outcome, output);
    });
  });

  function effect(): { readonly outcome: Outcome<Value>; readonly output: unknown } {
    try {
      const output = service.perform(name, input, line.accessKeyId?.());
      line.effected?.(name, input);
      return { outcome: ok(read(output)), output };
    } catch (error) {
      return { outcome: outcomeOfError(error), output: undefined };
    }
  }
}

function outcomeOfError(error: unknown): Outcome<never> {
  return err({ kind: kindOf(error), message: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown' });
}
