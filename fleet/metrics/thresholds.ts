import { readDuration, showDuration } from '../scenario/duration.js';
import type { StepFigures } from './figures.js';

const measures = ['count', 'failures', 'p50', 'p95', 'p99', 'max'] as const;
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
  readonly measure: (typeof measures)[number];
  readonly operator: keyof typeof operators;
  /** Milliseconds for p50 to max, a number of devices for count and failures. */
  readonly bound: number;
}

/** The threshold, or what is wrong with the text. */
export function readThreshold(text: string): Threshold | string {
  const match = /^(.{1,44})\.([a-z0-9]+)\s*(<=|>=|==|<|>)\s*(\S{1,20})$/.exec(text.trim());
  if (match === null) return `"${text}" is not STEP.MEASURE OPERATOR VALUE, such as "enroll.p99 < 2s"`;
  const [, step = '', word, operator, value = ''] = match;
  const measure = measures.find((each) => each === word);
  if (measure === undefined) return `"${text}": the measure is one of ${measures.join(', ')}`;
  const isTime = measure !== 'count' && measure !== 'failures';
  const bound = isTime ? readDuration(value) : /^\d{1,9}$/.test(value) ? Number(value) : undefined;
  if (bound === undefined) return `"${text}": "${value}" is no ${isTime ? 'duration such as 2s' : 'whole number'}`;
  return { text: text.trim(), step, measure, operator: operator as Threshold['operator'], bound };
}

export interface Verdict {
  readonly threshold: string;
  readonly passed: boolean;
  /** What was measured, as text. */
  readonly actual: string;
}

/** Judges figures that were merged over the whole run; a step that was never reached fails its thresholds. */
export function judge(thresholds: readonly Threshold[], steps: readonly StepFigures[]): Verdict[] {
  return thresholds.map((threshold) => {
    const figures = steps.find((each) => each.name === threshold.step);
    if (figures === undefined) return { threshold: threshold.text, passed: false, actual: 'step not reached' };
    const isTime = threshold.measure !== 'count' && threshold.measure !== 'failures';
    if (isTime && figures.count === figures.failures)
      return { threshold: threshold.text, passed: false, actual: 'no device got through' };
    const actual = isTime ? figures.response[threshold.measure] : figures[threshold.measure];
    const passed = operators[threshold.operator](actual, threshold.bound);
    return { threshold: threshold.text, passed, actual: isTime ? showDuration(actual) : String(actual) };
  });
}
