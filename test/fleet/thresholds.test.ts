import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namesOf, windowsOf, withImplied } from '../../fleet/metrics/demands.js';
import { isMistake, readThreshold, type Threshold } from '../../fleet/metrics/grammar.js';
import { holds, judge } from '../../fleet/metrics/judge.js';
import { Recorder } from '../../fleet/metrics/recorder.js';
import { Totals } from '../../fleet/metrics/totals.js';
import { health } from './health.js';

const names = {
  steps: [{ name: 'enroll' }, { name: 'check-in' }, { name: 'check-in (2)' }, { name: 'a.b' }, { name: 'switch' }],
};

function right(text: string): Threshold {
  const read = readThreshold(text, names);
  if (isMistake(read)) throw new Error(`${read.column}: ${read.problem}`);
  return read;
}
function wrong(text: string): string {
  const read = readThreshold(text, names);
  return isMistake(read) ? `${read.column}: ${read.problem}` : 'right';
}

describe('a threshold', () => {
  it.each([
    ['enroll.failures == 0', { step: 'enroll' }, { unit: 'number', counter: 'failures', base: 'attempts' }, 0],
    ['enroll.p99 < 2s', { step: 'enroll' }, { unit: 'time', of: 99 }, 2000],
    ['check-in (2).p99.9 <= 800 ms', { step: 'check-in (2)' }, { unit: 'time', of: 99.9 }, 800],
    ['a.b.max<1s', { step: 'a.b' }, { unit: 'time', of: 'max' }, 1000],
    ['enroll.service.p50 < 1s', { step: 'enroll' }, { unit: 'time', of: 50, series: 'service' }, 1000],
    ['switch.lasted.mean < 4h', { step: 'switch' }, { unit: 'time', of: 'mean', series: 'scenario' }, 14_400_000],
    ['dropped == 0', {}, { unit: 'number', counter: 'dropped', base: 'attempts' }, 0],
    ['{platform=ios}.p95 < 1s', { platform: 'ios' }, { unit: 'time', of: 95 }, 1000],
    ['outage.email.max == 0s', { operation: 'outage.email' }, { unit: 'time', of: 'max' }, 0],
    ['sync/info.perSecond > 12.5/s', { operation: 'sync/info' }, { unit: 'rate' }, 12.5],
    [
      'enroll{platform=windows, operation="Discover"}.max < 1s',
      { step: 'enroll', platform: 'windows', operation: 'Discover' },
      { unit: 'time', of: 'max' },
      1000,
    ],
    ['Discover{step=enroll}.max < 1s', { step: 'enroll', operation: 'Discover' }, { unit: 'time', of: 'max' }, 1000],
    [
      'enroll{code=ENROLL_REFUSED}.failures < 5',
      { step: 'enroll', code: 'ENROLL_REFUSED' },
      { unit: 'number', counter: 'failures', base: 'attempts' },
      5,
    ],
    ['receivedBytes < 1.5MB', {}, { unit: 'bytes', counter: 'receivedBytes' }, 1_500_000],
  ])('reads %s', (text, of, measure, bound) => {
    expect(right(text)).toMatchObject({ of, measure, bound, isShare: false, text });
    expect(right(`  ${text}  `).text).toBe(text);
  });

  it('reads shares and parts of the time', () => {
    expect(right('enroll.failures < 0.1%')).toMatchObject({ bound: 0.001, isShare: true });
    expect(right('switch.moved == 100 % within 8h after 1m')).toMatchObject({
      bound: 1,
      isShare: true,
      window: { afterMs: 60_000, withinMs: 28_800_000 },
    });
    expect(right('check-in.p99 < 800ms after 1h').window).toEqual({
      afterMs: 3_600_000,
      withinMs: Number.POSITIVE_INFINITY,
    });
  });

  it.each([
    ['enrol.p99 < 2s', /^1: "enrol" is no step and no operation, did you mean "enroll"/],
    ['enroll.p9z < 2s', /^8: "p9z" is no measure/],
    ['enroll.failurs == 0', /^8: "failurs" is no measure, did you mean "failures"/],
    ['enroll.p0 < 2s', /^8: "p0" is no measure/],
    ['enroll == 0', /^1: a measure is missing: "enroll.failures"/],
    ['enroll.p99', /^11: expected <=/],
    ['enroll.p99 =< 2s', /^12: expected <=/],
    ['enroll.p99 <', /^13: a value is missing/],
    ['enroll.p99 < 2', /^14: "2" is no duration/],
    ['enroll.p99 < 5%', /^14: "5%" is no duration/],
    ['enroll.failures < 101%', /^19: "101%" is more than all/],
    ['enroll.count < 5%', /^16: "5%" is no whole number/],
    ['enroll.failures < 2s', /^19: "2s" is no whole number/],
    ['enroll{platfrom=ios}.max < 1s', /^8: expected LABEL=VALUE, did you mean "platform"/],
    ['enroll{platform=windos}.max < 1s', /^17: "windos" is no platform of this run, did you mean "windows"/],
    ['enroll{platform=ios,platform=ios}.max < 1s', /^21: platform is given twice/],
    ['enroll{platform=ios.max < 1s', /^29: expected|^7: this "\{" is not closed/],
    ['enroll{platform=ios} < 1s', /^21: /],
    ['enroll{step=switch}.max < 1s', /^1: "enroll" is a step already/],
    ['enroll{code=BUSY}.max < 1s', /^19: with a code only failures/],
    ['enroll.max < 1s afer 1h', /^17: "afer" is not expected here, did you mean "after"|^14: "1s afer"/],
    ['enroll.max < 1s after', /^22: expected a duration/],
    ['enroll.max < 1s after soon', /^23: expected a duration/],
    ['enroll.max < 1s after 1h after 2h', /^26: "after" stands twice/],
    ['enroll.max < 1s after 2h within 1h', /: the time ends before it begins/],
    ['', /^1: expected/],
  ])('says what is wrong with %j, and where', (text, problem) => {
    expect(wrong(text)).toMatch(problem);
  });

  it('of any text is read or refused at a column of it', () => {
    const part = fc.constantFrom(
      'enroll',
      '.',
      'p99',
      '{',
      '}',
      'platform=',
      'ios',
      '"',
      '<',
      '==',
      ' ',
      '5%',
      '2s',
      'after',
      ',',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join('')),
        ),
        (text) => {
          const read = readThreshold(text, names);
          if (!isMistake(read)) return;
          expect(read.column).toBeGreaterThanOrEqual(1);
          expect(read.column).toBeLessThanOrEqual(text.length + 1);
        },
      ),
    );
  });

  it('is implied for each step whose failures none bounds as a whole', () => {
    const steps = [
      { name: 'enroll', kind: 'enroll' },
      { name: 'switch', kind: 'switch' },
      { name: 'pause', kind: 'wait' },
    ] as const;
    expect(withImplied(['enroll.failures < 1%', 'switch{platform=ios}.failures < 3'], steps)).toEqual([
      'enroll.failures < 1%',
      'switch{platform=ios}.failures < 3',
      'switch.failures == 0',
    ]);
    expect(withImplied(['failures == 0'], steps)).toEqual(['failures == 0']);
    expect(withImplied(['enroll.failures == 0 after 1h'], steps).slice(1)).toEqual([
      'enroll.failures == 0',
      'switch.failures == 0',
    ]);
  });

  it('asks the recorder for its part of the time', () => {
    const phases = [
      { name: 'x', scale: 1, faults: [], steps: [{ name: 'check-in', kind: 'wait', atMs: 0, forMs: 1 }] },
    ] as const;
    const groups = [
      { name: 'ios', platform: 'ios', count: 1 },
      { name: 'none', platform: 'android', count: 0 },
    ] as const;
    const plan = {
      phases,
      groups,
      thresholds: ['check-in.p99 < 1s after 1h', 'dropped == 0'],
      abortOn: ['late > 5 within 1m'],
    };
    expect(windowsOf(plan)).toEqual([
      { name: 'check-in', afterMs: 3_600_000, withinMs: Number.POSITIVE_INFINITY },
      { name: '', afterMs: 0, withinMs: 60_000 },
    ]);
    expect(namesOf(plan).platforms).toEqual(['ios']);
  });
});

const ios = { step: 'enroll', platform: 'ios' } as const;

function judged(
  texts: readonly string[],
  act: (recorder: Recorder) => void,
  more: { isReached?: boolean; isFinished?: boolean } = {},
) {
  const thresholds = texts.map(right);
  const windows = thresholds.map(({ of, window }) => ({ name: of.step ?? of.operation ?? '', ...window }));
  const recorder = new Recorder({ elapsed: () => 1000, windows });
  act(recorder);
  const totals = new Totals();
  totals.add(recorder.take({ scenarioMs: 0, phase: 0, health }));
  const steps = [{ name: 'enroll', isReached: true, isFinished: true, ...more }];
  return { verdicts: judge(thresholds, totals, { steps }), held: thresholds.map((each) => holds(each, totals)) };
}
const outcomes = (...given: Parameters<typeof judged>) =>
  judged(...given).verdicts.map(
    ({ passed, isJudged, actual }) => `${passed ? 'passed' : isJudged ? 'failed' : 'unjudged'}: ${actual}`,
  );

describe('judging', () => {
  it('takes response times of steps and service times of operations', () => {
    const act = (recorder: Recorder) => {
      recorder.passed(ios, 300, 100, 0);
      recorder.operation({ ...ios, operation: 'Authenticate' }, 20, 0);
    };
    expect(
      outcomes(
        ['enroll.max <= 300ms', 'enroll.max < 300ms', 'enroll.service.max == 100ms', 'Authenticate.mean == 20ms'],
        act,
      ),
    ).toEqual(['passed: 300 ms', 'failed: 300 ms', 'passed: 100 ms', 'passed: 20 ms']);
  });

  it('takes shares of what was planned, exactly', () => {
    const act = (recorder: Recorder) => {
      recorder.count(ios, 'planned', 1000, 0);
      for (let k = 0; k < 3; k++) recorder.failed(ios, k === 0 ? 'A' : 'BUSY', 'x', 0);
      for (let k = 0; k < 7; k++) recorder.passed(ios, 1, 1, 0);
    };
    expect(
      outcomes(
        [
          'enroll.failures <= 0.3%',
          'enroll.failures < 0.3%',
          'enroll{code=BUSY}.failures == 2',
          'enroll.count == 10',
          'failures == 3',
        ],
        act,
      ),
    ).toEqual(['passed: 0.3% (3 of 1000)', 'failed: 0.3% (3 of 1000)', 'passed: 2', 'passed: 10', 'passed: 3']);
  });

  it('takes those who moved in time, of those who could', () => {
    const moved = (ages: readonly number[]) => (recorder: Recorder) => {
      recorder.count(ios, 'planned', 4, 0);
      recorder.count(ios, 'skipped', 1, 0);
      for (const age of ages) {
        recorder.passed(ios, 1, 1, age);
        recorder.count(ios, 'moved', 1, age);
      }
    };
    const text = ['enroll.moved == 100% within 8h'];
    expect(outcomes(text, moved([0, 1, 28_800_000]))).toEqual(['passed: 100% (3 of 3)']);
    expect(outcomes(text, moved([0, 1, 28_800_001]))).toEqual(['failed: 66.67% (2 of 3)']);
  });

  it('counts whom a later step overtook among those that were meant, and not those whom it does not concern', () => {
    const counted = (moved: number, superseded: number, unconcerned: number) => (recorder: Recorder) => {
      recorder.count(ios, 'planned', 10, 0);
      recorder.count(ios, 'skipped', 1, 0);
      recorder.count(ios, 'superseded', superseded, 0);
      recorder.count(ios, 'unconcerned', unconcerned, 0);
      recorder.count(ios, 'moved', moved, 0);
      for (let k = 0; k < moved; k++) recorder.passed(ios, 1, 1, 0);
    };
    const asked = [
      'enroll.failures == 0',
      'enroll.moved == 100%',
      'enroll.superseded < 50%',
      'enroll.unconcerned < 50%',
    ];
    expect(outcomes(asked, counted(4, 2, 3))).toEqual([
      'passed: 0',
      'failed: 66.67% (4 of 6)',
      'passed: 33.33% (2 of 6)',
      'passed: 30% (3 of 10)',
    ]);
    expect(outcomes(asked.slice(0, 1), counted(0, 6, 3))).toEqual(['failed: no device got that far']);
    expect(outcomes(asked.slice(0, 1), counted(0, 0, 9))).toEqual(['failed: no device got that far']); // one had failed before
    expect(outcomes(['enroll.superseded == 6'], counted(0, 6, 3))).toEqual(['passed: 6']);
  });

  it('takes rates over the time from the first start to the last end', () => {
    const inTwoSeconds = (recorder: Recorder) => {
      recorder.passed(ios, 2000, 2000, 0); // began two seconds before the others ended
      for (let k = 0; k < 9; k++) recorder.passed(ios, 1, 1, 0);
    };
    expect(outcomes(['enroll.perSecond > 4.5/s', 'enroll.perSecond > 5/s'], inTwoSeconds)).toEqual([
      'passed: 5 per second',
      'failed: 5 per second',
    ]);
  });

  it('fails where nothing was shown', () => {
    const nothing = () => undefined;
    expect(outcomes(['enroll.failures == 0'], nothing, { isReached: false })).toEqual(['unjudged: step not reached']);
    expect(outcomes(['enroll.failures == 0'], nothing, { isFinished: false })).toEqual(['unjudged: step not finished']);
    expect(outcomes(['dropped == 0'], nothing, { isFinished: false })).toEqual(['unjudged: run not finished']);
    expect(
      outcomes(['enroll.failures == 0', 'enroll.skipped == 1'], (recorder) => recorder.count(ios, 'skipped', 1, 0)),
    ).toEqual(['failed: no device got that far', 'passed: 1']);
    expect(outcomes(['enroll.p99 < 1s'], (recorder) => recorder.failed(ios, 'A', 'x', 0))).toEqual([
      'failed: no device got through',
    ]);
    expect(outcomes(['enroll.p99 < 1s after 1h'], (recorder) => recorder.passed(ios, 1, 1, 0))).toEqual([
      'unjudged: nothing was measured in that time',
    ]);
    expect(outcomes(['Authenticate.p99 < 1s', 'Authenticate.failures == 0'], nothing)).toEqual([
      'unjudged: nothing of it was measured',
      'unjudged: nothing of it was measured',
    ]);
    expect(outcomes(['enroll.p99 < 1s'], (recorder) => recorder.count(ios, 'kept', 5, 0))).toEqual([
      'passed: all were enrolled in an earlier run',
    ]);
  });

  it('finds no outage where uses were let through and none was refused between', () => {
    const use = { ...ios, operation: 'use.email' };
    expect(outcomes(['outage.email.max == 0s'], () => undefined)).toEqual(['failed: no use was let through']);
    expect(outcomes(['outage.email.max == 0s'], (recorder) => recorder.count(use, 'allowed', 1, 0))).toEqual([
      'passed: none',
    ]);
    expect(
      outcomes(['outage.email.max == 0s'], (recorder) =>
        recorder.lasted({ ...ios, operation: 'outage.email' }, 60_000, 0),
      ),
    ).toEqual(['failed: 1 min 0 s']);
  });

  it('says while the run goes on whether a condition holds', () => {
    const act = (recorder: Recorder) => {
      recorder.count(ios, 'planned', 10, 0);
      recorder.failed(ios, 'A', 'x', 0);
    };
    expect(
      judged(['enroll.failures > 5%', 'enroll.failures > 10%', 'enroll.p99 > 1s', 'switch.p99 > 1s'], act).held,
    ).toEqual([true, false, undefined, undefined]);
  });
});
