/** The software bill of materials of the archive, in CycloneDX. It has neither a time nor a random number in it. */
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import type { Component } from './components.ts';

export interface Product {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

export function sbomOf(product: Product, components: readonly Component[]): string {
  const root = new Models.Component(Enums.ComponentType.Application, product.name, {
    bomRef: `${product.name}@${product.version}`,
    version: product.version,
    licenses: new Models.LicenseRepository([new Models.SpdxLicense(product.licence)]),
  });
  const models = new Map(components.map((component) => [component.name, modelOf(component)]));
  for (const { name, dependencies } of components) {
    const found = dependencies.flatMap((each) => models.get(each)?.bomRef ?? []);
    for (const dependency of found) models.get(name)?.dependencies.add(dependency);
  }
  for (const { bomRef } of models.values()) root.dependencies.add(bomRef);
  const bom = new Models.Bom({
    metadata: new Models.Metadata({ component: root }),
    components: new Models.ComponentRepository(models.values()),
  });
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

function modelOf({ name, version, licence, integrity }: Component): Models.Component {
  const [algorithm, digest = ''] = integrity.split('-');
  if (algorithm !== 'sha512') throw new Error(`package-lock.json has a digest of ${name} by ${algorithm}; expected sha512.`);
  const [group, plain] = name.startsWith('@') ? name.split('/') : [undefined, name];
  return new Models.Component(Enums.ComponentType.Library, plain ?? name, {
    bomRef: `${name}@${version}`,
    ...(group === undefined ? {} : { group }),
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    licenses: new Models.LicenseRepository([new Models.SpdxLicense(licence)]),
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-512'], Buffer.from(digest, 'base64').toString('hex')]]),
  });
}
