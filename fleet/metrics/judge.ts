import { showDuration } from '../../base/duration.js';
import type { Verdict } from '../report/summary.js';
import type { Series } from './delta.js';
import { operators, type Threshold } from './grammar.js';
import { windowName } from './key.js';
import type { Measure } from './measures.js';
import { isOutage } from './operations.js';
import type { Sums, Totals } from './totals.js';

/** How far a run came, as judging needs it. */
export interface Course {
  /** Steps of the plan. `isFinished`: nobody was cut off in it, and its phase has ended. */
  readonly steps: readonly { readonly name: string; readonly isReached: boolean; readonly isFinished: boolean }[];
  /** An engine was lost, and what it had measured with it. */
  readonly isPartial?: boolean;
}

/** What a threshold compares, or why there is nothing to compare. */
type Measured =
  | { readonly value: number; readonly bound: number; readonly shown: string }
  /** `isShown`: something was shown all the same, such as that nobody got through. `passes`: there was nothing to do. */
  | { readonly missing: string; readonly isShown: boolean; readonly passes?: true };

/**
 * Judges figures that were merged over the whole run. A step that was not reached, not finished, or that no device was left for fails
 * its thresholds: nothing was shown. Of a run that lost an engine it is shown alone that a count or the longest time exceeds its bound.
 */
export const judge = (thresholds: readonly Threshold[], totals: Totals, course: Course): Verdict[] =>
  thresholds.map((threshold) => {
    const { text: written } = threshold;
    const broken = brokenOff(threshold, course);
    if (broken !== undefined) return { threshold: written, passed: false, isJudged: false, actual: broken };
    const measured = measure(threshold, totals);
    if (course.isPartial === true) return ofTheRest(threshold, measured);
    if ('missing' in measured)
      return {
        threshold: written,
        passed: measured.passes === true,
        isJudged: measured.isShown,
        actual: measured.missing,
      };
    const { value, bound, shown } = measured;
    return {
      threshold: written,
      passed: operators[threshold.operator](value, bound),
      isJudged: true,
      actual: shown,
    };
  });

/** Of a run that lost an engine: what it would have added makes counts and the longest time larger, or leaves them. No other figure. */
function ofTheRest({ text, operator, measure: what, isShare }: Threshold, measured: Measured): Verdict {
  const actual = `${'missing' in measured ? measured.missing : measured.shown}, without the engine that was lost`;
  const canOnlyGrow = what.unit === 'time' ? what.of === 'max' || what.of === 100 : 'counter' in what && !isShare;
  const isExceeded = (value: number, bound: number): boolean =>
    operator === '<' ? value >= bound : (operator === '<=' || operator === '==') && value > bound;
  const isJudged = canOnlyGrow && !('missing' in measured) && isExceeded(measured.value, measured.bound);
  return { threshold: text, passed: false, isJudged, actual };
}

/** Whether a condition of `abortOn` holds by now: undefined while nothing of it was measured. */
export function holds(threshold: Threshold, totals: Totals): boolean | undefined {
  const measured = measure(threshold, totals);
  return 'missing' in measured ? undefined : operators[threshold.operator](measured.value, measured.bound);
}

/** The first condition of `abortOn` that holds, with what was measured. */
export function firstThatHolds(abortOn: readonly Threshold[], totals: Totals): string | undefined {
  const broken = abortOn.find((threshold) => holds(threshold, totals) === true);
  if (broken === undefined) return undefined;
  const measured = measure(broken, totals);
  return `${broken.text}${'shown' in measured ? ` (${measured.shown})` : ''}`;
}

function brokenOff({ of }: Threshold, { steps }: Course): string | undefined {
  const concerned = steps.filter(({ name }) => of.step === undefined || name === of.step);
  const [what, isOne] = of.step === undefined ? ['run', false] : ['step', true];
  if (concerned.length === 0 || (isOne && concerned.some(({ isReached }) => !isReached))) return `${what} not reached`;
  return concerned.some(({ isFinished }) => !isFinished) ? `${what} not finished` : undefined;
}

/** What counts by itself says nothing about devices that never began. */
const aboutDevices = [
  'planned',
  'skipped',
  'dropped',
  'late',
  'away',
  'superseded',
  'unconcerned',
  'cutOff',
  'notStarted',
  'kept',
];

function measure(threshold: Threshold, totals: Totals): Measured {
  const { of, window, measure: what } = threshold;
  const { code: _, ...query } = of;
  const sums = totals.of({ ...query, window: windowName(window) });
  const whole = totals.of(query);
  const tried = whole.counter('passed') + whole.counter('failures');
  const isOnDevices = 'counter' in what && aboutDevices.includes(what.counter);
  if (of.operation === undefined && tried === 0 && !isOnDevices) {
    if (whole.counter('kept') > 0)
      return { missing: 'all were enrolled in an earlier run', isShown: true, passes: true };
    if (whole.counter('skipped') + whole.counter('dropped') + whole.counter('superseded') > 0)
      return { missing: 'no device got that far', isShown: true };
  }
  if (of.operation !== undefined && !isOutage(of.operation) && tried === 0 && !isCount(what))
    return { missing: 'nothing of it was measured', isShown: false };
  if (what.unit === 'time') return timeOf(threshold, what, sums, totals);
  if (what.unit === 'rate') return rateOf(threshold, sums);
  return countOf(threshold, what.counter, sums, whole);
}

/** How often something was done may be demanded where it was never done. */
const isCount = (what: Measure): boolean =>
  'counter' in what && ['count', 'requests', 'connections'].includes(what.counter);

function timeOf(
  { of, bound, window }: Threshold,
  { of: which, series: asked }: Extract<Measure, { unit: 'time' }>,
  sums: Sums,
  totals: Totals,
): Measured {
  const series: Series =
    asked ?? (of.operation === undefined ? 'response' : isOutage(of.operation) ? 'scenario' : 'service');
  const value =
    which === 'max' ? sums.max(series) : which === 'mean' ? sums.mean(series) : sums.percentile(series, which);
  if (value !== undefined) return { value, bound, shown: showDuration(value) };
  if (of.operation !== undefined && isOutage(of.operation)) {
    // An outage that never was lasted for nothing, where profiles of the kind were used at all.
    const use = { ...of, operation: of.operation.replace('outage.', 'use.'), window: windowName(window) };
    if (totals.of(use).counter('allowed') > 0) return { value: 0, bound, shown: 'none' };
    return { missing: 'no use was let through', isShown: true };
  }
  if (sums.counter('failures') > 0) return { missing: 'no device got through', isShown: true };
  return windowName(window) === ''
    ? { missing: 'no device got through', isShown: true }
    : { missing: 'nothing was measured in that time', isShown: false };
}

function rateOf({ bound }: Threshold, sums: Sums): Measured {
  const value = perSecondOf(sums);
  if (value === undefined) return { missing: 'nothing was measured', isShown: false };
  return { value, bound, shown: `${short(value)} per second` };
}

/** How many came to an end in each real second, from the first start to the last end. */
export function perSecondOf(sums: Sums): number | undefined {
  const span = sums.span();
  const count = sums.counter('passed') + sums.counter('failures');
  if (span === undefined || count === 0) return undefined;
  return count / Math.max(0.001, (span.lastMs - span.firstMs) / 1000);
}

function countOf(threshold: Threshold, counter: string, sums: Sums, whole: Sums): Measured {
  const { of, measure: what, bound, isShare } = threshold;
  const value =
    counter === 'count'
      ? sums.counter('passed') + sums.counter('failures')
      : of.code === undefined
        ? sums.counter(counter)
        : sums.failed(of.code);
  if (!isShare) return { value, bound, shown: what.unit === 'bytes' ? `${value} bytes` : String(value) };
  const base = baseOf(threshold, sums, whole);
  if (base <= 0) return { missing: 'nothing was measured', isShown: false };
  // As a number, so that 3 of 1000 are 0.3 % whatever the binary fraction.
  const most = Math.round(bound * base * 1e6) / 1e6;
  return { value, bound: most, shown: `${short((100 * value) / base)}% (${value} of ${base})` };
}

/** What a share is of. */
function baseOf({ measure: what, window }: Threshold, sums: Sums, whole: Sums): number {
  const base = 'base' in what ? what.base : undefined;
  const count = (...names: string[]) => names.reduce((sum, name) => sum + sums.counter(name), 0);
  if (base === 'uses') return count('allowed', 'refused');
  if (base === 'connections' || base === 'requests') return count(base);
  const planned = whole.counter('planned');
  // Who had failed before could not get there: that failure is counted where it happened.
  if (base === 'planned' && 'counter' in what && what.counter === 'unconcerned') return planned;
  if (base === 'planned') return planned - whole.counter('skipped') - whole.counter('unconcerned');
  const attempts = count('passed', 'failures', 'skipped', 'cutOff', 'notStarted', 'dropped');
  return windowName(window) === '' ? Math.max(planned, attempts) : attempts;
}

const short = (value: number): string => String(Number(value.toPrecision(4)));
