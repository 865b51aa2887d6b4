/** The Lambda functions of a template, read alike from SAM's short form and from what CloudFormation makes of it. */
import type { JsonObject } from '../../../functions/core/json.ts';
import { listOf, lookUp, objectOf } from './template.ts';
import { ofType, type Stack } from './templates.ts';

export interface LambdaFunction {
  readonly name: string;
  readonly properties: JsonObject;
  readonly queues: readonly QueueMapping[];
  readonly schedules: readonly Schedule[];
  /** What becomes of an asynchronous call that fails. */
  readonly retries: JsonObject;
}

interface QueueMapping {
  /** Such as `HintQueue.Arn`. */
  readonly queue: unknown;
  readonly settings: JsonObject;
}

interface Schedule {
  readonly expression: unknown;
  readonly state: unknown;
}

export function functionsOf(stack: Stack): LambdaFunction[] {
  return ofType(stack, 'AWS::Serverless::Function', 'AWS::Lambda::Function').map(({ name, type, properties }) =>
    type === 'AWS::Serverless::Function' ? fromShortForm(name, properties) : fromPlain(name, properties, stack),
  );
}

function fromShortForm(name: string, properties: JsonObject): LambdaFunction {
  const events = Object.values(objectOf(properties['Events'] ?? {}));
  const ofKind = (kind: string) =>
    events.filter((event) => lookUp(event, 'Type') === kind).map((event) => objectOf(lookUp(event, 'Properties')));
  return {
    name,
    properties,
    queues: ofKind('SQS').map((settings) => ({ queue: settings['Queue'], settings })),
    schedules: ofKind('Schedule').map((settings) => ({
      expression: settings['Schedule'],
      state: settings['Enabled'] === false ? 'DISABLED' : settings['State'],
    })),
    retries: objectOf(properties['EventInvokeConfig'] ?? {}),
  };
}

function fromPlain(name: string, properties: JsonObject, stack: Stack): LambdaFunction {
  const about = (type: string) => ofType(stack, type).filter((resource) => resource.properties['FunctionName'] === name);
  const rules = ofType(stack, 'AWS::Events::Rule').filter(({ properties: rule }) => {
    return listOf(rule['Targets']).some((target) => lookUp(target, 'Arn') === `${name}.Arn`);
  });
  return {
    name,
    properties,
    queues: about('AWS::Lambda::EventSourceMapping').map(({ properties: settings }) => ({
      queue: settings['EventSourceArn'],
      settings,
    })),
    schedules: rules.map(({ properties: rule }) => ({ expression: rule['ScheduleExpression'], state: rule['State'] })),
    retries: objectOf(about('AWS::Lambda::EventInvokeConfig')[0]?.properties ?? {}),
  };
}
