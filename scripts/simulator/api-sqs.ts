/** Amazon SQS as an API (SQS API reference): what somebody asks who looks at a queue. The messages themselves are in queue.ts. */
import type { Account } from './account.ts';
import { ApiError } from './api-error.ts';
import { type Input, text, texts } from './api-input.ts';

export function sqsApi({ queues }: Account) {
  return {
    GetQueueAttributes: (input: Input) => {
      const count = queues.get(text(input, 'QueueUrl') ?? '');
      if (count === undefined) {
        throw new ApiError('QueueDoesNotExist', 'The specified queue does not exist.');
      }
      const asked = texts(input, 'AttributeNames');
      const isAsked = ['All', 'ApproximateNumberOfMessages'].some((name) => asked.includes(name));
      // Nothing that was asked for is no attributes at all; numbers are text.
      return isAsked ? { Attributes: { ApproximateNumberOfMessages: String(count()) } } : {};
    },
  };
}
