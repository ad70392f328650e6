import { statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RecordLog } from '../../server-stub/record-log.js';
import { eventually } from '../support/eventually.js';
import { temporaryFolder } from '../support/programs.js';

const open = (path: string, failures: unknown[] = []) => {
  const log = new RecordLog({ path, onFailure: (error) => failures.push(error), onTorn: (n) => failures.push(n) });
  onTestFinished(() => log.close());
  return log;
};
const sorted = (log: RecordLog, table: string) => log.entries(table).sort(([a], [b]) => (a < b ? -1 : 1));

describe('a record log', () => {
  it('gives back what was put, as it was when it was put: plain values and bytes', async () => {
    const path = join(temporaryFolder(), 'log');
    const first = open(path);
    const value = { text: 'é\u0000', list: [1, 2.5, -0, null, undefined], bytes: Buffer.from([1, 2]), big: 2n ** 70n };
    first.put('t', 'a', value);
    value.text = 'changed later';
    first.put('t', '', 'empty key');
    first.put('u', 'a', 'another table');
    await first.close();
    const second = open(path);
    expect(sorted(second, 't')).toEqual([
      ['', 'empty key'],
      ['a', { ...value, text: 'é\u0000' }],
    ]);
    expect(second.entries('u')).toEqual([['a', 'another table']]);
    expect(second.entries('none')).toEqual([]);
  });

  it('is a map, whatever is put, forgotten and reopened in whatever order', async () => {
    const step = fc.oneof(
      fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.option(fc.string(), { nil: undefined }) }),
      fc.constantFrom('reopen' as const, 'turn' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const path = join(temporaryFolder(), 'log');
        const model = new Map<string, string>();
        let log = open(path);
        for (const each of steps) {
          if (each === 'turn') await new Promise(setImmediate);
          else if (each === 'reopen') {
            await log.close();
            log = open(path);
            expect(sorted(log, 't')).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)));
          } else {
            log.put('t', each.key, each.value);
            if (each.value === undefined) model.delete(each.key);
            else model.set(each.key, each.value);
          }
        }
        await log.close();
        expect(sorted(open(path), 't')).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)));
      }),
      { numRuns: 40 },
    );
  });

  it('does not grow without end where the same keys are written again and again', async () => {
    const path = join(temporaryFolder(), 'log');
    const log = open(path);
    for (let round = 0; round < 60; round++) {
      for (let key = 0; key < 20; key++) log.put('t', `k${key}`, { round, bytes: Buffer.alloc(20_000, round) });
      await eventually(() => log.isDurable);
    }
    await log.close();
    expect(statSync(path).size).toBeLessThan(10 * 1024 * 1024); // of 24 MB written
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const again = sorted(open(path), 't');
    expect(again).toHaveLength(20);
    for (const [, value] of again) expect(value).toMatchObject({ round: 59 });
  });
});
