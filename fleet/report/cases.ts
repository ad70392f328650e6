import { countedAs } from '../metrics/sink.js';
import type { StepFigures, Summary, Verdict } from './summary.js';

// What a run was to show, for JUnit and for annotations.

/** What a case came to, where it did not just pass. */
export interface Outcome {
  readonly kind: 'failure' | 'error' | 'skipped';
  readonly message: string;
  /** An error code. */
  readonly type?: string;
  readonly body?: string;
}
/** One thing that a run was to show. */
export interface Case {
  readonly name: string;
  readonly tookMs: number;
  readonly outcome?: Outcome | undefined;
  /** Told of a case that passed. */
  readonly remark?: string | undefined;
}

/**
 * A case for each step, each threshold and what could not be checked. One cause is one failure: devices that fail in a step fail that
 * step's case, and neither the threshold on its failures nor the steps that they do not get to, which are skipped.
 */
export const casesOf = (summary: Summary): readonly Case[] => [
  ...stepCases(summary),
  ...thresholdCases(summary),
  ...runCase(summary),
  ...omittedCases(summary),
];

/** Whether a threshold is about the failures of this step alone, which are the step's own case. */
const isOnFailures = ({ threshold }: Verdict, step: string): boolean =>
  threshold.startsWith(step) && /^(?:\{[^}]*\})?\.failures\b/.test(threshold.slice(step.length));

function stepCases(summary: Summary): Case[] {
  return summary.steps.map((step) => {
    const failures = step.counts['failures'] ?? 0;
    const isMissed = summary.verdicts.some(
      (verdict) => isOnFailures(verdict, step.name) && verdict.isJudged && !verdict.passed,
    );
    const told = failures === 0 ? undefined : whatFailed(summary, step, failures);
    const base = { name: step.name, tookMs: step.tookMs };
    if (isMissed || (told !== undefined && !isBounded(summary, step)))
      return { ...base, outcome: { kind: 'failure', message: 'devices failed', ...told } };
    const left = notTried(step, summary);
    if (left !== undefined) return { ...base, outcome: { kind: 'skipped', message: left } };
    return { ...base, remark: told === undefined ? undefined : `${told.message}, which a threshold allows` };
  });
}

const isBounded = ({ verdicts }: Summary, step: StepFigures): boolean =>
  verdicts.some((verdict) => isOnFailures(verdict, step.name));

function whatFailed(summary: Summary, step: StepFigures, failures: number) {
  const codes = step.errors.map(({ code, count }) => `${code} x ${count}`).join(', ');
  const lines = step.errors.flatMap(({ code, count, words }) => {
    const devices = summary.failedDevices.filter((each) => each.step === step.name && countedAs(each) === code);
    const reasons = [...new Set(devices.flatMap(({ reason }) => reason ?? []))].slice(0, 3);
    const indexes = devices.slice(0, 20).map(({ index }) => index);
    return [
      `${code} x ${count}: ${words}`,
      ...reasons.map((reason) => `  the authority said: ${reason}`),
      ...(indexes.length === 0
        ? []
        : [`  devices ${indexes.join(', ')}${devices.length > indexes.length ? ', ...' : ''}`]),
    ];
  });
  return {
    message: `${failures} of ${step.count} failed: ${codes}`,
    type: step.errors[0]?.code.split(' ')[0] ?? 'UNKNOWN',
    body: lines.join('\n'),
  };
}

/** Why a step says nothing, though nothing failed in it. */
function notTried({ counts, count, isFinished }: StepFigures, { outcome }: Summary): string | undefined {
  const { skipped = 0, superseded = 0, cutOff = 0, notStarted = 0 } = counts;
  if (count === 0 && skipped > 0) return `all ${skipped} devices had failed before`;
  if (count === 0 && superseded > 0) return `a later step took its place for all ${superseded} devices`;
  const isWhole = outcome === 'passed' || outcome === 'failed';
  if (count === 0 && !isWhole) return 'the run did not get there';
  if (isFinished) return undefined;
  const left = cutOff + notStarted;
  return left === 0 ? 'broken off before its end' : `broken off: ${left} devices did not get to the end`;
}

function thresholdCases({ verdicts, steps }: Summary): Case[] {
  return verdicts
    .filter((verdict) => !steps.some(({ name }) => isOnFailures(verdict, name)))
    .map(({ threshold, passed, isJudged, actual }) => ({
      name: threshold,
      tookMs: 0,
      outcome: passed
        ? undefined
        : isJudged
          ? { kind: 'failure' as const, type: 'THRESHOLD', message: `measured ${actual}` }
          : { kind: 'skipped' as const, message: actual },
    }));
}

/** What ended the run, and what nobody else's case tells. */
function runCase(summary: Summary): Case[] {
  const { outcome, problem, tookMs, lostShards, generator, processes } = summary;
  const base = { name: 'whole run', tookMs };
  if (outcome === 'passed' || (outcome === 'failed' && hasFailure(summary))) return [];
  const body = [
    ...(problem === undefined
      ? []
      : [`${problem.code}: ${problem.message}`, ...(problem.hint === undefined ? [] : [problem.hint])]),
    ...lostShards.flatMap(({ shard, why, devices, steps }) => [
      `engine ${shard + 1} of ${processes} with ${devices} devices was lost: ${why}`,
      ...steps.map(
        ({ name, counts: { passed = 0, failures = 0 } }) => `  ${name}: ${passed} passed, ${failures} failed there`,
      ),
    ]),
    ...(generator.state === 'bound' ? generator.reasons : []),
  ];
  if (outcome === 'aborted' && hasFailure(summary)) return [];
  const message = problem === undefined ? outcome : `${outcome}: ${problem.code}: ${problem.message}`;
  const kind = outcome === 'failed' || outcome === 'aborted' ? 'failure' : 'error';
  return [{ ...base, outcome: { kind, type: problem?.code ?? outcome, message, body: body.join('\n') } }];
}

const hasFailure = (summary: Summary): boolean =>
  [...stepCases(summary), ...thresholdCases(summary)].some(({ outcome }) => outcome?.kind === 'failure');

const omittedCases = ({ omitted }: Summary): Case[] =>
  omitted.map(({ name, why }) => ({ name, tookMs: 0, outcome: { kind: 'skipped', message: why } }));
