/** The alarms of template.yaml as the simulated CloudWatch takes them. A setting that it does not know is refused, not left out. */
import type { CompositeAlarm, MetricAlarm } from '../../simulator/alarms.ts';
import type { StackNames } from '../../simulator/watched.ts';
import { listOf, lookUp, TOPIC } from './template.ts';
import { FILES, ofType, type Resource, viewOf } from './templates.ts';

/** What the rendered template calls the parts of the stack. */
export const NAMES: StackNames = {
  stack: 'my-stack',
  function: 'SyncFunction',
  hintQueue: 'HintQueue.QueueName',
  deadLetterQueue: 'DeadLetterQueue.QueueName',
  scheduleRule: 'SyncFunctionEveryMinute',
  taskRule: 'TaskRule',
};

const PAGE_TOPIC = `${TOPIC}-page`;
const STACK = viewOf(FILES).root({ AlarmTopicArn: TOPIC, PageTopicArn: PAGE_TOPIC });

export function metricAlarms(): MetricAlarm[] {
  return ofType(STACK, 'AWS::CloudWatch::Alarm').map(metricAlarmOf);
}

export function compositeAlarms(): CompositeAlarm[] {
  return ofType(STACK, 'AWS::CloudWatch::CompositeAlarm').map(({ name, properties }) => {
    const parts = String(properties['AlarmRule'])
      .trim()
      .split(/\s+OR\s+/);
    const anyOf = parts.map((part) => /^ALARM\("(\w+)"\)$/.exec(part)?.[1] ?? unknown(name, 'AlarmRule', part));
    return { name, anyOf };
  });
}

function metricAlarmOf({ name, properties }: Resource): MetricAlarm {
  if (properties['Period'] !== 60) unknown(name, 'Period', properties['Period']);
  const evaluationPeriods = Number(properties['EvaluationPeriods']);
  const dimensions = listOf(properties['Dimensions']).map((each) => [
    String(lookUp(each, 'Name')),
    String(lookUp(each, 'Value')),
  ]);
  return {
    name,
    metric: {
      namespace: String(properties['Namespace']),
      name: String(properties['MetricName']),
      dimensions: Object.fromEntries(dimensions),
    },
    statistic: String(properties['Statistic']),
    evaluationPeriods,
    datapointsToAlarm: Number(properties['DatapointsToAlarm'] ?? evaluationPeriods),
    comparison: oneOf(name, 'ComparisonOperator', properties['ComparisonOperator'], COMPARISONS),
    threshold: Number(properties['Threshold']),
    missingData: oneOf(name, 'TreatMissingData', properties['TreatMissingData'] ?? 'missing', TREATMENTS),
    notifiesWithoutData: properties['InsufficientDataActions'] !== undefined,
    pagesWithoutData: listOf(properties['InsufficientDataActions']).includes(PAGE_TOPIC),
  };
}

const COMPARISONS = ['GreaterThanThreshold', 'LessThanThreshold'] as const;
const TREATMENTS = ['missing', 'notBreaching', 'breaching'] as const;

function oneOf<Known extends string>(alarm: string, property: string, value: unknown, known: readonly Known[]): Known {
  return known.find((each) => each === value) ?? unknown(alarm, property, value);
}

function unknown(alarm: string, property: string, value: unknown): never {
  throw new Error(`${alarm}: the simulated CloudWatch does not know ${property} ${JSON.stringify(value)}.`);
}
