/** The files of a release, made from the sources as they stand. Deploying it needs the AWS CLI and nothing else. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '../../../functions/core/json.ts';
import { ROOT } from '../emulators/tools.ts';
import { buildFunction } from '../template/build.ts';
import { bundleOptions } from '../template/template.ts';
import { packArchive } from './archive.ts';
import { componentsOf } from './components.ts';
import { checkLicences, noticesOf } from './licences.ts';
import { type Product, sbomOf } from './sbom.ts';
import { plainTemplate } from './template.ts';

const SUMS = 'SHA256SUMS';
/** The one file that a user runs. */
const DEPLOY = 'deploy.sh';

/** Contents by name. */
export type Release = ReadonlyMap<string, string | Uint8Array>;

/** Throws where something in it must not be handed on. */
export async function makeRelease(): Promise<Release> {
  const product = readProduct();
  const name = `${product.name}-${product.version}`;
  const built = await buildFunction(bundleOptions());
  const components = componentsOf(built.metafile, ROOT, join(ROOT, 'functions', 'sync'));
  checkLicences(components);
  const files = new Map<string, string | Uint8Array>([
    [`${name}.zip`, packArchive(new Map([['handler.cjs', readFileSync(built.file)]]))],
    [`${name}.template.json`, await plainTemplate('template.yaml', `${name}.zip`)],
    [DEPLOY, deployScript(name)],
    [`${name}.cdx.json`, sbomOf(product, components)],
    ['THIRD-PARTY-LICENCES.txt', noticesOf(components)],
    ['LICENSE', readFileSync(join(ROOT, 'LICENSE'))],
  ]);
  return new Map([...files, [SUMS, checksumsOf(files)]]);
}

/** Made twice from the start. Throws where the two are not the same to the byte. */
export async function makeReleaseTwice(): Promise<Release> {
  const [release, again] = [await makeRelease(), await makeRelease()];
  const [sums, sumsAgain] = [checksumsIn(release), checksumsIn(again)];
  if (sums === sumsAgain) return release;
  throw new Error(`The same sources gave two releases, so neither is good:\n${sums}\n${sumsAgain}`);
}

export function checksumsIn(release: Release): string {
  return String(release.get(SUMS));
}

/** Checksums in the form that `sha256sum --check` reads. */
export function checksumsOf(files: Release): string {
  const digest = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
  const sorted = [...files].sort(([one], [other]) => (one < other ? -1 : 1));
  return sorted.map(([name, content]) => `${digest(content)}  ${name}\n`).join('');
}

/** Writes the files of a release into a folder that is new or made anew. */
export function writeRelease(folder: string, release: Release): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of release) writeFileSync(join(folder, name), content);
}

/** Two lines of the AWS CLI, and what they need to know. The archive has to be in S3 before CloudFormation can name it. */
export function deployScript(name: string): string {
  return `#!/bin/sh
# Deploys ${name} by the AWS CLI alone:
#
#     sh ${DEPLOY} BUCKET ClusterArns=ARN,ARN TargetGroupArns=ARN,ARN [Bindings="service=app port=8080"] [...]
#
# BUCKET is a bucket of S3 in the region of the stack, for the function's code. The rest are parameters of the template; those that
# are left out keep their value, or get their default. STACK_NAME=... before it names the stack, which is else alb-target-sync.
set -eu
[ $# -gt 0 ] || { sed -n '2,7s/^#//p' "$0"; exit 2; }
cd "$(dirname "$0")"
bucket=$1
shift
aws cloudformation package --template-file ${name}.template.json --use-json \
  --s3-bucket "$bucket" --s3-prefix alb-target-sync --output-template-file packaged.json
aws cloudformation deploy --template-file packaged.json --stack-name "\${STACK_NAME:-alb-target-sync}" \
  --s3-bucket "$bucket" --s3-prefix alb-target-sync --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset \
  \${1:+--parameter-overrides "$@"}
`;
}

function readProduct(): Product {
  const manifest: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const { name, version, license } = isObject(manifest) ? manifest : {};
  return { name: String(name), version: String(version), licence: String(license) };
}
