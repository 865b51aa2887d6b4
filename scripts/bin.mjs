#!/usr/bin/env node
/** `alb-target-sync`, on whatever Node there is: scripts/run.mjs installs what is missing and goes on with the pinned one. */
import { fileURLToPath } from 'node:url';

process.argv.splice(2, 0, fileURLToPath(new URL('cli.ts', import.meta.url)));
await import('./run.mjs');
