/** Loads the built function as Lambda does, in a process of its own, and says what each invocation has used. */
import { createRequire } from 'node:module';

const [, , file = ''] = process.argv;
const { handler } = createRequire(import.meta.url)(file);
const TIMEOUT_MS = 30_000;

process.on('message', async (event) => {
  const beganMs = performance.now();
  const began = process.cpuUsage();
  const outcome = await handler(event, { getRemainingTimeInMillis: () => TIMEOUT_MS - (performance.now() - beganMs) }).then(
    () => 'done',
    (error: unknown) => String(error),
  );
  const { user, system } = process.cpuUsage(began);
  const megabytes = process.resourceUsage().maxRSS / 1_024;
  process.send?.({ outcome, seconds: (performance.now() - beganMs) / 1_000, cpuSeconds: (user + system) / 1e6, megabytes });
});
process.send?.('ready');
