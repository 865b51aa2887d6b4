/** The bundle for tests. To build it takes a second of processor: once is enough for all files that share a worker. */
import { type BuiltFunction, buildFunction } from '../../scripts/tools/template/build.ts';
import { bundleOptions } from '../../scripts/tools/template/template.ts';

let built: Promise<BuiltFunction> | undefined;

/** As template.yaml describes it. Nobody may change the file. */
export function builtFunction(): Promise<BuiltFunction> {
  built ??= buildFunction(bundleOptions());
  return built;
}
