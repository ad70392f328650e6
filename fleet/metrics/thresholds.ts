import { readDuration, showDuration } from '../../base/duration.js';
import type { StepFigures } from './figures.js';

const times = ['p50', 'p95', 'p99', 'max'] as const;
const counts = ['count', 'failures', 'skipped', 'late'] as const;
type Time = (typeof times)[number];
type Count = (typeof counts)[number];
const operators = {
  '<': (a: number, b: number) => a < b,
  '<=': (a: number, b: number) => a <= b,
  '>': (a: number, b: number) => a > b,
  '>=': (a: number, b: number) => a >= b,
  '==': (a: number, b: number) => a === b,
} as const;

/** One demand on a run, such as `enroll.p99 < 2s`. Times are response times from the intended start. */
export interface Threshold {
  readonly text: string;
  readonly step: string;
  readonly measure: Time | Count;
  readonly operator: keyof typeof operators;
  /** Milliseconds for p50 to max, otherwise a number of devices. */
  readonly bound: number;
}

/** The threshold, or what is wrong with the text. */
export function readThreshold(text: string): Threshold | string {
  const match = /^(.{1,44})\.([a-z0-9]+)\s*(<=|>=|==|<|>)\s*(\S{1,20})$/.exec(text.trim());
  if (match === null) return `"${text}" is not STEP.MEASURE OPERATOR VALUE, such as "enroll.p99 < 2s"`;
  const [, step = '', word, operator, value = ''] = match;
  const measure = [...times, ...counts].find((each) => each === word);
  if (measure === undefined) return `"${text}": the measure is one of ${[...times, ...counts].join(', ')}`;
  const bound = isTime(measure) ? readDuration(value) : /^\d{1,9}$/.test(value) ? Number(value) : undefined;
  if (bound === undefined)
    return `"${text}": "${value}" is no ${isTime(measure) ? 'duration such as 2s' : 'whole number'}`;
  return { text: text.trim(), step, measure, operator: operator as Threshold['operator'], bound };
}

const isTime = (measure: Time | Count): measure is Time => times.some((each) => each === measure);

/** A step whose failures nobody bounded may have none: a failed device never goes unnoticed. */
export function withImplied(
  thresholds: readonly Threshold[],
  steps: readonly { readonly name: string }[],
): Threshold[] {
  const isBounded = (name: string) => thresholds.some(({ step, measure }) => step === name && measure === 'failures');
  const implied = steps
    .filter(({ name }) => !isBounded(name))
    .map(({ name }): Threshold => {
      const text = `${name}.failures == 0`;
      return { text, step: name, measure: 'failures', operator: '==', bound: 0 };
    });
  return [...thresholds, ...implied];
}

/** Whether one threshold held, with the figure that was measured. */
export interface Verdict {
  readonly threshold: string;
  readonly passed: boolean;
  /** False when the step was not reached or not finished: nothing was shown, either way. */
  readonly isJudged: boolean;
  /** What was measured, as text. */
  readonly actual: string;
}

/**
 * Judges figures that were merged over the whole run. A step that was never reached, or that no device was left for, fails
 * its thresholds: nothing was shown.
 */
export function judge(thresholds: readonly Threshold[], steps: readonly StepFigures[]): Verdict[] {
  return thresholds.map(({ text, step, measure, operator, bound }) => {
    const fails = (actual: string, isJudged: boolean): Verdict => ({
      threshold: text,
      passed: false,
      isJudged,
      actual,
    });
    const figures = steps.find((each) => each.name === step);
    if (figures === undefined) return fails('step not reached', false);
    if (figures.cutOff + figures.notStarted > 0) return fails('step not finished', false);
    if (figures.count === 0 && figures.skipped > 0 && measure !== 'skipped')
      return fails('no device got that far', true);
    if (isTime(measure) && figures.count === figures.failures) return fails('no device got through', true);
    const actual = isTime(measure) ? figures.response[measure] : figures[measure];
    const shown = isTime(measure) ? showDuration(actual) : String(actual);
    return { threshold: text, passed: operators[operator](actual, bound), isJudged: true, actual: shown };
  });
}
