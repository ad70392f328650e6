import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lateAfterMs, StepRecorder } from '../../fleet/metrics/figures.js';
import { judge, readThreshold, type Threshold } from '../../fleet/metrics/thresholds.js';

function threshold(text: string): Threshold {
  const read = readThreshold(text);
  if (typeof read === 'string') throw new Error(read);
  return read;
}

describe('the figures of a step', () => {
  it('put every device in exactly one place', () => {
    const recorder = new StepRecorder('enroll', 10);
    recorder.succeed(20, 10);
    recorder.succeed(40, 30);
    recorder.fail('TRANSPORT_LOST', 'no answer');
    recorder.skip();
    recorder.cut();
    const figures = recorder.figures(1000);
    expect(figures).toMatchObject({ count: 3, failures: 1, skipped: 1, cutOff: 1, notStarted: 5, tookMs: 1000 });
    const { count, skipped, cutOff, notStarted } = figures;
    expect(count + skipped + cutOff + notStarted).toBe(10);
  });

  it('keep response and service time apart, to the microsecond and three digits', () => {
    const recorder = new StepRecorder('x', 100);
    for (let k = 1; k <= 100; k++) recorder.succeed(k * 0.5, 0.012);
    const { response, service } = recorder.figures(0);
    expect(response.p50).toBeCloseTo(25, 1);
    expect(response.p95).toBeCloseTo(47.5, 1);
    expect(response.max).toBeCloseTo(50, 1);
    expect(service).toEqual({ p50: 0.012, p95: 0.012, p99: 0.012, max: 0.012 });
  });

  it('are no times where nobody got through', () => {
    const recorder = new StepRecorder('x', 1);
    recorder.fail('BUSY', 'busy');
    expect(recorder.figures(0).response).toEqual({ p50: 0, p95: 0, p99: 0, max: 0 });
  });

  it('hold times of any size', () => {
    const recorder = new StepRecorder('x', 2);
    recorder.succeed(0, -1);
    recorder.succeed(1e12, Number.MAX_SAFE_INTEGER);
    expect(recorder.figures(0).response.max).toBeGreaterThan(86_000_000);
  });

  it('count who started late', () => {
    const recorder = new StepRecorder('x', 2);
    recorder.startedLateBy(lateAfterMs);
    recorder.startedLateBy(lateAfterMs + 1);
    expect(recorder.figures(0).late).toBe(1);
  });

  it('keep the first message of each code, and no more codes than a report can show', () => {
    const recorder = new StepRecorder('x', 1000);
    expect(recorder.fail('A', 'first')).toBe(true);
    expect(recorder.fail('A', 'second')).toBe(false);
    for (let k = 0; k < 500; k++) recorder.fail(`CODE_${k}`, 'x'.repeat(10_000));
    const { errors, samples, failures } = recorder.figures(0);
    expect(errors['A']).toBe(2);
    expect(samples['A']).toBe('first');
    expect(Object.keys(errors).length).toBeLessThanOrEqual(101);
    expect(Object.values(errors).reduce((sum, count) => sum + count)).toBe(failures);
    expect(JSON.stringify(samples).length).toBeLessThan(60_000);
  });

  it('of parts, merged in any order, are the figures of the whole', () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant('pass' as const), ms: fc.double({ min: 0, max: 1e6, noNaN: true }) }),
      fc.record({ kind: fc.constant('fail' as const), code: fc.constantFrom('A', 'B', 'C') }),
      fc.record({ kind: fc.constantFrom('skip' as const, 'cut' as const) }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.infiniteStream(fc.nat(2)), (events, parts) => {
        const whole = new StepRecorder('x', events.length);
        const sizes = [0, 0, 0];
        const placed = events.map((each) => {
          const [at = 0] = parts.take(1);
          sizes[at] = (sizes[at] ?? 0) + 1;
          return { each, at };
        });
        const recorders = sizes.map((size) => new StepRecorder('x', size));
        for (const { each, at } of placed)
          for (const recorder of [whole, recorders[at] ?? whole]) {
            if (each.kind === 'pass') recorder.succeed(each.ms, each.ms / 2);
            else if (each.kind === 'fail') recorder.fail(each.code, each.code);
            else recorder[each.kind]();
          }
        const merged = new StepRecorder('x', 0);
        for (const recorder of recorders.reverse()) merged.merge(recorder);
        expect(sorted(merged.figures(1))).toEqual(sorted(whole.figures(1)));
      }),
      { numRuns: 60 },
    );
  });
});

const sorted = (value: ReturnType<StepRecorder['figures']>) => ({
  ...value,
  errors: Object.entries(value.errors).sort(),
  samples: Object.entries(value.samples).sort(),
});

describe('a threshold', () => {
  const recorder = new StepRecorder('check-in (2)', 4);
  for (const ms of [10, 20, 30]) recorder.succeed(ms, 1);
  recorder.fail('BUSY', 'busy');
  const steps = [recorder.figures(100)];

  it.each([
    ['check-in (2).p50 < 21ms', true, '20 ms'],
    ['check-in (2).max <= 30ms', true, '30 ms'],
    ['check-in (2).max < 0.02s', false, '30 ms'],
    ['check-in (2).failures == 0', false, '1'],
    ['check-in (2).failures <= 1', true, '1'],
    ['check-in (2).count >= 4', true, '4'],
    ['check-in (2).late == 0', true, '0'],
  ])('%s is judged %s', (text, passed, actual) => {
    expect(judge([threshold(text)], steps)).toEqual([{ threshold: text, passed, actual, isJudged: true }]);
  });

  it('of a step that was not reached or not finished is missed, and said to be open', () => {
    const broken = new StepRecorder('leave', 3);
    broken.succeed(1, 1);
    const all = [...steps, broken.figures(1)];
    expect(judge([threshold('leave.failures == 0'), threshold('never.p99 < 1s')], all)).toEqual([
      { threshold: 'leave.failures == 0', passed: false, isJudged: false, actual: 'step not finished' },
      { threshold: 'never.p99 < 1s', passed: false, isJudged: false, actual: 'step not reached' },
    ]);
  });

  it('is missed where no device was left, or none got through: nothing was shown', () => {
    const skipped = new StepRecorder('leave', 1);
    skipped.skip();
    const failed = new StepRecorder('use', 1);
    failed.fail('RESOURCE_REFUSED', 'no');
    const all = [skipped.figures(1), failed.figures(1)];
    expect(
      judge([threshold('leave.failures == 0'), threshold('use.p99 < 1s')], all).map((each) => each.actual),
    ).toEqual(['no device got that far', 'no device got through']);
    expect(judge([threshold('leave.skipped <= 1')], all)[0]?.passed).toBe(true);
  });

  it.each([
    '',
    'enroll',
    'enroll.p99',
    'enroll.p99 < ',
    'enroll.p99 ! 3s',
    'enroll.p99 < 3',
    'enroll.count < 3s',
    '.p99 < 1s',
  ])('"%s" is none', (text) => expect(readThreshold(text)).toBeTypeOf('string'));
});
