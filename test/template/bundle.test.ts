import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { isObject } from '../../functions/core/json.ts';
import type { BuiltFunction } from '../../scripts/tools/template/build.ts';
import { listOf, lookUp, propertiesOf, render } from '../../scripts/tools/template/template.ts';
import { builtFunction } from '../support/built.ts';

describe('the bundle that the template describes', () => {
  let built: BuiltFunction | undefined;

  beforeAll(async () => {
    built = await builtFunction();
  });

  it('has nothing of the packages that template.yaml leaves out', () => {
    const inputs = Object.keys(built?.metafile.inputs ?? {});
    expect(inputs.filter((input) => input.endsWith('adapters/environment-credentials.ts'))).toHaveLength(1);
    expect(inputs.filter((input) => input.endsWith('adapters/no-event-streams.ts'))).toHaveLength(1);
    const leftOut = /\/(credential-provider-[a-z-]+|token-providers|nested-clients|event-streams)\//;
    expect(inputs.filter((input) => leftOut.test(input))).toEqual([]);
    expect(inputs.filter((input) => input.includes('/dist-cjs/'))).toEqual([]);
  });

  it('is loaded by Lambda under the name of the handler', () => {
    const [file, name = ''] = String(propertiesOf('SyncFunction')['Handler']).split('.');
    const properties = lookUp(render(), 'Resources', 'SyncFunction', 'Metadata', 'BuildProperties');
    expect(lookUp(properties, 'EntryPoints')).toEqual([`${file}.ts`]);
    expect(listOf(lookUp(properties, 'OutExtension'))).toEqual(['.js=.cjs']);
    const loaded: unknown = createRequire(import.meta.url)(built?.file ?? '');
    expect(isObject(loaded) && typeof loaded[name]).toBe('function');
  });
});
