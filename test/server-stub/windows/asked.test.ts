import { expect, it } from 'vitest';
import { AskedStep } from '../../../server-stub/windows/asked.js';
import { get, simply } from '../../../server-stub/windows/steps.js';

const mebi = 1024 * 1024;

it('keeps no more of what a device answers than a bound, of however many nodes', () => {
  const step = new AskedStep({ commandId: 'command', step: simply([get('./A')]) });
  step.place(step.waiting.step.drafts, '1', () => '2');
  const answer = (source: string) =>
    step.take({ verb: 'Results', msgRef: '1', cmdRef: '2', items: [{ source, data: 'x'.repeat(mebi) }] });
  for (const source of ['./A', './B', './C']) answer(source);
  expect(step.isOverfull).toBe(false);
  for (const source of ['./D', './E', './F']) answer(source);
  expect(step.isOverfull).toBe(true);
  const verdict = step.verdict();
  const outcome = verdict !== undefined && 'outcome' in verdict ? verdict.outcome : undefined;
  expect(JSON.stringify(outcome).length).toBeLessThan(4.1 * mebi);
});
