/** What stands between ECS and the function in the deployed stack: the bus, the queue, the dead-letter queue; and the function's settings. */
import assert from 'node:assert/strict';
import {
  DisableRuleCommand,
  EnableRuleCommand,
  EventBridgeClient,
  ListRulesCommand,
  PutEventsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { isObject } from '../../../functions/core/json.ts';
import type { EventEnvelope } from '../../../scripts/simulator/events.ts';
import { ACCOUNT_ID, REGION } from '../../../scripts/tools/emulators/account.ts';

/** An output of the stack. */
export type QueueName = 'QueueUrl' | 'DeadLetterQueueUrl';

/** PutEvents takes as many at once. */
const ENTRIES_MAX = 10;

export class Pipe {
  readonly #bus: EventBridgeClient;
  readonly #queues: SQSClient;
  readonly #lambda: LambdaClient;
  readonly #outputs: ReadonlyMap<string, string>;
  // The queues' policies refuse whoever comes without TLS. The host believes the header of a proxy that has ended TLS before it.
  #claimsTls = true;

  constructor(endpoint: string, outputs: ReadonlyMap<string, string>) {
    const credentials = { accessKeyId: ACCOUNT_ID, secretAccessKey: 'simulated' };
    const configuration = { endpoint, region: REGION, credentials };
    this.#bus = new EventBridgeClient(configuration);
    this.#queues = new SQSClient(configuration);
    this.#queues.middlewareStack.add(
      (next) => (call) => {
        const headers = isObject(call.request) ? call.request['headers'] : undefined;
        if (this.#claimsTls && isObject(headers)) Object.assign(headers, { 'x-forwarded-proto': 'https' });
        return next(call);
      },
      { step: 'build', name: 'claimTls' },
    );
    this.#lambda = new LambdaClient(configuration);
    this.#outputs = outputs;
  }

  output(name: string): string {
    const value = this.#outputs.get(name);
    if (value === undefined)
      throw new Error(`The stack has no output ${name}; it has ${[...this.#outputs.keys()].join(', ')}.`);
    return value;
  }

  /** Puts the events on the default bus, as AWS's services do. */
  async putOnBus(events: readonly EventEnvelope<object>[]): Promise<void> {
    for (let from = 0; from < events.length; from += ENTRIES_MAX) {
      const Entries = events.slice(from, from + ENTRIES_MAX).map((event) => ({
        Source: event.source,
        DetailType: event['detail-type'],
        Resources: [...event.resources],
        Detail: JSON.stringify(event.detail),
      }));
      const answer = await this.#bus.send(new PutEventsCommand({ Entries }));
      assert.equal(answer.FailedEntryCount, 0, JSON.stringify(answer.Entries));
    }
  }

  /** Lets the stack's schedule run, or stand still. */
  async switchSchedule(on: boolean): Promise<void> {
    const { Rules } = await this.#bus.send(new ListRulesCommand({}));
    const rules = (Rules ?? []).filter(({ ScheduleExpression }) => ScheduleExpression !== undefined);
    assert.deepEqual(
      rules.map(({ ScheduleExpression }) => ScheduleExpression),
      ['rate(1 minute)'],
      'the stack has one schedule',
    );
    for (const { Name } of rules) await this.#bus.send(on ? new EnableRuleCommand({ Name }) : new DisableRuleCommand({ Name }));
  }

  async send(queue: QueueName, body: string, attributes: Readonly<Record<string, string>> = {}): Promise<void> {
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
    );
    await this.#queues.send(new SendMessageCommand({ QueueUrl: this.output(queue), MessageBody: body, MessageAttributes }));
  }

  /** Whether the queue refuses a message that is sent in the clear. */
  async refusesPlainText(queue: QueueName): Promise<boolean> {
    this.#claimsTls = false;
    try {
      await this.send(queue, 'in the clear');
      return false;
    } catch (error) {
      if (error instanceof Error && /^AccessDenied/.test(error.name)) return true;
      throw error;
    } finally {
      this.#claimsTls = true;
    }
  }

  async attributesOf(queue: QueueName): Promise<Readonly<Record<string, string>>> {
    const command = new GetQueueAttributesCommand({ QueueUrl: this.output(queue), AttributeNames: ['All'] });
    const { Attributes } = await this.#queues.send(command);
    return { ...Attributes };
  }

  async hideMessagesFor(seconds: string): Promise<void> {
    const Attributes = { VisibilityTimeout: seconds };
    await this.#queues.send(new SetQueueAttributesCommand({ QueueUrl: this.output('QueueUrl'), Attributes }));
  }

  /**
   * Does what the stack's RedriveCommand asks SQS for, between the two queues that it names. The host has no
   * StartMessageMoveTask, so the messages are moved one by one.
   */
  async redrive(): Promise<readonly Message[]> {
    const command = this.output('RedriveCommand');
    const [, source] = /--source-arn (\S+)/.exec(command) ?? [];
    const [, destination] = /--destination-arn (\S+)/.exec(command) ?? [];
    assert.equal(source, (await this.attributesOf('DeadLetterQueueUrl'))['QueueArn']);
    assert.equal(destination, (await this.attributesOf('QueueUrl'))['QueueArn'], 'messages of EventBridge know no way back');
    const QueueUrl = this.output('DeadLetterQueueUrl');
    const { Messages = [] } = await this.#queues.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    for (const { Body = '', ReceiptHandle } of Messages) {
      await this.send('QueueUrl', Body);
      await this.#queues.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
    return Messages;
  }

  /** Sets the function's variable MODE past the template, as somebody may do in the console. Answers with what it was. */
  async setMode(mode: string): Promise<string> {
    const FunctionName = this.output('FunctionArn');
    const { Environment } = await this.#lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    const before = Environment?.Variables?.['MODE'] ?? '';
    const Variables = { ...Environment?.Variables, MODE: mode };
    await this.#lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
    return before;
  }

  /** The answer of the stack's CheckCommand. */
  async check(): Promise<string> {
    const Payload = JSON.stringify({ check: true });
    const { Payload: answer } = await this.#lambda.send(
      new InvokeCommand({ FunctionName: this.output('FunctionArn'), Payload }),
    );
    return answer?.transformToString() ?? '';
  }
}
