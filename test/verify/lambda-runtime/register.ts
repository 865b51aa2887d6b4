/** Loaded before AWS's runtime client (`node --import`): where it asks for its compiled part, it gets ours. */
import { registerHooks } from 'node:module';

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier === './rapid-client.node'
      ? { url: import.meta.resolve('./rapid-client.ts'), shortCircuit: true }
      : nextResolve(specifier, context),
});
