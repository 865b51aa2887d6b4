/** That a release can be made, is the same twice, and has the very bundle that `sam build` makes. */
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { makeReleaseTwice } from './release.ts';

/** Needs the file that `sam build` has made; answers with the size of the archive. */
export async function verifyRelease(bundle: string): Promise<string> {
  const release = await makeReleaseTwice();
  const [name = '', archive] = [...release].find(([file]) => file.endsWith('.zip')) ?? [];
  if (!(archive instanceof Uint8Array)) throw new Error(`The release has no archive, but ${[...release.keys()].join(', ')}.`);
  const [packed] = Object.values(unzipSync(archive));
  if (packed === undefined || !readFileSync(bundle).equals(packed)) {
    throw new Error(`The bundle in ${name} is another one than sam build makes: which options does SAM not read as we do?`);
  }
  return `${name}, ${archive.length} bytes`;
}
