import * as fc from 'fast-check';
import * as hdr from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { Bag, bucketOf, counted, largest, leastOf } from '../../fleet/metrics/buckets.js';
import { keyOf, readKey } from '../../fleet/metrics/key.js';
import { type AskedWindow, Recorder } from '../../fleet/metrics/recorder.js';
import { Totals } from '../../fleet/metrics/totals.js';
import { health } from './health.js';

const at = { scenarioMs: 0, phase: 0, health };
const enroll = { step: 'enroll', platform: 'ios' } as const;
const scep = { step: 'enroll', platform: 'ios', operation: 'PKIOperation' } as const;

function recording(windows: readonly AskedWindow[] = []) {
  let now = 0;
  const recorder = new Recorder({ elapsed: () => now, windows });
  return {
    recorder,
    totals: () => {
      const totals = new Totals();
      totals.add(recorder.take(at));
      return totals;
    },
    goOn: (ms: number) => {
      now += ms;
    },
  };
}

describe('buckets', () => {
  it('are those of hdr-histogram-js, whose least value comes back to the same bucket', () => {
    const theirs = hdr.build({ highestTrackableValue: largest, numberOfSignificantValueDigits: 3, autoResize: false });
    const lowest = (value: number): number =>
      (theirs as unknown as { lowestEquivalentValue(of: number): number }).lowestEquivalentValue(value);
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: largest })), (value) => {
        const bucket = bucketOf(value);
        expect(bucket).toBeLessThan(28_672);
        expect(leastOf(bucket)).toBe(lowest(value));
        expect(bucketOf(leastOf(bucket))).toBe(bucket);
      }),
    );
    for (let power = 1; power < 37; power++)
      for (const value of [2 ** power - 1, 2 ** power, 2 ** power + 1])
        if (value <= largest) expect(leastOf(bucketOf(value))).toBe(lowest(value));
  });

  it('take times of any size and sign', () => {
    const times = [-5, 0, 0.4, 1.5, 1e300, Number.NaN, Number.POSITIVE_INFINITY, largest + 1];
    expect(times.map(counted)).toEqual([0, 0, 0, 2, largest, 0, largest, largest]);
  });

  it('of a bag hold as many values as come, sorted, and none afterwards', () => {
    const bag = new Bag();
    for (let k = 0; k < 40_000; k++) bag.add((k * 7919) % 5000);
    const taken = bag.take();
    expect(taken.reduce((sum, [, count]) => sum + count, 0)).toBe(40_000);
    expect(taken.map(([value]) => value)).toEqual([...new Set(taken.map(([value]) => value))].sort((a, b) => a - b));
    expect(bag.isEmpty).toBe(true);
    bag.add(3);
    bag.add(3);
    expect(bag.take()).toEqual([[3, 2]]);
    expect(bag.take()).toEqual([]);
    for (let value = 1; value <= 100; value++) bag.add(value); // more than it has room for at first
    expect(bag.take()).toEqual(Array.from({ length: 100 }, (_, at) => [at + 1, 1]));
  });
});

describe('a key', () => {
  it('is read as it was written, whatever the scenario calls its steps', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.constantFrom('', '0-5', '3600000-'), (step, operation, window) => {
        const parts = { step, platform: 'ios', operation, window };
        expect(readKey(keyOf(parts))).toEqual(parts);
      }),
    );
    expect(readKey('enroll|ios')).toBeUndefined();
    expect(readKey('enroll|ios|x|y')).toBeUndefined();
    expect(readKey('a|b|c#d#e')).toBeUndefined();
  });
});

describe('a recorder', () => {
  it('counts who got through with both times, and who failed with the words of the first', () => {
    const { recorder, totals, goOn } = recording();
    goOn(1000);
    recorder.passed(enroll, 120, 100, 0);
    recorder.passed({ ...enroll }, 10, 5, 0);
    recorder.failed(enroll, 'BUSY', 'come back later', 0);
    recorder.failed(enroll, 'BUSY', 'again', 0);
    recorder.count(enroll, 'planned', 4, 0);
    const figures = totals().of({ step: 'enroll' });
    expect(figures.counts()).toEqual({ passed: 2, failures: 2, planned: 4 });
    expect(figures.errors()).toEqual([{ code: 'BUSY', count: 2, words: 'come back later' }]);
    expect(figures.percentiles('response')).toEqual({ p50: 10.007, p95: 120, p99: 120, max: 120, mean: 65 });
    expect(figures.max('service')).toBe(100);
    expect(figures.percentiles('scenario')).toBeUndefined();
    expect(figures.span()).toEqual({ firstMs: 900, lastMs: 1000 });
  });

  it('tells each time once', () => {
    const { recorder } = recording();
    recorder.passed(enroll, 1, 1, 0);
    recorder.failed(enroll, 'A', 'words', 0);
    recorder.told.hear({ type: 'trouble', code: 'T', message: 'what happened' } as never);
    const first = recorder.take(at);
    expect(first.told).toEqual([{ kind: 'trouble', what: 'T', count: 1, sample: 'what happened' }]);
    expect(Object.values(first.words)).toEqual(['words']);
    expect(recorder.take(at)).toEqual({ ...at, atMs: 0, counters: {}, samples: {}, maxima: {}, words: {}, told: [] });
    recorder.failed(enroll, 'A', 'words', 0);
    recorder.told.hear({ type: 'trouble', code: 'T', message: 'what happened' } as never);
    const second = recorder.take(at);
    expect(second.counters).toEqual({ 'enroll|ios|': { failures: 1, 'error:A': 1 } });
    expect(second.told).toEqual([{ kind: 'trouble', what: 'T', count: 1 }]);
    expect(second.words).toEqual({});
  });

  it('keeps operations apart from their step, but what they send and receive is the step’s too', () => {
    const { recorder, totals } = recording();
    recorder.operation(scep, 30, 0);
    recorder.operation(scep, 999, 0, 'SCEP_FAILED');
    recorder.count(scep, 'requests', 2, 0);
    recorder.count(scep, 'sentBytes', 500, 0);
    const merged = totals();
    expect(merged.of({ operation: 'PKIOperation' }).counts()).toEqual({
      passed: 1,
      failures: 1,
      requests: 2,
      sentBytes: 500,
    });
    expect(merged.of({ operation: 'PKIOperation' }).max('service')).toBe(30);
    expect(merged.of({ operation: '*' }).errors()).toEqual([{ code: 'SCEP_FAILED', count: 1, words: '' }]);
    expect(merged.of({ step: 'enroll' }).counts()).toEqual({ requests: 2, sentBytes: 500 });
    expect(merged.of({ step: 'other' }).counts()).toEqual({});
  });

  it('measures durations of the scenario’s time in its own milliseconds, beyond a day', () => {
    const { recorder, totals } = recording();
    recorder.lasted(enroll, 7 * 86_400_000, 0);
    recorder.lasted(enroll, 0, 0);
    expect(totals().of({}).percentiles('scenario')).toMatchObject({
      max: 7 * 86_400_000,
      p50: 0,
      mean: 3.5 * 86_400_000,
    });
  });

  it('records the parts of the time that are asked for, with both ends', () => {
    const windows = [
      { name: 'enroll', afterMs: 100, withinMs: Number.POSITIVE_INFINITY },
      { name: 'PKIOperation', afterMs: 0, withinMs: 200 },
      { name: '', afterMs: 100, withinMs: 200 },
      { name: 'another', afterMs: 0, withinMs: 1 },
    ];
    const { recorder, totals } = recording(windows);
    for (const age of [0, 99, 100, 200, 201]) {
      recorder.passed(enroll, age, age, age);
      recorder.operation(scep, age, age);
      recorder.failed(enroll, 'A', 'words', age);
      recorder.count(enroll, 'moved', 1, age);
      recorder.lasted(enroll, 1, age);
    }
    const merged = totals();
    const counts = (window: string, operation = '') => merged.of({ window, operation }).counter('passed');
    expect([counts('100-'), counts('100-200'), counts('0-200'), counts('')]).toEqual([3, 2, 0, 5]);
    expect([counts('100-', scep.operation), counts('0-200', scep.operation)]).toEqual([3, 4]);
    const late = merged.of({ window: '100-' });
    expect(late.counts()).toEqual({ passed: 3, failures: 3, moved: 3 });
    expect(late.errors()[0]).toEqual({ code: 'A', count: 3, words: 'words' });
    expect(late.percentiles('scenario')?.max).toBe(1);
    expect(late.percentile('response', 1)).toBeCloseTo(100, 0);
  });

  it('has the largest and the ends of what came since the last delta, of operations too', () => {
    const { recorder, totals, goOn } = recording();
    recorder.passed(enroll, 900, 900, 0);
    expect(totals().of({ step: 'enroll' }).max('service')).toBe(900);
    goOn(1000);
    recorder.passed(enroll, 20, 20, 0);
    recorder.operation(scep, 300, 0);
    const second = totals();
    expect(second.of({ step: 'enroll' }).max('service')).toBe(20);
    expect(second.of({ step: 'enroll' }).span()).toEqual({ firstMs: 980, lastMs: 1000 });
    expect(second.of({ operation: 'PKIOperation' }).span()).toEqual({ firstMs: 700, lastMs: 1000 });
  });

  it('counts nothing twice where a threshold asks for all of the time', () => {
    const { recorder, totals } = recording([{ name: 'enroll', afterMs: 0, withinMs: Number.POSITIVE_INFINITY }]);
    recorder.passed(enroll, 1, 1, 0);
    expect(totals().of({ step: 'enroll' }).counter('passed')).toBe(1);
  });

  it('keeps no more codes apart than a report can show, and bounds what they say', () => {
    const { recorder, totals } = recording();
    for (let k = 0; k < 500; k++) recorder.failed(enroll, `CODE_${k}`, 'x'.repeat(10_000), 0);
    const errors = totals().of({ step: 'enroll' }).errors();
    expect(errors.length).toBe(101);
    expect(errors[0]).toMatchObject({ code: 'OTHER', count: 400 });
    expect(JSON.stringify(errors).length).toBeLessThan(60_000);
  });
});
