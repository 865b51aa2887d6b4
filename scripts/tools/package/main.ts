/** `npm run package`: makes the release, makes it again, and writes it to dist/ only if both are the same to the byte. */
import { join } from 'node:path';
import { ROOT } from '../emulators/tools.ts';
import { checksumsIn, makeReleaseTwice, writeRelease } from './release.ts';

const release = await makeReleaseTwice();
writeRelease(join(ROOT, 'dist'), release);
const bytes = [...release.values()].reduce((sum, content) => sum + content.length, 0);
console.log(`dist/, ${bytes} bytes, made twice the same:\n\n${checksumsIn(release)}`);
console.log('Check it by: cd dist && sha256sum --check SHA256SUMS');
console.log('Deploy it by the AWS CLI alone: sh dist/deploy.sh, which says what it wants to know');
