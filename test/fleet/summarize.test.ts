import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogEvent } from '../../fleet/log/events.js';
import { largest } from '../../fleet/metrics/buckets.js';
import type { Delta } from '../../fleet/metrics/delta.js';
import { GeneratorWatch } from '../../fleet/metrics/generator.js';
import { Recorder } from '../../fleet/metrics/recorder.js';
import { Totals } from '../../fleet/metrics/totals.js';
import { Summarizer } from '../../fleet/report/summarize.js';
import type { FleetPlan } from '../../fleet/scenario/model.js';
import { health } from './health.js';

const pace = { kind: 'open', arrivals: { shape: 'burst' } } as const;
const plan: FleetPlan = {
  version: 1,
  name: 'two steps',
  seed: 's',
  groups: [{ name: 'ios', platform: 'ios', count: 3 }],
  users: { devicesEach: 1 },
  authority: 'intune',
  keys: 'fresh',
  concurrency: 64,
  connections: 'per-session',
  phases: [
    { name: 'enroll', scale: 1, faults: [], steps: [{ kind: 'enroll', name: 'enroll', atMs: 0, pace }] },
    { name: 'leave', scale: 1, faults: [], steps: [{ kind: 'leave', name: 'leave', atMs: 0, pace }] },
  ],
  thresholds: ['enroll.failures <= 1', 'leave.failures == 0'],
  abortOn: [],
  omitted: [],
};
const run: LogEvent = {
  type: 'run',
  v: 1,
  runId: 'r',
  at: '2026-11-27T05:00:00.000Z',
  versions: { rollcall: '0', node: '20' },
  machine: { cpu: 'c', cores: 2, memoryBytes: 1, platform: 'linux', limits: { descriptors: 100 } },
  plan,
  scenario: 'name: two steps',
  processes: 2,
  target: { url: 'https://x', isEmbedded: true },
  lenient: [],
  isResumed: false,
};
const phase = (at: number, event: 'began' | 'ended', atMs: number): LogEvent => ({
  type: 'phase',
  atMs,
  phase: at,
  event,
  scenarioAt: '2026-11-27T05:00:00.000Z',
  scale: 1,
});
const end = (ending: Extract<LogEvent, { type: 'end' }>['ending'], code?: string): LogEvent => ({
  type: 'end',
  atMs: 900,
  ending,
  keys: 3,
  ...(code === undefined ? {} : { problem: { code, message: 'm' } }),
});

function deltaOf(act: (recorder: Recorder) => void, more: Partial<Delta> = {}): Delta {
  const recorder = new Recorder({ elapsed: () => 500 });
  act(recorder);
  return { ...recorder.take({ scenarioMs: 0, phase: 0, health }), ...more };
}
const enroll = { step: 'enroll', platform: 'ios' } as const;
const delta = (shard: number, seq: number, act: (recorder: Recorder) => void): LogEvent => ({
  type: 'delta',
  shard,
  seq,
  delta: deltaOf(act),
});
const enrolled = [
  run,
  phase(0, 'began', 0),
  delta(0, 1, (recorder) => {
    recorder.passed(enroll, 100, 50, 0);
    recorder.operation({ ...enroll, operation: 'Authenticate' }, 20, 0);
    recorder.count({ ...enroll, operation: 'Authenticate' }, 'requests', 1, 0);
  }),
  delta(1, 1, (recorder) => recorder.failed(enroll, 'BUSY', 'come back', 0)),
  phase(0, 'ended', 600),
];
function summaryOf(events: readonly LogEvent[]) {
  const summarizer = new Summarizer();
  for (const event of events) summarizer.add(event);
  const summary = summarizer.summary();
  if (summary === undefined) throw new Error('no summary');
  return summary;
}

describe('a summary', () => {
  it('has every step with its platforms and operations, and what held', () => {
    const summary = summaryOf([...enrolled, phase(1, 'began', 600), phase(1, 'ended', 800), end('completed')]);
    expect(summary).toMatchObject({ outcome: 'passed', exitCode: 0, tookMs: 900, devices: { total: 3, enrolled: 1 } });
    const [first, second] = summary.steps;
    expect(first).toMatchObject({
      name: 'enroll',
      kind: 'enroll',
      phase: 'enroll',
      count: 2,
      tookMs: 50,
      isFinished: true,
      counts: { passed: 1, failures: 1, requests: 1 },
      response: { max: 100 },
      service: { max: 50 },
      errors: [{ code: 'BUSY', count: 1, words: 'come back' }],
      perSecond: 40,
    });
    expect(first?.platforms['ios']?.count).toBe(2);
    expect(first?.operations['Authenticate']?.service?.max).toBe(20);
    expect(second).toMatchObject({ name: 'leave', count: 0, tookMs: 200, isFinished: true });
    expect(summary.operations['Authenticate']?.count).toBe(1);
    expect(summary.total).toMatchObject({ count: 2, counts: { requests: 1 } });
    expect(summary.machine).not.toHaveProperty('limits');
  });

  it('counts a delta that comes twice once', () => {
    expect(summaryOf([...enrolled, ...enrolled.slice(2, 4)]).total.count).toBe(2);
  });

  it('of a log that was cut off is incomplete, with the figures until then', () => {
    const summary = summaryOf(enrolled.slice(0, 4));
    expect(summary).toMatchObject({ outcome: 'incomplete', exitCode: 4, tookMs: 500 });
    expect(summary.verdicts.map(({ actual }) => actual)).toEqual(['step not finished', 'step not reached']);
    expect(new Summarizer().summary()).toBeUndefined();
  });

  it('takes a step for unfinished whose phase was broken off, though nobody was in the middle of it', () => {
    const brokenOff = { ...phase(1, 'ended', 800), isBrokenOff: true } as LogEvent;
    const summary = summaryOf([...enrolled, phase(1, 'began', 600), brokenOff, end('interrupted')]);
    expect(summary.steps.map(({ isFinished }) => isFinished)).toEqual([true, false]);
    expect(summary.verdicts.map(({ actual }) => actual)).toEqual(['1', 'step not finished']);
  });

  it('says how a run ended, and what the command exits with', () => {
    const codes = (...more: LogEvent[]) => {
      const { outcome, exitCode } = summaryOf([...enrolled, phase(1, 'began', 600), phase(1, 'ended', 800), ...more]);
      return `${outcome} ${exitCode}`;
    };
    const failed = delta(0, 2, (recorder) => recorder.failed({ ...enroll, step: 'leave' }, 'A', 'x', 0));
    expect(codes(failed, end('completed'))).toBe('failed 99');
    expect(codes(end('interrupted'))).toBe('interrupted 130');
    expect(codes({ ...end('interrupted'), by: 'SIGTERM' } as LogEvent)).toBe('interrupted 143');
    expect(codes(end('aborted'))).toBe('aborted 99');
    expect(codes(end('incomplete', 'AUTHORITY_LOST'))).toBe('incomplete 4');
    expect(codes(end('incomplete', 'BUG'))).toBe('incomplete 1');
    expect(codes(end('not-started', 'RUN_NOT_STARTED'))).toBe('not-started 5');
    expect(codes(end('not-started', 'SCENARIO_INVALID'))).toBe('not-started 2');
    expect(codes({ type: 'lost', atMs: 1, shard: 1, why: 'killed' }, end('completed'))).toBe('incomplete 4');
  });

  it('names the devices of an engine that was lost', () => {
    expect(summaryOf([run, { type: 'lost', atMs: 1, shard: 0, why: 'killed' }]).lostShards).toEqual([
      { shard: 0, why: 'killed', devices: 2, steps: [] },
    ]);
  });

  it('keeps the figures of an engine that was lost apart from all others, and has them where no other is left', () => {
    const took = (ms: number, shard: number) => delta(shard, 1, (recorder) => recorder.passed(enroll, ms, ms, 0));
    const events = [run, phase(0, 'began', 0), took(10, 0), took(900, 1)];
    const lost = (shard: number): LogEvent => ({ type: 'lost', atMs: 1, shard, why: 'killed' });
    const one = summaryOf([...events, lost(1), end('incomplete', 'ENGINE_LOST')]);
    expect([one.steps[0]?.count, one.total.response?.max, one.total.response?.p99]).toEqual([1, 10, 10]); // no percentile above the largest
    expect(
      one.lostShards[0]?.steps.map(({ name, count, response }) => [name, count, Math.round(response?.max ?? 0)]),
    ).toEqual([['enroll', 1, 900]]);
    const during = new Summarizer();
    for (const event of [...events, took(20, 2)]) during.add(event);
    expect(during.totals.of({ step: 'enroll' }).counter('passed')).toBe(3);
    during.add(delta(0, 2, (recorder) => recorder.passed(enroll, 5, 5, 0)));
    expect(during.totals.of({ step: 'enroll' }).counter('passed')).toBe(4);
    during.add(lost(1));
    expect(during.totals.of({ step: 'enroll' }).counter('passed')).toBe(3);
    const both = summaryOf([...events, lost(1), lost(0)]);
    expect([both.steps[0]?.count, both.lostShards.length]).toEqual([2, 2]);
    expect(summaryOf(events).steps[0]?.count).toBe(2);
  });
});

describe('thresholds of a run that lost an engine', () => {
  const thresholds = ['enroll.passed == 2', 'enroll.max < 20ms', 'enroll.passed >= 1', 'enroll.passed < 1'];
  const one = { ...plan, phases: plan.phases.slice(0, 1), thresholds };
  const lost: LogEvent = { type: 'lost', atMs: 1, shard: 1, why: 'killed' };
  const took = (ms: number, shard: number) => delta(shard, 1, (recorder) => recorder.passed(enroll, ms, ms, 0));
  const events = [
    { ...run, plan: one },
    phase(0, 'began', 0),
    took(10, 0),
    took(10, 1),
    phase(0, 'ended', 2),
  ] as LogEvent[];
  const verdicts = (more: LogEvent[]) =>
    summaryOf([...events, ...more, end('incomplete')]).verdicts.map(({ passed, isJudged, actual }) => [
      passed ? 'ok' : isJudged ? 'MISSED' : 'open',
      actual,
    ]);

  it('are met by nobody: those that are left can show alone that a bound is exceeded', () => {
    expect(verdicts([]).map(([word]) => word)).toEqual(['ok', 'ok', 'ok', 'MISSED']);
    expect(verdicts([lost])).toEqual([
      ['open', '1, without the engine that was lost'],
      ['open', expect.stringMatching(/^10 ?ms, without/)],
      ['open', '1, without the engine that was lost'],
      ['MISSED', '1, without the engine that was lost'],
    ]);
  });

  it('are missed where they are above their bound without it', () => {
    const slow = delta(0, 2, (recorder) => recorder.passed(enroll, 500, 500, 0));
    expect(verdicts([slow, lost]).map(([word]) => word)).toEqual(['open', 'MISSED', 'open', 'MISSED']);
  });

  it('stay open where what was lost could lower the figure: percentiles, means and shares', () => {
    const bad = delta(0, 2, (recorder) => {
      recorder.passed(enroll, 500, 500, 0);
      recorder.failed(enroll, 'TIMEOUT', 'no answer', 0);
    });
    const figures = ['enroll.p50 < 100ms', 'enroll.mean < 100ms', 'enroll.failures < 10%', 'enroll.perSecond < 0.01'];
    const of = (more: LogEvent[]) =>
      summaryOf([
        { ...run, plan: { ...one, thresholds: figures } },
        ...events.slice(1),
        bad,
        ...more,
        end('incomplete'),
      ]).verdicts.map(({ isJudged }) => isJudged);
    expect(of([])).toEqual([true, true, true, true]);
    expect(of([lost])).toEqual([false, false, false, false]);
  });
});

describe('the generator', () => {
  const verdictOf = (seconds: readonly Partial<typeof health>[]) => {
    const watch = new GeneratorWatch();
    watch.limits = { descriptors: 100, ports: 1000 };
    for (const [second, each] of seconds.entries()) watch.add('0', second * 1000, { ...health, ...each });
    return watch.verdict(true);
  };

  it('is sound within its bounds, and where one second only was beyond', () => {
    const atBounds = { loopP99Ms: 20, lateP99Ms: 10, cpu: 0.85, descriptors: 80, sockets: 800 };
    expect(verdictOf([atBounds, atBounds])).toMatchObject({ state: 'sound', isShared: true, saturatedSeconds: 0 });
    expect(verdictOf([{ loopP99Ms: 500 }, {}])).toMatchObject({ state: 'sound', loopP99Ms: 500, saturatedSeconds: 1 });
  });

  it.each([
    [{ loopP99Ms: 21 }, /event loop/],
    [{ lateP99Ms: 11 }, /late/],
    [{ cpu: 0.86 }, /86 %/],
    [{ descriptors: 81 }, /descriptors/],
    [{ sockets: 801 }, /ports/],
  ])('is bound by %j', (beyond, reason) => {
    const { state, reasons } = verdictOf([beyond, beyond]);
    expect(state).toBe('bound');
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(reason);
  });
});

describe('a generator over a longer time, in several processes', () => {
  const beyondIn = (seconds: number, beyond: Partial<typeof health>) => {
    const watch = new GeneratorWatch();
    watch.limits = { descriptors: 100, ports: 1000 };
    for (let second = 0; second < 100; second++)
      watch.add('0', second * 1000, { ...health, ...(second < seconds ? beyond : {}) });
    return watch.verdict(false).state;
  };

  it('may be late in one second of twenty, and never without descriptors or ports', () => {
    expect([beyondIn(4, { cpu: 1 }), beyondIn(5, { cpu: 1 })]).toEqual(['sound', 'bound']);
    expect([beyondIn(1, { descriptors: 81 }), beyondIn(1, { sockets: 801 })]).toEqual(['bound', 'bound']);
  });

  it('has the memory of all its processes at the same time', () => {
    const watch = new GeneratorWatch();
    for (const [who, rssBytes] of [
      ['0', 100],
      ['1', 200],
      ['0', 150],
      ['1', 50],
    ] as const)
      watch.add(who, 0, { ...health, rssBytes });
    expect(watch.verdict(false).rssMaxBytes).toBe(350);
  });
});

describe('totals', () => {
  const platforms = ['ios', 'windows', 'android'] as const;
  const sample = fc.record({
    part: fc.nat(3),
    platform: fc.constantFrom(...platforms),
    ms: fc.double({ min: 0, max: 1e8, noNaN: true }),
    what: fc.constantFrom('passed', 'failed', 'operation', 'lasted', 'count'),
  });
  const record = (
    recorder: Recorder,
    { platform, ms, what }: { platform: (typeof platforms)[number]; ms: number; what: string },
  ) => {
    const subject = { step: 'x', platform };
    if (what === 'passed') recorder.passed(subject, ms, ms / 2, 0);
    else if (what === 'failed') recorder.failed(subject, 'A', 'words', 0);
    else if (what === 'operation') recorder.operation({ ...subject, operation: 'o' }, ms, 0);
    else if (what === 'lasted') recorder.lasted(subject, ms, 0);
    else recorder.count(subject, 'late', 2, 0);
  };
  const of = (deltas: readonly Delta[]) => {
    const totals = new Totals();
    for (const each of deltas) totals.add(each);
    return totals;
  };
  const sorted = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (_, each) =>
      each !== null && typeof each === 'object' && !Array.isArray(each)
        ? Object.fromEntries(Object.entries(each).sort())
        : each,
    );

  it('of parts in any order are those of the whole, and come back from what they give out', () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 60 }), fc.boolean(), (samples, isReversed) => {
        const whole = of([deltaOf((recorder) => samples.forEach((each) => void record(recorder, each)))]);
        const parts = [0, 1, 2, 3].map((part) =>
          deltaOf((recorder) =>
            samples.filter((each) => each.part === part).forEach((each) => void record(recorder, each)),
          ),
        );
        const merged = of(isReversed ? parts.reverse() : parts);
        expect(sorted(merged.snapshot())).toEqual(sorted(whole.snapshot()));
        const again = new Totals();
        again.add(JSON.parse(JSON.stringify(merged.snapshot())));
        expect(again.of({}).percentiles('response')).toEqual(whole.of({}).percentiles('response'));
        expect(again.of({ operation: 'o' }).counts()).toEqual(whole.of({ operation: 'o' }).counts());
      }),
    );
  });

  it('leave out what no recorder of ours writes', () => {
    const totals = of([
      deltaOf(() => undefined, {
        counters: { 'x|ios|': { passed: -5, failures: Number.NaN, late: 1.5 }, nonsense: { passed: 1 } },
        samples: {
          'x|ios|': {
            response: [
              [-1, 1],
              [1e300, 1],
              [largest + 1, 1],
              [5, -1],
            ],
          },
        },
        maxima: { 'x|ios|': { response: Number.POSITIVE_INFINITY } },
      }),
    ]);
    expect(totals.of({}).counts()).toEqual({});
    expect(totals.of({}).percentiles('response')).toBeUndefined();
  });

  it('have the words of what was told wherever they came from first', () => {
    const told = { kind: 'trouble', what: 'T', count: 1 } as const;
    const totals = of([
      deltaOf(() => undefined, { told: [told] }),
      deltaOf(() => undefined, { told: [{ ...told, sample: 'words' }] }),
      deltaOf(() => undefined, { told: [{ ...told, sample: 'others' }] }),
    ]);
    expect(totals.told()).toEqual([{ kind: 'trouble', what: 'T', count: 3, sample: 'words' }]);
  });
});
