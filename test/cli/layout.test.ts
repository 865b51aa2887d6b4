/** Text that fits the terminal, and words that were meant. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { indented, table, widthOf, wrap } from '../../scripts/cli/layout.ts';
import { nearest, slipsBetween } from '../../scripts/cli/nearest.ts';
import { shortIds } from '../../scripts/cli/report/ids.ts';
import { sampleEvents } from '../../scripts/cli/sample/sample.ts';
import { runHere } from './command-line.ts';
import { closeAccounts, ENV, HERE, LINE, MYSQL, openAccount } from './simulated-account.ts';

const word = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom('a', 'b', '-', '雲', 'é') });
const words = fc.array(word, { minLength: 1, maxLength: 20 }).map((all) => all.join(' '));

describe('wrapped text', () => {
  it('has the same words, and no line is wider than asked unless it is one word', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 60 }), (text, width) => {
        const lines = wrap(text, width);
        expect(lines.join(' ')).toBe(text);
        for (const line of lines) if (widthOf(line) > width) expect(line).not.toContain(' ');
      }),
    );
  });

  it('takes as few lines as it can', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 12, max: 60 }), (text, width) => {
        const lines = wrap(text, width);
        for (const [index, line] of lines.slice(1).entries()) {
          const [first = ''] = line.split(' ');
          expect(widthOf(`${lines[index]} ${first}`)).toBeGreaterThan(width);
        }
      }),
    );
  });

  it('keeps its indent on every line', () => {
    expect(indented('one two three', '    ', 12)).toBe('    one two\n    three');
  });

  it('counts columns as a terminal does', () => {
    expect([widthOf('web'), widthOf('雲'), widthOf('e\u0301'), widthOf('🚀'), widthOf('…')]).toEqual([3, 2, 1, 2, 1]);
  });
});

describe('a table', () => {
  const rows = [
    ['10.0.0.5:8080', 'task is running; held: bindings are older than a minute', 'prod/…00000001'],
    ['10.0.0.6:8080', 'task is running', 'prod/…00000002'],
  ];
  const head = ['address', 'because', 'task'];

  it('is aligned where it fits', () => {
    expect(table({ head, rows: rows.slice(1) }, 80)).toBe(
      '  address        because          task\n  10.0.0.6:8080  task is running  prod/…00000002',
    );
  });

  it('is wrapped within its columns where it does not, from the exact width on', () => {
    const width = 2 + 13 + 2 + 55 + 2 + 14;
    expect(table({ rows }, width).split('\n')).toHaveLength(2);
    expect(table({ rows }, width - 1).split('\n')).toHaveLength(3);
  });

  it('has one cell below the other where not even words fit', () => {
    expect(table({ head, rows: rows.slice(1) }, 30)).toBe(
      '  10.0.0.6:8080\n    because: task is running\n    task: prod/…00000002',
    );
  });

  it('never loses a word', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(words, { minLength: 3, maxLength: 3 }), { minLength: 1 }),
        fc.integer({ min: 10, max: 200 }),
        (all, width) => {
          const shown = table({ rows: all }, width)
            .split(/\s+/)
            .filter((each) => each !== '');
          expect(shown.sort()).toEqual(
            all
              .flat()
              .flatMap((cell) => cell.split(' '))
              .sort(),
          );
        },
      ),
    );
  });
});

describe('the terminal', () => {
  afterEach(closeAccounts);
  const CAPTURE = sampleEvents({ status: 'life', count: 5, seed: 3, service: 'app', cluster: 'prod', wrap: 'eventbridge' });
  const COMMANDS: readonly (readonly [string, readonly string[]])[] = [
    ['help', ['help']],
    ...['replay', 'plan', 'drift', 'sample'].map((name) => [`${name} --help`, [name, '--help']] as const),
    ['replay', ['replay']],
    ['replay of what can be read in part', ['replay', '--bind', 'target-group=web service=app port=80 mode=observe']],
    ['drift --simulated', ['drift', '--simulated']],
    ['drift --task', ['drift', '--simulated', '--task', '00000000000000000000000000000001']],
    ['plan', ['plan', ...HERE, '--cloud-map-service', MYSQL, '--bind', LINE]],
    ['plan without credentials', ['plan', ...HERE, '--bind', LINE]],
  ];

  it.each([60, 80, 120].flatMap((columns) => COMMANDS.map(([name, args]) => [name, columns, args] as const)))(
    '%s fits %i columns, commands to paste aside',
    async (name, columns, args) => {
      const at = args[0] === 'plan' && args.length > 2 ? ['--endpoint-url', (await openAccount()).endpoint] : [];
      const env = name.includes('without') ? {} : ENV;
      const stdin = name.includes('in part') ? `${CAPTURE}lost words\n` : CAPTURE;
      const { stdout, stderr } = await runHere([...args, ...at], { stdin, env, columns });
      const lines = `${stdout}${stderr}`.split('\n');
      expect(lines.length).toBeGreaterThan(3);
      // A word that is wider than the terminal stays whole: it may have to be copied.
      const wide = lines.filter((line) => widthOf(line) > columns && !/^ +(?:aws|npm) |^ *\S+$/.test(line));
      expect(wide).toEqual([]);
      if (columns === 60) expect(lines.some((line) => widthOf(line) > 50)).toBe(true);
    },
  );

  it('has no say where the output is piped', async () => {
    const { stdout } = await runHere(['drift', '--simulated']);
    expect(stdout.split('\n').some((line) => widthOf(line) > 120 && !line.startsWith('    aws '))).toBe(true);
  });
});

describe('ids', () => {
  it.each([
    ['arn:aws:ecs:eu-west-1:111122223333:task/prod/43a8c3b7cf3c25632b92409d3fb64afe', 'prod/…3fb64afe'],
    ['arn:aws:ecs:eu-west-1:111122223333:task/43a8c3b7cf3c25632b92409d3fb64afe', '…3fb64afe'],
    ['arn:aws-cn:ecs:cn-north-1:111122223333:cluster/prod', 'prod'],
    ['arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef', 'web'],
    ['arn:aws:servicediscovery:eu-west-1:111122223333:service/srv-mysql', 'srv-mysql'],
    ['arn:aws:ecs:eu-west-1:111122223333:container-instance/prod/c0ffee00c0ffee00c0ffee00c0ffee00', 'prod/…c0ffee00'],
    ['Task 43a8c3b7cf3c25632b92409d3fb64afe, of prod', 'Task …3fb64afe, of prod'],
    ['10.0.0.1:8080', '10.0.0.1:8080'],
    [
      'sha256 of 64: 43a8c3b7cf3c25632b92409d3fb64afe43a8c3b7cf3c25632b92409d3fb64afe',
      'sha256 of 64: 43a8c3b7cf3c25632b92409d3fb64afe43a8c3b7cf3c25632b92409d3fb64afe',
    ],
  ])('of %s are short: %s', (text, short) => {
    expect(shortIds(text)).toBe(short);
  });
});

describe('the word that was meant', () => {
  const OPTIONS = ['--cluster', '--target-group', '--bind', '--json', '--html'];

  it.each([
    ['--clustr', '--cluster'],
    ['--clusters', '--cluster'],
    ['--target-groups', '--target-group'],
    ['--jsno', '--json'],
    ['--JSON', '--json'],
    ['--output', undefined],
    ['--x', undefined],
  ])('by %s is %s', (typed, meant) => {
    expect(nearest(typed, OPTIONS)).toBe(meant);
  });

  it('is as far away as it takes slips, in both directions', () => {
    expect([slipsBetween('replya', 'replay'), slipsBetween('', 'abc'), slipsBetween('plan', 'plan')]).toEqual([1, 3, 0]);
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        const slips = slipsBetween(one, other);
        expect(slips).toBe(slipsBetween(other, one));
        expect(slips).toBeLessThanOrEqual(Math.max(one.length, other.length));
        expect(slips === 0).toBe(one === other);
      }),
    );
  });
});
