import { expect, it } from 'vitest';
import { lateAfterMs, StepRecorder } from '../../fleet/metrics/figures.js';

it('figures that two processes measured are, merged, those that one would have measured', () => {
  const parts = [
    (each: StepRecorder) => {
      each.succeed(20, 10);
      each.fail('TRANSPORT_LOST', 'no answer');
      each.startedLateBy(lateAfterMs + 1);
      each.skip();
    },
    (each: StepRecorder) => {
      each.succeed(3, 1);
      each.succeed(5, 5);
      each.fail('TRANSPORT_LOST', 'another');
      each.fail('ENROLL_REFUSED', 'E02');
      each.startedLateBy(lateAfterMs + 1);
      each.startedLateBy(lateAfterMs + 1);
      each.cut();
    },
  ];
  const whole = new StepRecorder('enroll', 30);
  for (const part of parts) part(whole);
  const [one, two] = [new StepRecorder('enroll', 10), new StepRecorder('enroll', 20)];
  parts[0]?.(one);
  parts[1]?.(two);
  one.merge(two);
  expect(one.figures(1000)).toEqual(whole.figures(1000));
  expect(one.figures(1000)).toMatchObject({ late: 3, skipped: 1, cutOff: 1, notStarted: 22 });
  expect(one.tally).toEqual(whole.tally);
});
