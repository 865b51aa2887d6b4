/** `npm run package`: makes the release, makes it again, and writes it to dist/ only if both are the same to the byte. */
import { join } from 'node:path';
import { ROOT } from '../emulators/tools.ts';
import { checksumsIn, makeReleaseTwice, writeRelease } from './release.ts';

const release = await makeReleaseTwice();
writeRelease(join(ROOT, 'dist'), release);
console.log(`dist/, made twice with the same bytes:\n\n${checksumsIn(release)}`);
console.log('Check it by: cd dist && sha256sum --check SHA256SUMS');
