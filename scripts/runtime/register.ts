/** Loaded before AWS's runtime client (`node --import`): where it asks for its compiled part, it gets ours. */
import { registerHooks } from 'node:module';

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier === './rapid-client.node'
      ? { url: new URL('rapid-client.ts', import.meta.url).href, shortCircuit: true }
      : nextResolve(specifier, context),
});
