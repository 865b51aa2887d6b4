/** `npm run package`: makes the release, makes it again, and writes it to dist/ only if both are the same to the byte. */
import { join } from 'node:path';
import { ROOT } from './local/tools.ts';
import { makeRelease, writeRelease } from './package/release.ts';

const DIST = join(ROOT, 'dist');
const SUMS = 'SHA256SUMS';

const release = await makeRelease();
const again = await makeRelease();
const [sums, sumsAgain] = [String(release.get(SUMS)), String(again.get(SUMS))];
if (sums !== sumsAgain) throw new Error(`The same sources gave two releases, so neither is written:\n${sums}\n${sumsAgain}`);
writeRelease(DIST, release);
console.log(`dist/, made twice with the same bytes:\n\n${sums}`);
console.log(`Check it by: cd dist && sha256sum --check ${SUMS}`);
