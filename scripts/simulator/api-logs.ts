/** CloudWatch Logs as an API (CloudWatch Logs API reference, FilterLogEvents). */
import { isObject } from '../../functions/core/json.ts';
import type { Account } from './account.ts';
import { type Input, pageOf, text, whole } from './api-input.ts';

const PAGE_MAX = 10_000;

export function logsApi({ logs }: Account) {
  return {
    FilterLogEvents: (input: Input) => {
      const pattern = text(input, 'filterPattern') ?? '';
      const terms = [...pattern.matchAll(/\$\.(\w+) = "([^"]*)"/g)].map(([, key = '', value = '']) => ({ key, value }));
      const lines = logs.read(text(input, 'logGroupName') ?? '', whole(input, 'startTime') ?? 0);
      const found = lines.filter(({ message }) => {
        const fields: unknown = JSON.parse(message);
        return isObject(fields) && terms.every(({ key, value }) => text(fields, key) === value);
      });
      const page = pageOf(found, text(input, 'nextToken'), PAGE_MAX, whole(input, 'limit'));
      return { events: page.items.map(({ atMs, message }) => ({ timestamp: atMs, message })), nextToken: page.nextToken };
    },
  };
}
