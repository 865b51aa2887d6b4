/** The plain template: what CloudFormation makes of ours, so that nobody needs SAM to deploy it. */
import { join } from 'node:path';
import { isObject, type JsonObject } from '../../../functions/core/json.ts';
import { runProgram } from '../emulators/program.ts';
import { environmentOf, pythonEnvironment, ROOT, TOOLS } from '../emulators/tools.ts';

const TRANSFORM_TIME_MS = 180_000;

/** The template with SAM's short forms written out; its function's code is the archive that lies beside it. */
export async function plainTemplate(source: string, archive: string): Promise<string> {
  const { programs } = await pythonEnvironment(join(TOOLS, 'transform'), join(import.meta.dirname, 'requirements.txt'));
  const args = [join(ROOT, 'scripts/tools/package/transform.py'), source];
  const options = { folder: ROOT, env: environmentOf([programs]), timeoutMs: TRANSFORM_TIME_MS };
  return withCode(JSON.parse(await runProgram(join(programs, 'python'), args, options)), archive);
}

/** `aws cloudformation package` and `sam deploy` upload a file that is named there. */
export function withCode(template: unknown, archive: string): string {
  const resources = isObject(template) && isObject(template['Resources']) ? Object.values(template['Resources']) : [];
  const functions = resources.filter(isObject).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  const [properties] = functions.map(({ Properties }) => Properties).filter(isObject);
  if (!isObject(template) || properties === undefined || functions.length !== 1) {
    throw new Error(`The transformed template has ${functions.length} functions; expected the one that the archive is for.`);
  }
  if ('Transform' in template) throw new Error('The transformed template still asks for a transform.');
  const named: JsonObject = { ...properties, Code: archive };
  return `${JSON.stringify(template, (_, value: unknown) => (value === properties ? named : value), 2)}\n`;
}
