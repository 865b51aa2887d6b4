/** `npm run drift`: see scripts/commands/drift.ts. */
import { driftCommand } from './commands/drift.ts';
import { endWith } from './commands/exit.ts';

await endWith(() => driftCommand(process.argv.slice(2)));
