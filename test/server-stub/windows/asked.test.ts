import { expect, it } from 'vitest';
import { AskedStep } from '../../../server-stub/windows/asked.js';
import { get, simply } from '../../../server-stub/windows/steps.js';

const ask = () => new AskedStep('command', simply([get('./A')]), '1', () => '2');
const results = (source: string, data: string, moreData?: true) =>
  ({ verb: 'Results', msgRef: '1', cmdRef: '2', items: [{ source, data, ...(moreData && { moreData }) }] }) as const;

it('keeps no more of what a device answers than a bound, in however many parts and of however many nodes', () => {
  const large = 'x'.repeat(1024 * 1024);
  for (const sources of [
    ['./A', './A'],
    ['./A', './B'],
  ]) {
    const step = ask();
    for (let part = 0; part < 3; part++) step.take(results(sources[part % 2] ?? '', large, true));
    expect(step.isOverfull).toBe(false);
    for (let part = 0; part < 3; part++) step.take(results(sources[part % 2] ?? '', large, true));
    expect(step.isOverfull).toBe(true);
    const verdict = step.verdict();
    const outcome = verdict !== undefined && 'outcome' in verdict ? verdict.outcome : undefined;
    expect(JSON.stringify(outcome).length).toBeLessThan(4.1 * 1024 * 1024);
  }
});
