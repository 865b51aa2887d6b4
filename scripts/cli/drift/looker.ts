/** Reads that only a person's report needs: each one that fails is kept as a failure, and the rest goes on. */
import { kindOf } from '../../../functions/adapters/outcome.ts';
import type { Failure } from '../../../functions/core/failure.ts';

/** The part of an SDK client that lets its calls be counted. */
interface Client {
  readonly middlewareStack: {
    add(
      middleware: <Args, Output>(
        next: (args: Args) => Promise<Output>,
        context: { readonly commandName?: string },
      ) => (args: Args) => Promise<Output>,
      options: { readonly step: 'initialize'; readonly name: string },
    ): void;
  };
}

export class Looker {
  readonly failures: Failure[] = [];
  readonly calls = new Map<string, number>();

  /** Counts every call of the client. */
  watch<Watched extends Client>(client: Watched): Watched {
    client.middlewareStack.add(
      (next, { commandName = '' }) => {
        const operation = commandName.replace(/Command$/, '');
        this.calls.set(operation, (this.calls.get(operation) ?? 0) + 1);
        return next;
      },
      { step: 'initialize', name: 'countCalls' },
    );
    return client;
  }

  /** Tries to read; where that fails, keeps the failure and goes on with the other value. */
  async try<Value>(operation: string, resource: string, read: () => Promise<Value>, otherwise: Value): Promise<Value> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.failures.push({
        kind: kindOf(error),
        operation,
        resource,
        message: `${error.name}: ${error.message}`.slice(0, 300),
      });
      return otherwise;
    }
  }
}
