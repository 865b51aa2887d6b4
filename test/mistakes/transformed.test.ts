import { beforeAll, describe, expect, it } from 'vitest';
import { FILES, viewOf } from '../../scripts/tools/template/templates.ts';
import { skipUnless } from '../support/skip.ts';
import { canTransform, transformAll } from '../support/transformed.ts';
import { brokenRules } from './broken.ts';
import { plant } from './mistake.ts';
import { MISTAKES } from './mistakes.ts';

const ROOT = 'template.yaml';
const ROOT_MISTAKES = MISTAKES.filter(({ file }) => file === ROOT);
/** Nearly eighty templates go through a program that takes its time on a busy machine. */
const PATIENCE_MS = 600_000;
const MISSING = 'SAM’s translator, which npm run verify installs';

describe('the template that CloudFormation gets', () => {
  const plain = new Map<string, string | undefined>();
  const viewOfPlain = (name: string) => viewOf({ ...FILES, [ROOT]: plain.get(name) ?? '' });

  beforeAll(() => {
    if (!canTransform()) return;
    const texts = [FILES[ROOT] ?? '', ...ROOT_MISTAKES.map((mistake) => plant(mistake, FILES)[ROOT] ?? '')];
    for (const [index, text] of transformAll(texts).entries()) plain.set(ROOT_MISTAKES[index - 1]?.name ?? ROOT, text);
  }, PATIENCE_MS);

  it('has nothing of SAM’s short forms', (context) => {
    skipUnless(canTransform(), context, MISSING);
    const types = viewOfPlain(ROOT)
      .root()
      .resources.map(({ type }) => type);
    expect(types.filter((type) => type.startsWith('AWS::Serverless'))).toEqual([]);
    expect(types).toEqual(expect.arrayContaining(['AWS::Lambda::Function', 'AWS::Lambda::EventSourceMapping']));
  });

  it('keeps every rule that its source keeps', (context) => {
    skipUnless(canTransform(), context, MISSING);
    expect(brokenRules(viewOfPlain(ROOT))).toEqual([]);
  });

  it(
    'shows every mistake of the source, where SAM does not refuse it',
    (context) => {
      skipUnless(canTransform(), context, MISSING);
      const accepted = ROOT_MISTAKES.filter(({ name }) => plain.get(name) !== undefined);
      expect(accepted.length).toBeGreaterThan(60);
      const missed = accepted.filter(({ name, caughtBy }) => brokenRules(viewOfPlain(name), caughtBy).length === 0);
      expect(missed.map(({ name }) => name)).toEqual([]);
    },
    PATIENCE_MS,
  );
});
