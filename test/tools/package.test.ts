/** The rooms of `npm run package`. That the whole is made twice alike, and deploys, `npm run verify` shows. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { unzipSync } from 'fflate';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { packArchive } from '../../scripts/tools/package/archive.ts';
import { type Component, componentsOf } from '../../scripts/tools/package/components.ts';
import { checkLicences, noticesOf } from '../../scripts/tools/package/licences.ts';
import { checksumsOf, deployScript } from '../../scripts/tools/package/release.ts';
import { sbomOf } from '../../scripts/tools/package/sbom.ts';
import { withCode } from '../../scripts/tools/package/template.ts';
import type { BuiltFunction } from '../../scripts/tools/template/build.ts';
import { listOf, lookUp } from '../../scripts/tools/template/template.ts';
import { builtFunction } from '../support/built.ts';
import { root } from '../walls/copy.ts';

const PRODUCT = { name: 'alb-target-sync', version: '1.2.3', licence: 'Apache-2.0' };
/** Of the machine, not of a package. */
const SHA256SUM = 'sha256sum';
const FROM = join(root, 'functions', 'sync');
const KNOWN: Component = {
  name: '@scope/known',
  version: '1.0.0',
  licence: 'MIT',
  integrity: `sha512-${Buffer.alloc(64, 7).toString('base64')}`,
  notices: ['Copyright somebody'],
  dependencies: ['other', 'not-in-the-bundle'],
};
const OTHER: Component = { ...KNOWN, name: 'other', dependencies: [] };

describe('the archive', () => {
  const zone = process.env['TZ'];
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  it('unpacks to what was packed, and is the same in any order', () => {
    const contents = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.uint8Array({ maxLength: 500 }), { minKeys: 1 });
    fc.assert(
      fc.property(contents, (files) => {
        const entries = Object.entries(files);
        const packed = packArchive(new Map(entries));
        expect(unzipSync(packed)).toEqual(Object.fromEntries(entries));
        expect(packArchive(new Map(entries.reverse()))).toEqual(packed);
      }),
    );
  });

  it('is the same in every time zone', () => {
    const packed = ['UTC', 'Asia/Kathmandu', 'America/Los_Angeles'].map((each) => {
      process.env['TZ'] = each;
      return packArchive(new Map([['handler.cjs', Buffer.from('text')]]));
    });
    expect(new Set(packed.map((bytes) => Buffer.from(bytes).toString('hex'))).size).toBe(1);
  });

  it('says that everybody may read the file', () => {
    const packed = Buffer.from(packArchive(new Map([['handler.cjs', Buffer.from('text')]])));
    const entry = packed.indexOf('PK\x01\x02', 0, 'latin1');
    // Offset 5: the system that the attributes are of; 40: the mode of the file, in their upper half.
    expect(packed.readUInt8(entry + 5)).toBe(3);
    expect(packed.readUInt16LE(entry + 40).toString(8)).toBe('100644');
  });
});

describe('the components of the bundle', () => {
  let built: BuiltFunction | undefined;
  beforeAll(async () => {
    built = await builtFunction();
  });

  it('are the packages that esbuild took code from, each as the lockfile has it', () => {
    const components = componentsOf(built?.metafile ?? { inputs: {}, outputs: {} }, root, FROM);
    const names = components.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(['@aws-sdk/client-ecs', '@aws-lambda-powertools/logger', '@smithy/core']));
    expect(names.filter((name) => /^(esbuild|vitest|typescript)$/.test(name))).toEqual([]);
    expect(components.filter(({ integrity }) => !integrity.startsWith('sha512-'))).toEqual([]);
    expect(() => checkLicences(components)).not.toThrow();
  });

  it('do not have what was thrown away again, and have what lies in a package of a package', () => {
    const outer = 'node_modules/@aws-sdk/core/dist/index.js';
    const metafile = metafileOf({ [`../../${outer}`]: 10, '../../node_modules/esbuild/lib/main.js': 0 });
    expect(componentsOf(metafile, root, FROM).map(({ name }) => name)).toEqual(['@aws-sdk/core']);
    const nested = metafileOf({ '../../node_modules/esbuild/node_modules/@scope/name/a.js': 1 });
    expect(() => componentsOf(nested, root, FROM)).toThrow('no integrity of node_modules/esbuild/node_modules/@scope/name');
  });
});

describe('the licences', () => {
  it.each(['MIT', 'Apache-2.0', 'ISC', 'BSD-3-Clause'])('may be %s, with its text', (licence) => {
    expect(() => checkLicences([{ ...KNOWN, licence }])).not.toThrow();
    expect(() => checkLicences([{ ...KNOWN, licence, notices: [] }])).toThrow('comes without its text');
  });

  it.each(['MIT-0', '0BSD'])('may be %s, even without its text', (licence) => {
    expect(() => checkLicences([{ ...KNOWN, licence, notices: [] }])).not.toThrow();
  });

  it.each(['GPL-3.0-only', 'AGPL-3.0', 'UNLICENSED', 'undefined', 'MIT OR GPL-3.0', ''])('may not be "%s"', (licence) => {
    const twice = [KNOWN, { ...KNOWN, licence }, { ...OTHER, licence }];
    const told = `@scope/known@1.0.0 is under "${licence}"; other@1.0.0 is under "${licence}". Allowed are`;
    expect(() => checkLicences(twice)).toThrow(told);
  });

  it('go with the archive, each under the name of its package', () => {
    const text = noticesOf([KNOWN, { ...OTHER, notices: ['one', 'two'] }]);
    expect(text).toMatch(
      /@scope\/known 1\.0\.0 \(MIT\)\n\nCopyright somebody\n\n-{80}\n\nother 1\.0\.0 \(MIT\)\n\none\n\ntwo\n$/,
    );
  });
});

describe('the bill of materials', () => {
  it('names each component with its digest, its licence and what it depends on', () => {
    const bom: unknown = JSON.parse(sbomOf(PRODUCT, [KNOWN, OTHER]));
    expect(lookUp(bom, 'bomFormat')).toBe('CycloneDX');
    const [first] = listOf(lookUp(bom, 'components'));
    expect(first).toMatchObject({ group: '@scope', name: 'known', version: '1.0.0', purl: 'pkg:npm/%40scope/known@1.0.0' });
    expect(lookUp(first, 'hashes')).toEqual([{ alg: 'SHA-512', content: '07'.repeat(64) }]);
    expect(lookUp(first, 'licenses', 0, 'license', 'id')).toBe('MIT');
    expect(lookUp(bom, 'dependencies')).toEqual([
      { ref: '@scope/known@1.0.0', dependsOn: ['other@1.0.0'] },
      { ref: 'alb-target-sync@1.2.3', dependsOn: ['@scope/known@1.0.0', 'other@1.0.0'] },
      { ref: 'other@1.0.0' },
    ]);
  });

  it('is the same each time and in any order, and has no time in it', () => {
    expect(sbomOf(PRODUCT, [OTHER, KNOWN])).toBe(sbomOf(PRODUCT, [KNOWN, OTHER]));
    expect(sbomOf(PRODUCT, [KNOWN])).not.toMatch(/timestamp|serialNumber/);
  });

  it('takes no digest that is weaker', () => {
    expect(() => sbomOf(PRODUCT, [{ ...KNOWN, integrity: 'sha1-abc' }])).toThrow('a digest of @scope/known by sha1');
  });
});

describe('the checksums', () => {
  it('are what sha256sum checks', () => {
    const folder = mkdtempSync(join(tmpdir(), 'checksums-'));
    const files = new Map([
      ['b.txt', 'two'],
      ['a.txt', 'one'],
    ]);
    for (const [name, text] of files) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, 'SHA256SUMS'), checksumsOf(files));
    const check = () => execFileSync(SHA256SUM, ['--check', '--quiet', 'SHA256SUMS'], { cwd: folder, stdio: 'pipe' });
    expect(check).not.toThrow();
    expect(checksumsOf(files)).toMatch(/^[0-9a-f]{64} {2}a\.txt\n[0-9a-f]{64} {2}b\.txt\n$/);
    writeFileSync(join(folder, 'a.txt'), 'another');
    expect(check).toThrow();
    rmSync(folder, { recursive: true });
  });
});

describe('the script that deploys', () => {
  const folder = mkdtempSync(join(tmpdir(), 'deploy it-'));
  const calls = join(folder, 'calls');
  const run = (shell: string, ...words: readonly string[]) => {
    writeFileSync(calls, '');
    const env = { PATH: `${folder}:${process.env['PATH']}`, CALLS: calls, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };
    const { status, stdout } = spawnSync(shell, [join(folder, 'deploy.sh'), ...words], { env, encoding: 'utf8' });
    const lines = readFileSync(calls, 'utf8').trim().split('\n\n');
    return { status, stdout, calls: lines.map((line) => line.split('\n')) };
  };

  beforeAll(() => {
    writeFileSync(join(folder, 'deploy.sh'), deployScript('product-1.2.3'));
    // One word a line, and an empty line after each call.
    writeFileSync(join(folder, 'aws'), '#!/bin/sh\nfor word; do echo "$word"; done >> "$CALLS"\necho >> "$CALLS"\n', {
      mode: 0o755,
    });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(['sh', 'bash'])('calls the AWS CLI twice, and hands on each parameter whole (%s)', (shell) => {
    const parameters = ['ClusterArns=a,b', 'Bindings=service=app port=8080; family=x port=1'];
    const { status, calls: made } = run(shell, 'a-bucket', ...parameters);
    const upload = ['--s3-bucket', 'a-bucket', '--s3-prefix', 'alb-target-sync'];
    const name = ['--template-file', 'packaged.json', '--stack-name', 'alb-target-sync'];
    const way = ['--capabilities', 'CAPABILITY_IAM', '--no-fail-on-empty-changeset'];
    expect([status, made]).toEqual([
      0,
      [
        [
          'cloudformation',
          'package',
          '--template-file',
          'product-1.2.3.template.json',
          '--use-json',
          ...upload,
          '--output-template-file',
          'packaged.json',
        ],
        ['cloudformation', 'deploy', ...name, ...upload, ...way, '--parameter-overrides', ...parameters],
      ],
    ]);
  });

  it.each(['sh', 'bash'])('leaves the parameters as they are where none is given (%s)', (shell) => {
    expect(run(shell, 'a-bucket').calls[1]?.at(-1)).toBe('--no-fail-on-empty-changeset');
  });

  it('says what it wants to know where it is told nothing, and calls nobody', () => {
    const { status, stdout, calls: made } = run('sh');
    expect([status, made]).toEqual([2, [['']]]);
    expect(stdout).toMatch(
      /^ Deploys product-1\.2\.3 [^#]*sh deploy\.sh BUCKET ClusterArns=[^#]*STACK_NAME=[^#]*alb-target-sync\.\n$/s,
    );
  });
});

describe('the plain template', () => {
  const lambda = { Type: 'AWS::Lambda::Function', Properties: { Code: { S3Bucket: 'bucket' }, Handler: 'handler.handler' } };

  it('names the archive as the code of its function, and changes nothing else', () => {
    const template = { Description: 'text', Resources: { Queue: { Type: 'AWS::SQS::Queue' }, Sync: lambda } };
    expect(JSON.parse(withCode(template, 'a.zip'))).toEqual({
      ...template,
      Resources: { ...template.Resources, Sync: { ...lambda, Properties: { ...lambda.Properties, Code: 'a.zip' } } },
    });
  });

  it.each([
    ['no function', { Resources: {} }],
    ['two functions', { Resources: { One: lambda, Two: { ...lambda } } }],
    ['a transform that is left', { Transform: 'AWS::Serverless-2016-10-31', Resources: { Sync: lambda } }],
    ['nothing', undefined],
  ])('is refused with %s', (_, template) => {
    expect(() => withCode(template, 'a.zip')).toThrow('The transformed template');
  });
});

function metafileOf(bytes: Readonly<Record<string, number>>) {
  const inputs = Object.fromEntries(Object.entries(bytes).map(([path, bytesInOutput]) => [path, { bytesInOutput }]));
  return { inputs: {}, outputs: { 'handler.cjs': { bytes: 1, inputs, imports: [], exports: [] } } };
}
