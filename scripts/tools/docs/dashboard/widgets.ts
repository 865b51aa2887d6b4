/** The widgets of infra/operations.yaml, as CloudWatch reads them out of the dashboard's body. */
import { isObject, type JsonObject } from '../../../../functions/core/json.ts';
import type { MetricName } from '../../../simulator/cloudwatch.ts';
import { NAMES } from '../../template/alarms.ts';
import { listOf, lookUp, objectOf, parseTemplate, renderTemplate } from '../../template/template.ts';
import { FILES } from '../../template/templates.ts';

export interface Curve {
  readonly metric: MetricName;
  readonly statistic: string;
  readonly label: string;
  readonly color: string;
  readonly isOnTheRight: boolean;
}

export interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** Of a metric widget: its curves, and the value at which an alarm stands. */
  readonly curves: readonly Curve[];
  readonly threshold: number | undefined;
  /** Of a widget of text, of the log, of alarms. */
  readonly text: string;
  readonly query: string;
  readonly alarms: readonly string[];
}

/** With the names that template.yaml's own resources have where it is rendered. */
export function dashboardOf(alarmArns: readonly string[], text = FILES['infra/operations.yaml'] ?? ''): Widget[] {
  const rendered = renderTemplate(parseTemplate(text), {
    SyncStackName: NAMES.stack,
    FunctionName: NAMES.function,
    HintQueueName: NAMES.hintQueue,
    DeadLetterQueueName: NAMES.deadLetterQueue,
    LogGroupName: '/aws/lambda/sync',
    AlarmArns: alarmArns,
  });
  const body: unknown = JSON.parse(String(lookUp(rendered, 'Resources', 'Dashboard', 'Properties', 'DashboardBody')));
  return listOf(lookUp(body, 'widgets')).map((widget) => widgetOf(objectOf(widget)));
}

function widgetOf(widget: JsonObject): Widget {
  const properties = objectOf(widget['properties']);
  const threshold = lookUp(properties, 'annotations', 'horizontal', 0, 'value');
  return {
    type: String(widget['type']),
    x: Number(widget['x']),
    y: Number(widget['y']),
    width: Number(widget['width']),
    height: Number(widget['height']),
    title: String(properties['title'] ?? ''),
    curves: listOf(properties['metrics'] ?? []).map((metric) =>
      curveOf(listOf(metric), String(properties['stat'] ?? 'Average')),
    ),
    threshold: typeof threshold === 'number' ? threshold : undefined,
    text: String(properties['markdown'] ?? ''),
    query: String(properties['query'] ?? ''),
    alarms: listOf(properties['alarms'] ?? []).map(String),
  };
}

/** Namespace, name, then dimensions in pairs, then how it is drawn (CloudWatch API reference, "Dashboard body structure"). */
function curveOf(parts: readonly unknown[], statistic: string): Curve {
  const [namespace, name, ...pairs] = parts.filter((part) => typeof part === 'string');
  const how = parts.find(isObject) ?? {};
  const dimensions = pairs.flatMap((key, index) => (index % 2 === 0 ? [[key, pairs[index + 1] ?? '']] : []));
  return {
    metric: { namespace: String(namespace), name: String(name), dimensions: Object.fromEntries(dimensions) },
    statistic: String(how['stat'] ?? statistic),
    label: String(how['label'] ?? name),
    color: String(how['color'] ?? '#1f77b4'),
    isOnTheRight: how['yAxis'] === 'right',
  };
}
